import { checksumsOf, firstBadChunk } from '../base/checksum.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import type { Channel } from '../base/net.ts'
import type { TargetAddress } from '../rpc/datanode-protocol.ts'
import type { FrameChannel } from '../rpc/frame.ts'
import { failure } from '../rpc/hello.ts'
import { ChainFailure, ChainLink } from '../transfer/chain-link.ts'
import {
  aliveMillis,
  type Committed,
  decodeHead,
  encodeHead,
  encodeNotice,
  type Failure,
  headBytes,
  kinds,
  packetBytesMax,
  type WriteRequest,
} from '../transfer/format.ts'
import type { ReplicaBeingWritten, ReplicasBeingWritten } from './being-written.ts'

export interface ReceiverParts {
  readonly id: DatanodeId
  readonly env: Env
  readonly token: string
  readonly writing: ReplicasBeingWritten
}

/** A packet's checksums and bytes; two of them alternate, so that one is received while the other is stored and sent on. */
interface PacketBuffer {
  sums: Buffer
  data: Buffer
  busy: Promise<unknown>
}

/**
 * Takes a block from whoever comes before, stores it, and hands each packet on to the next of the chain. Acknowledges what
 * is stored here and everywhere behind; tells failures by name, so that the client can go on without the one that failed.
 */
export class ReplicaReceiver {
  readonly #parts: ReceiverParts
  readonly #channel: Channel
  readonly #frames: FrameChannel
  readonly #request: WriteRequest
  #entry: ReplicaBeingWritten | undefined
  #link: ChainLink | undefined
  #stored = 0
  #passedOn = Number.POSITIVE_INFINITY
  #acknowledged = -1
  #over = false

  constructor(parts: ReceiverParts, frames: FrameChannel, request: WriteRequest) {
    this.#parts = parts
    this.#frames = frames
    this.#channel = frames.channel
    this.#request = request
  }

  async run(): Promise<void> {
    const { writing, env } = this.#parts
    const { block, generation, resumeAt, targets } = this.#request
    const entry = await writing.begin(block, generation, resumeAt)
    let ended: () => void = () => {}
    const end = new Promise<void>((resolve) => {
      ended = resolve
    })
    entry.release = async () => {
      this.#channel.close()
      await end
    }
    this.#entry = entry
    this.#stored = resumeAt
    const stopAlive = env.every(aliveMillis, () => this.#channel.post(encodeHead(kinds.alive, 0, 0)))
    try {
      const [next, ...rest] = targets
      if (next !== undefined && !(await this.#openLink(next, rest))) return
      this.#frames.send({ ok: true })
      await this.#packets(entry)
    } finally {
      stopAlive()
      this.#over = true
      this.#link?.close()
      ended()
    }
  }

  /** False when the next one, or one behind it, is not ready: the client is told who, and comes again without it. */
  async #openLink(next: TargetAddress, rest: readonly TargetAddress[]): Promise<boolean> {
    const { env, token } = this.#parts
    this.#passedOn = this.#request.resumeAt
    try {
      this.#link = await ChainLink.open(env, token, [next, ...rest], this.#request, {
        acked: (position) => {
          this.#passedOn = position
          this.#acknowledge()
        },
        failed: (why) => this.#tell(why),
      })
      return true
    } catch (error) {
      if (!(error instanceof ChainFailure)) throw error
      this.#frames.send({ ok: true, failed: failedOf(error) })
      this.#frames.close()
      this.#leave()
      return false
    }
  }

  async #packets(entry: ReplicaBeingWritten): Promise<void> {
    const buffers: readonly [PacketBuffer, PacketBuffer] = [emptyBuffer(), emptyBuffer()]
    const head = Buffer.alloc(headBytes)
    for (let turn: 0 | 1 = 0; ; turn = turn === 0 ? 1 : 0) {
      const buffer = buffers[turn]
      try {
        await buffer.busy
        await this.#channel.receive(head)
      } catch (error) {
        await Promise.allSettled(buffers.map(({ busy }) => busy))
        return await this.#interrupted(entry, error)
      }
      const { kind, bytes, position } = decodeHead(head, packetBytesMax, this.#channel.peer)
      if (kind === kinds.data) {
        try {
          await this.#receivePacket(buffer, bytes, position)
          const previous = buffers[turn === 0 ? 1 : 0].busy
          buffer.busy = this.#store(entry, buffer, head, previous)
          buffer.busy.catch(() => undefined)
        } catch (error) {
          await Promise.allSettled(buffers.map(({ busy }) => busy))
          return await this.#interrupted(entry, error)
        }
        continue
      }
      const [stored] = await Promise.allSettled([Promise.all(buffers.map(({ busy }) => busy))])
      if (stored?.status === 'rejected') return await this.#interrupted(entry, stored.reason)
      if (kind === kinds.end) return await this.#commit(entry, position)
      this.#link?.drop()
      this.#channel.close()
      if (kind !== kinds.drop)
        throw new DfsError('DFS_PROTOCOL', `${this.#channel.peer} sent an unknown packet ${kind}`)
      return await this.#parts.writing.drop(entry)
    }
  }

