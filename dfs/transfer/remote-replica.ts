import { dataChecksum } from '../base/data-checksum.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { BlockKey } from '../base/names.ts'
import type { Address, Channel } from '../base/net.ts'
import type { BlockReader } from '../block/block-store.ts'
import { FrameChannel } from '../rpc/frame.ts'
import { failureOf, greet } from '../rpc/hello.ts'
import { connectMillis, decodeHead, headBytes, kinds, packetBytesMax, silenceMillis } from './format.ts'

/** A replica read through its datanode, which checks it against its checksums; what travels is checked again. */
export class RemoteReplica implements BlockReader {
  readonly length: number
  readonly #channel: Channel
  readonly #head = Buffer.alloc(headBytes)

  private constructor(channel: Channel, length: number) {
    this.#channel = channel
    this.length = length
  }

  static async open(env: Env, token: string, address: Address, key: BlockKey): Promise<RemoteReplica> {
    const channel = await env.net.connect(address, connectMillis)
    try {
      const request = { block: key.block, generation: key.generation }
      const answer = await greet(new FrameChannel(channel), 'read', token, request)
      const length = answer['length']
      if (typeof length !== 'number')
        throw new DfsError('DFS_PROTOCOL', `${channel.peer} did not say the block's length`)
      return new RemoteReplica(channel, length)
    } catch (error) {
      channel.close()
      throw error
    }
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const wanted = Math.max(0, Math.min(target.length, this.length - position))
    for (let done = 0; done < wanted; ) {
      const piece = target.subarray(done, Math.min(wanted, done + packetBytesMax))
      await this.#piece(piece, position + done)
      done += piece.length
    }
    return wanted
  }

  async #piece(target: Uint8Array, position: number): Promise<void> {
    const ask = Buffer.alloc(headBytes)
    ask.writeBigUInt64LE(BigInt(position), 0)
    ask.writeUInt32LE(target.length, 8)
    await this.#channel.send(ask)
    await this.#channel.receive(this.#head, silenceMillis * 3)
    const { kind, bytes } = decodeHead(this.#head, packetBytesMax, this.#channel.peer)
    if (kind === kinds.failed) {
      const notice = Buffer.alloc(bytes)
      await this.#channel.receive(notice, silenceMillis)
      throw failureOf({ ...JSON.parse(notice.toString('utf8')) })
    }
    if (kind !== kinds.data || bytes !== target.length) {
      throw new DfsError(
        'DFS_PROTOCOL',
        `${this.#channel.peer} sent ${bytes} bytes for ${target.length} at ${position}`,
      )
    }
    const sum = this.#head.readUInt32LE(8)
    await this.#channel.receive(target, silenceMillis)
    if (dataChecksum(target) !== sum) {
      throw new DfsError('DFS_IO', `bytes at ${position} changed on the way from ${this.#channel.peer}`)
    }
  }

  async close(): Promise<void> {
    this.#channel.close()
  }
}
