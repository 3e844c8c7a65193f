import type { Env } from '../base/env.ts'
import { DfsError, dfsErrorCodes } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import type { Channel } from '../base/net.ts'
import type { TargetAddress } from '../rpc/datanode-protocol.ts'
import { FrameChannel } from '../rpc/frame.ts'
import { failure, greet } from '../rpc/hello.ts'
import {
  type Committed,
  connectMillis,
  decodeHead,
  encodeHead,
  encodeNotice,
  type Failure,
  headBytes,
  kinds,
  noticeBytesMax,
  parseCommitted,
  parseFailed,
  parseFailure,
  positionOf,
  sharedHead,
  silenceMillis,
  type WriteRequest,
} from './format.ts'
import { PacketSlots } from './packet-slots.ts'

/** A failure of one datanode of a chain, told by itself, by the one before it, or by its silence. */
export class ChainFailure extends Error {
  override readonly name = 'ChainFailure'
  readonly datanode: DatanodeId

  constructor(datanode: DatanodeId, cause: unknown) {
    super(`${datanode}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.datanode = datanode
  }
}

export interface LinkEvents {
  /** Everyone in the chain has what is before `position`. */
  readonly acked: (position: number) => void
  /** The link is of no more use. At most once, and not after `committed` has resolved. */
  readonly failed: (failure: ChainFailure) => void
}

/**
 * The sending end of a chain of datanodes: a client's towards the first, or a datanode's towards the next. What is sent is
 * acknowledged by all from there on; failures name the datanode that is to blame.
 */
export class ChainLink {
  readonly #channel: Channel
  readonly #first: DatanodeId
  readonly #events: LinkEvents
  readonly #slots: PacketSlots
  #acknowledged = 0
  #over = false
  #resolveCommitted: (committed: Committed) => void = () => {}
  #rejectCommitted: (failure: ChainFailure) => void = () => {}
  readonly #committed: Promise<Committed>

  private constructor(channel: Channel, first: DatanodeId, events: LinkEvents, slots: PacketSlots) {
    this.#channel = channel
    this.#first = first
    this.#slots = slots
    this.#events = events
    this.#committed = new Promise((resolve, reject) => {
      this.#resolveCommitted = resolve
      this.#rejectCommitted = reject
    })
    this.#committed.catch(() => undefined)
    void this.#listen()
  }

  /** Resolves when every datanode of the chain is ready; throws the ChainFailure of the first that is not. */
  static async open(
    env: Env,
    token: string,
    chain: readonly [TargetAddress, ...TargetAddress[]],
    request: Omit<WriteRequest, 'targets'>,
    events: LinkEvents,
  ): Promise<ChainLink> {
    const [first, ...targets] = chain
    let channel: Channel | undefined
    try {
      channel = await env.net.connect(first.address, connectMillis)
      const fields = { ...request, targets }
      const answer = await greet(new FrameChannel(channel), 'write', token, fields, silenceMillis)
      const failed = parseFailure(answer['failed'])
      if (failed !== undefined) throw chainFailure(failed)
      return new ChainLink(channel, first.id, events, new PacketSlots(env.sharedMemory, first.address))
    } catch (error) {
      channel?.close()
      throw error instanceof ChainFailure ? error : new ChainFailure(first.id, error)
    }
  }

  /** Sends a packet. Resolves when its parts may be reused; a failure is told by `failed`. */
  async send(head: Buffer, sums: Uint8Array, data: Uint8Array): Promise<void> {
    if (this.#over) return
    const offer = this.#slots.offer(data.length)
    if (offer !== undefined) this.#channel.post(encodeNotice(kinds.segment, offer))
    const slot = this.#slots.lay(data, positionOf(head) + data.length, this.#acknowledged)
    try {
      if (slot === undefined) await this.#channel.send(head, sums, data)
      else await this.#channel.send(sharedHead(head, slot), sums)
    } catch (error) {
      this.#fail(new ChainFailure(this.#first, error))
    }
  }

  /** Asks everyone to make the block durable; resolves to who did. Rejects with a ChainFailure. */
  commit(length: number): Promise<Committed> {
    this.#channel.post(encodeHead(kinds.end, 0, length))
    return this.#committed
  }

  /** Nobody wants the block any more. */
  drop(): void {
    this.#channel.post(encodeHead(kinds.drop, 0, 0))
    this.close()
  }

  close(): void {
    this.#over = true
    this.#slots.close()
    this.#channel.close()
  }

  async #listen(): Promise<void> {
    const head = Buffer.alloc(headBytes)
    try {
      for (;;) {
        await this.#channel.receive(head, silenceMillis)
        const { kind, bytes, position } = decodeHead(head, noticeBytesMax, this.#channel.peer)
        const notice = Buffer.allocUnsafe(bytes)
        if (bytes > 0) await this.#channel.receive(notice, silenceMillis)
        if (kind === kinds.ack) {
          this.#acknowledged = position
          this.#events.acked(position)
        } else if (kind === kinds.segment) this.#slots.answered(position === 1)
        else if (kind === kinds.failed) throw chainFailure(parseFailed(notice, this.#channel.peer))
        else if (kind === kinds.committed) {
          const committed = parseCommitted(notice, this.#channel.peer)
          this.close()
          this.#resolveCommitted(committed)
          return
        } else if (kind !== kinds.alive) throw new DfsError('DFS_PROTOCOL', `unknown notice ${kind}`)
      }
    } catch (error) {
      this.#fail(error instanceof ChainFailure ? error : new ChainFailure(this.#first, error))
    }
  }

  #fail(failure: ChainFailure): void {
    if (this.#over) return
    this.close()
    this.#rejectCommitted(failure)
    this.#events.failed(failure)
  }
}

const codes = new Map(dfsErrorCodes.map((code) => [String(code), code]))

/** A failure as it is told to the one before. */
export function failedOf({ datanode, cause }: ChainFailure): Failure {
  const { code, message } = failure(cause)
  return { datanode, code, message }
}

export function chainFailure({ datanode, code, message }: Failure): ChainFailure {
  return new ChainFailure(datanode, new DfsError(codes.get(code) ?? 'DFS_IO', message))
}