  async #receivePacket(buffer: PacketBuffer, bytes: number, position: number): Promise<void> {
    const chunks = Math.ceil(bytes / this.#request.chunkBytes)
    if (buffer.data.length !== bytes) buffer.data = Buffer.allocUnsafeSlow(bytes)
    if (buffer.sums.length !== chunks * 4) buffer.sums = Buffer.allocUnsafeSlow(chunks * 4)
    await this.#channel.receive(buffer.sums)
    await this.#channel.receive(buffer.data)
    if (position !== this.#expected) {
      throw new DfsError('DFS_PROTOCOL', `${this.#channel.peer} sent bytes at ${position}, not at ${this.#expected}`)
    }
    this.#received = position + bytes
  }

  #received: number | undefined

  get #expected(): number {
    return this.#received ?? this.#request.resumeAt
  }

  async #store(
    entry: ReplicaBeingWritten,
    buffer: PacketBuffer,
    head: Buffer,
    previous: Promise<unknown>,
  ): Promise<void> {
    const { data } = buffer
    // The head is received into again before this is over.
    const passing = this.#link?.send(Buffer.from(head), buffer.sums, data)
    const sums = checksumsOf(buffer.sums)
    const bad = firstBadChunk(data, 0, data.length, sums, 0, this.#request.chunkBytes)
    if (bad !== -1) {
      throw new DfsError(
        'DFS_CORRUPT_REPLICA',
        `a chunk of block ${entry.block} changed on its way to ${this.#parts.id}`,
      )
    }
    await previous
    await entry.writer.write(data, sums)
    this.#stored = entry.writer.length
    this.#acknowledge()
    await passing
  }

  #acknowledge(): void {
    const position = Math.min(this.#stored, this.#passedOn)
    if (position <= this.#acknowledged || this.#over) return
    this.#acknowledged = position
    this.#channel.post(encodeHead(kinds.ack, 0, position))
  }

  async #commit(entry: ReplicaBeingWritten, length: number): Promise<void> {
    const { id, writing } = this.#parts
    const stored: DatanodeId[] = []
    const failed: Failure[] = []
    const here = async (): Promise<void> => {
      try {
        if (entry.writer.length !== length) {
          throw new DfsError('DFS_PROTOCOL', `${entry.writer.length} bytes of ${length} have come`)
        }
        await writing.commit(entry)
        stored.push(id)
      } catch (error) {
        failed.push(failedOf(new ChainFailure(id, error)))
        await writing.drop(entry)
      }
    }
    const behind = async (): Promise<Committed> => {
      try {
        return (await this.#link?.commit(length)) ?? { stored: [], failed: [] }
      } catch (error) {
        if (!(error instanceof ChainFailure)) throw error
        return { stored: [], failed: [failedOf(error)] }
      }
    }
    const [, others] = await Promise.all([here(), behind()])
    stored.push(...others.stored)
    failed.push(...others.failed)
    this.#channel.post(encodeNotice(kinds.committed, { stored, failed }))
    this.#channel.close()
  }

  /** The next of the chain, or one behind it, has failed. */
  #tell(why: ChainFailure): void {
    if (this.#over) return
    this.#channel.post(encodeNotice(kinds.failed, failedOf(why)))
    this.#channel.close()
  }

  /** Own failures are told; a connection that broke leaves the replica for a client that may come back for it. */
  async #interrupted(entry: ReplicaBeingWritten, error: unknown): Promise<void> {
    if (error instanceof DfsError && error.code === 'DFS_UNREACHABLE') {
      this.#leave()
      return
    }
    this.#channel.post(encodeNotice(kinds.failed, failedOf(new ChainFailure(this.#parts.id, error))))
    this.#channel.close()
    await this.#parts.writing.drop(entry)
  }

  #leave(): void {
    if (this.#entry !== undefined) this.#parts.writing.abandon(this.#entry)
  }
}

function failedOf({ datanode, cause }: ChainFailure): Failure {
  const { code, message } = failure(cause)
  return { datanode, code, message }
}

const emptyBuffer = (): PacketBuffer => ({ sums: Buffer.alloc(0), data: Buffer.alloc(0), busy: Promise.resolve() })
