import { limits } from '../base/config.ts'
import { DfsError } from '../base/errors.ts'
import type { Channel } from '../base/net.ts'

/**
 * Requests and answers on a channel:
 *
 *   frame := length u32 little-endian | payload: that many bytes of JSON in UTF-8
 *
 * What is said in one turn of the event loop goes out in one write.
 */
export class FrameChannel {
  readonly channel: Channel
  readonly #head = Buffer.alloc(4)
  #outgoing: Buffer[] = []

  constructor(channel: Channel) {
    this.channel = channel
  }

  send(value: object): void {
    const text = JSON.stringify(value)
    const bytes = Buffer.byteLength(text)
    if (bytes > limits.frameBytesMax) {
      throw new DfsError('DFS_PROTOCOL', `an answer of ${bytes} bytes is over the limit of ${limits.frameBytesMax}`)
    }
    const frame = Buffer.allocUnsafe(4 + bytes)
    frame.writeUInt32LE(bytes, 0)
    frame.write(text, 4, 'utf8')
    if (this.#outgoing.push(frame) === 1) process.nextTick(() => this.#flush())
  }

  /** What is still to go out goes before the channel is closed. */
  close(): void {
    this.#flush()
    this.channel.close()
  }

  #flush(): void {
    const frames = this.#outgoing
    if (frames.length === 0) return
    this.#outgoing = []
    const [first] = frames
    this.channel.post(frames.length === 1 && first !== undefined ? first : Buffer.concat(frames))
  }

  /** The next value; DFS_PROTOCOL when what comes is too long or no JSON object. */
  async receive(maxBytes: number = limits.frameBytesMax, timeoutMillis?: number): Promise<Record<string, unknown>> {
    await this.channel.receive(this.#head, timeoutMillis)
    const bytes = this.#head.readUInt32LE(0)
    if (bytes > maxBytes) {
      throw new DfsError(
        'DFS_PROTOCOL',
        `${this.channel.peer} sent a frame of ${bytes} bytes; at most ${maxBytes} were expected`,
      )
    }
    const payload = Buffer.allocUnsafe(bytes)
    await this.channel.receive(payload, timeoutMillis)
    return parseObject(payload, this.channel.peer)
  }
}

function parseObject(payload: Buffer, peer: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(payload.toString('utf8'))
  } catch (error) {
    throw new DfsError('DFS_PROTOCOL', `${peer} sent a frame that is no JSON`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DfsError('DFS_PROTOCOL', `${peer} sent a frame that is no object`)
  }
  return { ...value }
}
