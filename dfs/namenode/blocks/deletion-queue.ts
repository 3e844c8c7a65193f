import type { BlockId, GenerationStamp } from '../../base/ids.ts'
import type { BlockKey } from '../../base/names.ts'

/** Whether a replica may still be deleted, thought over at the moment the command goes out. */
export type DeletionVerdict = 'delete' | 'keep'

/** A deletion that was taken back. One that was ordered before may have happened: nothing is known of the replica. */
export interface TakenBack extends BlockKey {
  readonly ordered: boolean
}

/**
 * What one datanode has to delete: waiting to be ordered, or ordered and not yet heard of. Plain maps of numbers, because a
 * deleted directory may bring a million of these.
 */
export class DeletionQueue {
  #waiting = new Map<BlockId, GenerationStamp>()
  /** Ordered, and nothing was heard in time. */
  #again = new Map<BlockId, GenerationStamp>()
  #ordered = new Map<BlockId, GenerationStamp>()
  #orderedEarlier = new Map<BlockId, GenerationStamp>()
  #turned: number | undefined

  get size(): number {
    return this.#waiting.size + this.#again.size + this.#ordered.size + this.#orderedEarlier.size
  }

  has(id: BlockId): boolean {
    return this.generation(id) !== undefined
  }

  generation(id: BlockId): GenerationStamp | undefined {
    for (const map of this.#all()) {
      const generation = map.get(id)
      if (generation !== undefined) return generation
    }
    return undefined
  }

  /** False when another generation of the block is being deleted there: one at a time, the next report tells of it again. */
  add({ block, generation }: BlockKey): boolean {
    const known = this.generation(block)
    if (known === undefined) this.#waiting.set(block, generation)
    return known === undefined || known === generation
  }

  /** It is gone. */
  done({ block, generation }: BlockKey): void {
    for (const map of this.#all()) if (map.get(block) === generation) map.delete(block)
  }

  clear(): void {
    for (const map of this.#all()) map.clear()
  }

  /** Every deletion, to look for those that a full report no longer has. */
  *keys(): Generator<BlockKey> {
    for (const map of this.#all()) for (const [block, generation] of map) yield { block, generation }
  }

  /** At most `limit` keys to order now. */
  take(
    limit: number,
    judge: (key: BlockKey) => DeletionVerdict,
  ): { readonly keys: BlockKey[]; readonly back: TakenBack[] } {
    const keys: BlockKey[] = []
    const back: TakenBack[] = []
    for (const [map, ordered] of [
      [this.#again, true],
      [this.#waiting, false],
    ] as const) {
      for (const [block, generation] of map) {
        if (keys.length + back.length >= limit) return { keys, back }
        map.delete(block)
        const key = { block, generation }
        if (judge(key) === 'delete') {
          keys.push(key)
          this.#ordered.set(block, generation)
        } else back.push({ ...key, ordered })
      }
    }
    return { keys, back }
  }

  /** What was ordered at least `timeout` ago, twice that at most, is to be thought over and ordered again. */
  expire(now: number, timeout: number): void {
    this.#turned ??= now
    if (now - this.#turned < timeout) return
    this.#turned = now
    for (const [block, generation] of this.#orderedEarlier) this.#again.set(block, generation)
    this.#orderedEarlier = this.#ordered
    this.#ordered = new Map()
  }

  #all(): Map<BlockId, GenerationStamp>[] {
    return [this.#waiting, this.#again, this.#ordered, this.#orderedEarlier]
  }
}
