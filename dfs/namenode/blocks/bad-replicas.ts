import type { BlockId, GenerationStamp } from '../../base/ids.ts'
import type { KnownBadReplica } from './commands.ts'

const none: readonly KnownBadReplica[] = []

/** Replicas that are there and not good: not offered, not counted, not copied from. Few, so an object each. */
export class BadReplicas {
  readonly #byBlock = new Map<BlockId, readonly KnownBadReplica[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  of(block: BlockId): readonly KnownBadReplica[] {
    return this.#byBlock.get(block) ?? none
  }

  find(block: BlockId, node: number, generation: GenerationStamp): KnownBadReplica | undefined {
    return this.of(block).find((bad) => bad.node === node && bad.generation === generation)
  }

  on(block: BlockId, node: number): boolean {
    return this.of(block).some((bad) => bad.node === node)
  }

  /** What is known of the same replica already is replaced. */
  set(block: BlockId, bad: KnownBadReplica): void {
    const others = this.of(block).filter((other) => other.node !== bad.node || other.generation !== bad.generation)
    this.#put(block, [...others, bad])
  }

  remove(block: BlockId, node: number, generation?: GenerationStamp): void {
    const left = this.of(block).filter(
      (bad) => bad.node !== node || (generation !== undefined && bad.generation !== generation),
    )
    this.#put(block, left)
  }

  forget(block: BlockId): void {
    this.#put(block, none)
  }

  blocks(): IterableIterator<BlockId> {
    return this.#byBlock.keys()
  }

  entries(): IterableIterator<[BlockId, readonly KnownBadReplica[]]> {
    return this.#byBlock.entries()
  }

  #put(block: BlockId, replicas: readonly KnownBadReplica[]): void {
    this.#size += replicas.length - this.of(block).length
    if (replicas.length === 0) this.#byBlock.delete(block)
    else this.#byBlock.set(block, replicas)
  }
}
