import type { BlockId, GenerationStamp } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'

/** What a datanode holds, in memory: for reports and for what it uses. Several generations of a block may be there. */
export class ReplicaIndex {
  readonly #lengths = new Map<string, { readonly key: BlockKey; readonly length: number }>()
  #bytes = 0

  get size(): number {
    return this.#lengths.size
  }

  get bytes(): number {
    return this.#bytes
  }

  add(key: BlockKey, length: number): void {
    const name = nameOf(key)
    this.#bytes += length - (this.#lengths.get(name)?.length ?? 0)
    this.#lengths.set(name, { key: { block: key.block, generation: key.generation }, length })
  }

  remove(key: BlockKey): boolean {
    const name = nameOf(key)
    const known = this.#lengths.get(name)
    if (known === undefined) return false
    this.#bytes -= known.length
    return this.#lengths.delete(name)
  }

  clear(): void {
    this.#lengths.clear()
    this.#bytes = 0
  }

  lengthOf(block: BlockId, generation: GenerationStamp): number | undefined {
    return this.#lengths.get(nameOf({ block, generation }))?.length
  }

  /** One object for as long as it is the same replica: deleted and written anew it is another. */
  entry({ block, generation }: BlockKey): object | undefined {
    return this.#lengths.get(nameOf({ block, generation }))
  }

  all(): IterableIterator<{ readonly key: BlockKey; readonly length: number }> {
    return this.#lengths.values()
  }

  /** Triples of block, generation and length. */
  report(): Float64Array {
    const triples = new Float64Array(this.#lengths.size * 3)
    let at = 0
    for (const { key, length } of this.#lengths.values()) {
      triples[at++] = key.block
      triples[at++] = key.generation
      triples[at++] = length
    }
    return triples
  }
}

const nameOf = ({ block, generation }: BlockKey): string => `${block} ${generation}`
