import type { BlockId, GenerationStamp } from '../base/ids.ts'
import { type Block, noReplicas } from './inode.ts'
import { ReplicaSets } from './replica-sets.ts'

/**
 * Every block by its id, and who holds it. Which blocks there are is journalled state; where they lie is what the
 * datanodes report.
 */
export class BlockMap {
  readonly #blocks = new Map<BlockId, Block>()
  readonly #sets = new ReplicaSets()
  /** Datanodes that hold a replica found bad: not offered to readers, not counted, not yet deleted. */
  readonly #corrupt = new Map<BlockId, Set<number>>()

  get size(): number {
    return this.#blocks.size
  }

  get(id: BlockId): Block | undefined {
    return this.#blocks.get(id)
  }

  values(): IterableIterator<Block> {
    return this.#blocks.values()
  }

  add(block: Block): void {
    this.#blocks.set(block.id, block)
  }

  /** Another generation: who has the old one has nothing of worth. */
  renew(block: Block, generation: GenerationStamp): void {
    block.generation = generation
    block.replicas = noReplicas
    this.#corrupt.delete(block.id)
  }

  remove(id: BlockId): void {
    this.#blocks.delete(id)
    this.#corrupt.delete(id)
  }

  /** A datanode says that it holds this. False when it is unknown or of another generation, so the datanode may delete it. */
  reported(node: number, id: BlockId, generation: GenerationStamp): boolean {
    const block = this.#blocks.get(id)
    if (block === undefined || block.generation !== generation) return false
    block.replicas = this.#sets.with(block.replicas, node)
    return true
  }

  dropReplica(node: number, id: BlockId): void {
    const block = this.#blocks.get(id)
    if (block === undefined) return
    block.replicas = this.#sets.without(block.replicas, node)
    const corrupt = this.#corrupt.get(id)
    corrupt?.delete(node)
    if (corrupt?.size === 0) this.#corrupt.delete(id)
  }

  /** The replica there is bad. It is not offered any more; it stays known until `dropReplica`. */
  markCorrupt(node: number, id: BlockId): void {
    const block = this.#blocks.get(id)
    if (block === undefined) return
    block.replicas = this.#sets.without(block.replicas, node)
    const corrupt = this.#corrupt.get(id)
    if (corrupt === undefined) this.#corrupt.set(id, new Set([node]))
    else corrupt.add(node)
  }

  corruptOn(id: BlockId): ReadonlySet<number> {
    return this.#corrupt.get(id) ?? none
  }
}

const none: ReadonlySet<number> = new Set()
