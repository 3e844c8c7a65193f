import { readBuffer } from '../base/bytes.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import type { BlockReader } from '../block/block-store.ts'
import type { DfsReader, StreamRange } from './file-system.ts'
import type { ReplicaAccess } from './protocol.ts'
import { type ReadAheadOptions, readAhead } from './read-ahead.ts'
import type { BadReplica, LocatedBlock, ReplicaLocation } from './status.ts'
import type { VerifyingThreads } from './verifying-threads.ts'

/** Less is read before the threads are up. */
const threadsWorthBytes = 32 * 1024 * 1024
/** So large that the messages about it do not count. */
const threadPieceBytes = 2 * 1024 * 1024

export interface ReaderOptions {
  readonly path: string
  readonly blocks: readonly LocatedBlock[]
  readonly access: ReplicaAccess
  /** Where the blocks are now: asked once none of the replicas known before is left. */
  readonly locate: () => Promise<readonly LocatedBlock[]>
  /** Bytes a `stream` reads at once. */
  readonly streamBytes: number
  readonly onBad: (bad: BadReplica) => void
  readonly onOver: (reader: FileReader) => void
}

interface OpenReplica {
  readonly block: LocatedBlock
  readonly reader: BlockReader
  readonly location: ReplicaLocation
}

/** Reads one file; a replica that fails is left for the next one and reported. */
export class FileReader implements DfsReader {
  readonly length: number
  readonly #options: ReaderOptions
  /** Replicas this reader has met and will not try again, by block. */
  readonly #bad = new Map<number, Map<DatanodeId, string>>()
  #current: OpenReplica | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: ReaderOptions) {
    this.#options = options
    const last = options.blocks.at(-1)
    this.length = last === undefined ? 0 : last.offset + last.length
  }

  read(target: Uint8Array, position: number): Promise<number> {
    if (!Number.isSafeInteger(position) || position < 0) {
      return Promise.reject(new DfsError('DFS_BAD_ARGUMENT', `read of ${this.#options.path} at position ${position}`))
    }
    const turn = this.#queue.then(() => this.#read(target, position))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async *stream(range: StreamRange = {}): AsyncIterable<Uint8Array> {
    const end = Math.min(range.end ?? this.length, this.length)
    const start = range.start ?? 0
    const threads = await this.#threads(range.threads ?? 0, end - start)
    try {
      yield* readAhead({ start, end, ...(threads === undefined ? this.#ahead(end - start) : this.#threaded(threads)) })
    } finally {
      await threads?.close()
    }
  }

  #ahead(length: number): Pick<ReadAheadOptions, 'pieceBytes' | 'buffers' | 'fill'> {
    const { streamBytes } = this.#options
    const pieces = Math.min(2, Math.ceil(length / streamBytes))
    return {
      pieceBytes: streamBytes,
      buffers: Array.from({ length: pieces }, () => readBuffer(Math.min(streamBytes, length))),
      fill: async (target, position) => void (await this.read(target, position)),
    }
  }

  #threaded(threads: VerifyingThreads): Pick<ReadAheadOptions, 'pieceBytes' | 'buffers' | 'fill'> {
    return {
      pieceBytes: threadPieceBytes,
      buffers: threads.buffers,
      fill: async (target, position, buffer) => {
        const filled = !this.#closed && (await threads.read(buffer, position, target.length))
        // What the threads can not have, this one asks of other machines, or says that nobody has it.
        if (!filled) await this.read(target, position)
      },
    }
  }

  async #threads(threads: number, length: number): Promise<VerifyingThreads | undefined> {
    if (threads === 0 || length < threadsWorthBytes) return undefined
    const { VerifyingThreads } = await import('./verifying-threads.ts')
    return await VerifyingThreads.start({
      blocks: this.#options.blocks,
      threads,
      buffers: 2 * threads,
      pieceBytes: threadPieceBytes,
      onBad: (bad) => {
        // A file that can not be opened may be on another machine: whether it is missing, the datanode is asked.
        const known = bad.reason !== 'corrupt' || this.#bad.get(bad.block)?.has(bad.datanode) === true
        if (!known) this.#note(bad)
      },
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#options.onOver(this)
    await this.#queue
    await this.#leave()
  }

  async #read(target: Uint8Array, position: number): Promise<number> {
    if (this.#closed) throw new DfsError('DFS_CLOSED', `the reader of ${this.#options.path} is closed`)
    const wanted = Math.max(0, Math.min(target.length, this.length - position))
    let done = 0
    while (done < wanted) {
      const block = this.#blockAt(position + done)
      const inside = position + done - block.offset
      const piece = target.subarray(done, done + Math.min(wanted - done, block.length - inside))
      await this.#readBlock(block, piece, inside)
      done += piece.length
    }
    return wanted
  }

  #blockAt(position: number): LocatedBlock {
    const { blocks } = this.#options
    let low = 0
    let high = blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((blocks[middle]?.offset ?? 0) <= position) low = middle
      else high = middle - 1
    }
    const block = blocks[low]
    if (block === undefined) throw new TypeError('a position behind the end of the file')
    return block
  }

  async #readBlock(block: LocatedBlock, target: Uint8Array, position: number): Promise<void> {
    for (;;) {
      const replica = await this.#replicaOf(block)
      try {
        const read = await replica.reader.read(target, position)
        if (read === target.length) return
        throw new DfsError('DFS_CORRUPT_REPLICA', `${read} bytes came at ${position}, not ${target.length}`)
      } catch (error) {
        await this.#leave()
        this.#found(block, replica.location, error)
      }
    }
  }

  async #replicaOf(block: LocatedBlock): Promise<OpenReplica> {
    if (this.#current?.block === block) return this.#current
    await this.#leave()
    const open =
      (await this.#firstGood(block, block.replicas)) ?? (await this.#firstGood(block, await this.#now(block)))
    if (open !== undefined) return open
    const tried = [...(this.#bad.get(block.block) ?? [])].map(([id, detail]) => `${id}: ${detail}`)
    throw new DfsError(
      'DFS_NO_REPLICA',
      `no good replica of block ${block.block} of ${this.#options.path} (bytes ${block.offset} to ${
        block.offset + block.length
      }) is left; ${tried.length === 0 ? 'none is known' : tried.join('; ')}`,
    )
  }

  /** Where the block's replicas are by now: a long reading sees datanodes come and go. */
  async #now(block: LocatedBlock): Promise<readonly ReplicaLocation[]> {
    let blocks: readonly LocatedBlock[]
    try {
      blocks = await this.#options.locate()
    } catch (error) {
      // Also a file that is gone by now: what was found bad is what there is to say.
      if (error instanceof DfsError) return []
      throw error
    }
    const same = blocks.find((other) => other.block === block.block && other.generation === block.generation)
    return same?.replicas ?? []
  }

  async #firstGood(block: LocatedBlock, replicas: readonly ReplicaLocation[]): Promise<OpenReplica | undefined> {
    for (const location of replicas) {
      if (this.#bad.get(block.block)?.has(location.datanode) === true) continue
      try {
        const reader = await this.#options.access.openReplica(block, location)
        if (reader.length !== block.length) {
          await reader.close()
          throw new DfsError('DFS_CORRUPT_REPLICA', `it is ${reader.length} bytes long, ${block.length} were written`)
        }
        this.#current = { block, reader, location }
        return this.#current
      } catch (error) {
        this.#found(block, location, error)
      }
    }
    return undefined
  }

  #found(block: LocatedBlock, location: ReplicaLocation, error: unknown): void {
    this.#note(badReplica(block, location, error))
  }

  #note(bad: BadReplica): void {
    const known = this.#bad.get(bad.block) ?? new Map<DatanodeId, string>()
    this.#bad.set(bad.block, known.set(bad.datanode, `${bad.reason}: ${bad.detail}`))
    this.#options.onBad(bad)
  }

  async #leave(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    await current?.reader.close()
  }
}

/** What a failure to read a replica says about it. */
export function badReplica(block: LocatedBlock, location: ReplicaLocation, error: unknown): BadReplica {
  const code = error instanceof DfsError ? error.code : undefined
  return {
    block: block.block,
    datanode: location.datanode,
    path: location.dataFile,
    reason: code === 'DFS_NOT_FOUND' ? 'missing' : code === 'DFS_CORRUPT_REPLICA' ? 'corrupt' : 'io',
    detail: error instanceof Error ? error.message : String(error),
  }
}
