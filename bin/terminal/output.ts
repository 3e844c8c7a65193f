import type { Writable } from 'node:stream'
import { systemReason } from './system-error.ts'

/** The reader of our output went away (`| head`): no failure, nobody wants the rest. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** Our output could not be written, for any other reason than a reader who left: mostly a full disk. */
export class OutputFailed extends Error {
  override readonly name = 'OutputFailed'
}

/**
 * Writes and waits until the bytes are handed over, so that memory stays bounded by the slowest reader and `bytes` may
 * be reused afterwards. Throws OutputClosed when the reader is gone, OutputFailed otherwise.
 */
export function write(stream: Writable, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed) {
      reject(new OutputClosed('output is closed'))
      return
    }
    stream.write(bytes, (error) => {
      if (error === null || error === undefined) resolve()
      else if (isClosedPipe(error)) reject(new OutputClosed('output is closed', { cause: error }))
      else reject(new OutputFailed(`write error: ${systemReason(error) ?? error.message}`, { cause: error }))
    })
  })
}

export function isClosedPipe(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'ERR_STREAM_WRITE_AFTER_END')
  )
}

const lineBufferBytes = 64 * 1024

/** Lines gathered into large writes. What is left must be flushed, also before anything goes to another stream. */
export class LineWriter {
  readonly #stream: Writable
  #pending: string[] = []
  #size = 0

  constructor(stream: Writable) {
    this.#stream = stream
  }

  /** `end` is what ends the line: `\0` for lists other programs read. */
  async line(text: string, end = '\n'): Promise<void> {
    this.#pending.push(text, end)
    this.#size += text.length + 1
    if (this.#size >= lineBufferBytes) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#pending.length === 0) return
    const text = this.#pending.join('')
    this.#pending = []
    this.#size = 0
    await write(this.#stream, text)
  }
}
