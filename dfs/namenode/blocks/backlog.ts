import type { Block } from '../inode.ts'
import { type Shortage, shortages } from './redundancy.ts'

/**
 * Blocks that have other replicas than they should, by how endangered they are. Nothing is kept for a block that is as it
 * should be.
 */
export class Backlog {
  readonly #short: Readonly<Record<Shortage, BlockQueue>> = {
    last: new BlockQueue(),
    few: new BlockQueue(),
    under: new BlockQueue(),
    racks: new BlockQueue(),
    datanodes: new BlockQueue(),
    missing: new BlockQueue(),
  }
  readonly surplus = new BlockQueue()
  /** Not to be touched before that time: just completed, or just tried. All wait equally long, so the first are due first. */
  readonly #resting = new Map<Block, number>()

  queue(shortage: Shortage): BlockQueue {
    return this.#short[shortage]
  }

  /** Undefined: it has enough. */
  place(block: Block, shortage: Shortage | undefined, surplus: boolean): void {
    for (const each of shortages) if (each !== shortage) this.#short[each].delete(block)
    if (shortage !== undefined) this.#short[shortage].add(block)
    if (surplus) this.surplus.add(block)
    else this.surplus.delete(block)
  }

  forget(block: Block): void {
    this.place(block, undefined, false)
    this.#resting.delete(block)
  }

  rest(block: Block, until: number): void {
    this.#resting.delete(block)
    this.#resting.set(block, until)
  }

  resting(block: Block): boolean {
    return this.#resting.has(block)
  }

  wake(now: number): void {
    for (const [block, until] of this.#resting) {
      if (until > now) return
      this.#resting.delete(block)
    }
  }

  /** Those that wait for datanodes may be copied again when there are more. */
  clear(): void {
    for (const each of shortages) this.#short[each].clear()
    this.surplus.clear()
    this.#resting.clear()
  }
}

/** A set with a place in it: each look goes on where the last ended, so that what can not be helped hides nothing behind it. */
export class BlockQueue {
  readonly #blocks = new Set<Block>()
  #cursor: IterableIterator<Block> | undefined

  get size(): number {
    return this.#blocks.size
  }

  add(block: Block): void {
    this.#blocks.add(block)
  }

  delete(block: Block): void {
    if (this.#blocks.size > 0) this.#blocks.delete(block)
  }

  has(block: Block): boolean {
    return this.#blocks.size > 0 && this.#blocks.has(block)
  }

  clear(): void {
    this.#blocks.clear()
    this.#cursor = undefined
  }

  values(): IterableIterator<Block> {
    return this.#blocks.values()
  }

  /** At most `limit` blocks, each once; may be changed while it goes. */
  *next(limit: number): Generator<Block> {
    let left = Math.min(limit, this.#blocks.size)
    let wrapped = false
    while (left > 0) {
      this.#cursor ??= this.#blocks.values()
      const step = this.#cursor.next()
      if (step.done === true) {
        this.#cursor = undefined
        if (wrapped) return
        wrapped = true
        continue
      }
      left--
      yield step.value
    }
  }
}
