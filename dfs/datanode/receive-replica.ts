import { readBuffer } from '../base/bytes.ts'
import { checksumsOf, firstBadChunk } from '../base/data-checksum.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import type { Channel } from '../base/net.ts'
import type { SharedSegment } from '../base/shared-memory.ts'
import type { FrameChannel } from '../rpc/frame.ts'
import { aliveDuring, aliveMillis } from '../rpc/hello.ts'
import { ChainFailure, ChainLink, failedOf } from '../transfer/chain-link.ts'
import {
  type Committed,
  dataHead,
  decodeHead,
  encodeHead,
  encodeNotice,
  type Failure,
  type Head,
  headBytes,
  kinds,
  noticeBytesMax,
  packetBytesMax,
  parseOffer,
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
  #link: ChainLink | undefined
  #stored = 0
  #passedOn = Number.POSITIVE_INFINITY
  #acknowledged = -1
  #shared: { readonly segment: SharedSegment; readonly slotBytes: number } | undefined
  #over = false
  #failure: unknown

  constructor(parts: ReceiverParts, frames: FrameChannel, request: WriteRequest) {
    this.#parts = parts
    this.#frames = frames
    this.#channel = frames.channel
    this.#request = request
  }

  async run(): Promise<void> {
    let ended: () => void = () => {}
    const end = new Promise<void>((resolve) => {
      ended = resolve
    })
    const release = async (): Promise<void> => {
      this.#channel.close()
      await end
    }
    try {
      await this.#run(release)
    } finally {
      this.#over = true
      this.#link?.close()
      this.#shared?.segment.close()
      ended()
    }
  }

  async #run(release: () => Promise<void>): Promise<void> {
    const { writing, env } = this.#parts
    const { block, generation, resumeAt } = this.#request
    const entry = await aliveDuring(env, this.#frames, writing.begin(block, generation, resumeAt, release))
    this.#stored = resumeAt
    try {
      if (!(await aliveDuring(env, this.#frames, this.#openLink()))) return writing.abandon(entry)
    } catch (error) {
      await writing.drop(entry)
      throw error
    }
    // Behind the answer the other side expects heads, no frames.
    this.#frames.send({ ok: true })
    const stopAlive = env.every(aliveMillis, () => this.#channel.post(encodeHead(kinds.alive, 0, 0)))
    try {
      await this.#packets(entry)
    } catch (error) {
      await this.#interrupted(entry, error)
    } finally {
      stopAlive()
    }
  }

  /** False when the next one, or one behind it, is not ready: the client is told who, and comes again without it. */
  async #openLink(): Promise<boolean> {
    const { env, token } = this.#parts
    const [next, ...rest] = this.#request.targets
    if (next === undefined) return true
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
      return false
    }
  }

  async #packets(entry: ReplicaBeingWritten): Promise<void> {
    const buffers: readonly [PacketBuffer, PacketBuffer] = [emptyBuffer(), emptyBuffer()]
    const head = Buffer.alloc(headBytes)
    for (let turn: 0 | 1 = 0; ; turn = turn === 0 ? 1 : 0) {
      const buffer = buffers[turn]
      let next: Head
      try {
        await buffer.busy
        await this.#channel.receive(head)
        next = decodeHead(head, packetBytesMax, this.#channel.peer)
        if (next.kind === kinds.segment) {
          await this.#share(next.bytes)
          continue
        }
        if (next.kind === kinds.data || next.kind === kinds.shared) {
          await this.#receivePacket(buffer, next)
          const previous = buffers[turn === 0 ? 1 : 0].busy
          buffer.busy = this.#store(entry, buffer, head, previous)
          buffer.busy.catch((error: unknown) => this.#fail(error))
          continue
        }
        await Promise.all(buffers.map(({ busy }) => busy))
      } catch (error) {
        // What is still on its way to the next one needs not arrive.
        this.#link?.close()
        await Promise.allSettled(buffers.map(({ busy }) => busy))
        throw this.#failure ?? error
      }
      if (next.kind === kinds.end) return await this.#commit(entry, next.position)
      this.#link?.drop()
      if (next.kind !== kinds.drop)
        throw new DfsError('DFS_PROTOCOL', `${this.#channel.peer} sent an unknown packet ${next.kind}`)
      this.#channel.close()
      return await this.#parts.writing.drop(entry)
    }
  }

  /** Memory that the sender has too, if it is on this machine. It is opened once at most. */
  async #share(bytes: number): Promise<void> {
    if (bytes > noticeBytesMax) {
      throw new DfsError('DFS_PROTOCOL', `${this.#channel.peer} offered memory in a notice of ${bytes} bytes`)
    }
    const notice = Buffer.alloc(bytes)
    await this.#channel.receive(notice)
    const offer = parseOffer(notice, this.#channel.peer)
    if (this.#shared !== undefined) throw new DfsError('DFS_PROTOCOL', `${this.#channel.peer} offered memory twice`)
    const segment = this.#parts.env.sharedMemory.open(offer.name, offer.bytes)
    segment?.seal()
    if (segment !== undefined) this.#shared = { segment, slotBytes: offer.slotBytes }
    this.#channel.post(encodeHead(kinds.segment, 0, segment === undefined ? 0 : 1))
  }

  async #receiveData(data: Buffer, { kind, slot }: Head): Promise<void> {
    if (kind === kinds.data) return await this.#channel.receive(data)
    if (this.#shared === undefined || data.length > this.#shared.slotBytes) {
      throw new DfsError('DFS_PROTOCOL', `${this.#channel.peer} sent a packet in memory that is not shared`)
    }
    this.#shared.segment.read(data, slot * this.#shared.slotBytes)
  }

  async #receivePacket(buffer: PacketBuffer, next: Head): Promise<void> {
    const { bytes, position } = next
    const chunks = Math.ceil(bytes / this.#request.chunkBytes)
    if (buffer.data.length !== bytes) buffer.data = readBuffer(bytes)
    if (buffer.sums.length !== chunks * 4) buffer.sums = Buffer.allocUnsafeSlow(chunks * 4)
    await this.#channel.receive(buffer.sums)
    await this.#receiveData(buffer.data, next)
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
    const passing = this.#link?.send(dataHead(head), buffer.sums, data)
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

  /** A failure of this datanode's own, told at once: the one before may wait for an acknowledgement and send nothing more. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined || this.#over) return
    this.#failure = error
    this.#channel.post(encodeNotice(kinds.failed, failedOf(new ChainFailure(this.#parts.id, error))))
    this.#channel.close()
  }

  /**
   * Own failures are told. After a connection that broke, or bytes that changed on their way, what is stored here is good:
   * it is left for a client that may come back for it.
   */
  async #interrupted(entry: ReplicaBeingWritten, error: unknown): Promise<void> {
    const code = error instanceof DfsError ? error.code : undefined
    if (code !== 'DFS_UNREACHABLE') this.#fail(error)
    if (code === 'DFS_UNREACHABLE' || code === 'DFS_CORRUPT_REPLICA') this.#parts.writing.abandon(entry)
    else await this.#parts.writing.drop(entry)
    if (code === undefined) throw error
  }
}

const emptyBuffer = (): PacketBuffer => ({ sums: Buffer.alloc(0), data: Buffer.alloc(0), busy: Promise.resolve() })
