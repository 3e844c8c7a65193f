import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { BlockId, GenerationStamp } from '../base/ids.ts'
import type { BlockWriter } from '../block/block-store.ts'
import type { Datanode } from './datanode.ts'

/** How long a replica whose writer is gone is kept, for the writer may come back over another chain. */
const abandonedMillis = 60_000
/** Replicas that may be written at the same time. */
const writersMax = 4096

export interface ReplicaBeingWritten {
  readonly block: BlockId
  readonly writer: BlockWriter
  generation: GenerationStamp
  /** Ends the receiver at work on it, and resolves when it touches the writer no more. */
  release: () => Promise<void>
  /** Of the commit under way or done. */
  committing: Promise<number> | undefined
  abandonedAt: number | undefined
}

/** The replicas that are on their way to this datanode: HDFS's "replica being written". One writer each. */
export class ReplicasBeingWritten {
  readonly #datanode: Datanode
  readonly #env: Env
  readonly #entries = new Map<BlockId, ReplicaBeingWritten>()
  readonly #beginning = new Map<BlockId, Promise<void>>()

  constructor(datanode: Datanode, env: Env) {
    this.#datanode = datanode
    this.#env = env
  }

  get size(): number {
    return this.#entries.size
  }

  has(block: BlockId): boolean {
    return this.#entries.has(block)
  }

  /**
   * Begins a replica, or goes on with one at `resumeAt`, where everyone in the new chain is. What another receiver was
   * doing to it has ended when this resolves; `release` ends this one.
   */
  async begin(
    block: BlockId,
    generation: GenerationStamp,
    resumeAt: number,
    release: () => Promise<void>,
  ): Promise<ReplicaBeingWritten> {
    // One after the other: two that release the same receiver would both take its place.
    const before = this.#beginning.get(block) ?? Promise.resolve()
    const turn = before.then(() => this.#begin(block, generation, resumeAt, release))
    const over = turn.then(
      () => undefined,
      () => undefined,
    )
    this.#beginning.set(block, over)
    try {
      return await turn
    } finally {
      if (this.#beginning.get(block) === over) this.#beginning.delete(block)
    }
  }

  async #begin(
    block: BlockId,
    generation: GenerationStamp,
    resumeAt: number,
    release: () => Promise<void>,
  ): Promise<ReplicaBeingWritten> {
    const known = this.#entries.get(block)
    if (known !== undefined) {
      if (known.generation > generation) {
        throw new DfsError('DFS_FENCED', `block ${block} is being written under generation ${known.generation} already`)
      }
      await known.release()
      // Nothing may be at work on the files that `drop` removes; what is whole by now stays.
      await known.committing?.catch(() => undefined)
      const goesOn = resumeAt > 0 && known.committing === undefined && known.writer.length >= resumeAt
      if (goesOn && this.#entries.get(block) === known) {
        known.release = release
        known.abandonedAt = undefined
        known.generation = generation
        await known.writer.rewind(resumeAt)
        return known
      }
      if (known.committing === undefined) await this.drop(known)
    }
    if (resumeAt > 0) {
      throw new DfsError('DFS_NOT_FOUND', `the first ${resumeAt} bytes of block ${block} are not here`)
    }
    if (this.#entries.size >= writersMax) {
      throw new DfsError('DFS_NO_SPACE', `${writersMax} blocks are being written here already`)
    }
    const writer = await this.#datanode.createReplica({ block, generation })
    const entry: ReplicaBeingWritten = {
      block,
      writer,
      generation,
      release,
      committing: undefined,
      abandonedAt: undefined,
    }
    this.#entries.set(block, entry)
    return entry
  }

  get(block: BlockId): ReplicaBeingWritten | undefined {
    return this.#entries.get(block)
  }

  /** Durable and reported when it resolves; asked twice it is done once. */
  commit(entry: ReplicaBeingWritten): Promise<number> {
    entry.committing ??= entry.writer.commit(entry.generation).finally(() => this.#forget(entry))
    return entry.committing
  }

  async drop(entry: ReplicaBeingWritten): Promise<void> {
    this.#forget(entry)
    await entry.writer.abort()
  }

  /** Its writer is gone; it is kept for a while. */
  abandon(entry: ReplicaBeingWritten): void {
    entry.abandonedAt = this.#env.monotonic()
  }

  /** Drops what nobody has come back for. */
  async sweep(): Promise<void> {
    const now = this.#env.monotonic()
    for (const entry of [...this.#entries.values()]) {
      const { abandonedAt, committing } = entry
      if (committing === undefined && abandonedAt !== undefined && now - abandonedAt > abandonedMillis) {
        await this.drop(entry)
      }
    }
  }

  async close(): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      await entry.release()
      await entry.committing?.catch(() => undefined)
      await this.drop(entry)
    }
  }

  #forget(entry: ReplicaBeingWritten): void {
    if (this.#entries.get(entry.block) === entry) this.#entries.delete(entry.block)
  }
}
