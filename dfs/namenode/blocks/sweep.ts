import type { Block } from '../inode.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { ReplicaLedger } from './replica-ledger.ts'

/** Blocks looked at in one go: a few milliseconds. */
export const sweepSlice = 20_000

/**
 * Walks over all blocks, a slice at a time, for what can not be found otherwise: which replicas a dead datanode had, which
 * ones a full report lacks, what becomes short or surplus when datanodes come and go. That no list of its replicas is kept
 * for each datanode saves more memory than the replicas themselves take.
 */
export class Sweep {
  readonly #ledger: ReplicaLedger
  readonly #slice: number
  #running: { readonly reasons: Reasons; readonly blocks: Iterator<Block> } | undefined
  #next: Reasons | undefined

  constructor(ledger: ReplicaLedger, slice: number) {
    this.#ledger = ledger
    this.#slice = slice
    ledger.onHeld((block, node) => {
      this.#running?.reasons.present.get(node)?.add(block)
      this.#next?.present.get(node)?.add(block)
    })
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  get wanted(): boolean {
    return this.#running !== undefined || this.#next !== undefined
  }

  /** Every block is judged anew. */
  all(): void {
    this.#next ??= { gone: new Set(), present: new Map() }
  }

  /** None of its replicas is there any more. */
  withoutNode(node: DatanodeState): void {
    this.#forget(node)
    if (node.blocks > 0) this.#wanted().gone.add(node.number)
    else this.all()
  }

  /** Its full report, which replaces all that was known: of its replicas only these are there, and those that come meanwhile. Undefined: all that were known. */
  reported(node: DatanodeState, present: ReadonlySet<Block> | undefined): void {
    this.#forget(node)
    if (present !== undefined) this.#wanted().present.set(node.number, new Set(present))
  }

  /** The next slice; true when there is more to do. */
  step(): boolean {
    if (this.#running === undefined) {
      if (this.#next === undefined) return false
      this.#running = { reasons: this.#next, blocks: this.#ledger.blocks.values() }
      this.#next = undefined
    }
    const { reasons, blocks } = this.#running
    for (let count = 0; count < this.#slice; count++) {
      const step = blocks.next()
      if (step.done === true) {
        this.#running = undefined
        return this.#next !== undefined
      }
      this.#look(step.value, reasons)
    }
    return true
  }

  #look(block: Block, { gone, present }: Reasons): void {
    if (gone.size > 0 || present.size > 0) {
      for (const number of block.replicas) {
        if (!gone.has(number) && present.get(number)?.has(block) !== false) continue
        const node = this.#ledger.nodes.at(number)
        if (node !== undefined) this.#ledger.release(block, node)
      }
    }
    this.#ledger.assess(block)
  }

  #wanted(): Reasons {
    this.all()
    return this.#next ?? { gone: new Set(), present: new Map() }
  }

  #forget(node: DatanodeState): void {
    for (const reasons of [this.#running?.reasons, this.#next]) {
      reasons?.gone.delete(node.number)
      reasons?.present.delete(node.number)
    }
  }
}

interface Reasons {
  readonly gone: Set<number>
  /** By datanode: what it has. */
  readonly present: Map<number, Set<Block>>
}
