import type { Block } from '../inode.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { DatanodeTable } from './datanode-table.ts'

export interface CopyOrder {
  readonly block: Block
  readonly source: number
  /** Those that have not said `received`. */
  readonly targets: Set<number>
  readonly length: number
  readonly orderedAt: number
}

/** What is known of an order's end: all targets have it, or some never will. */
export type OrderEnd = 'done' | 'failed'

/** Copies that were ordered and are not yet heard of, one order a block, and how much each datanode has of them. */
export class CopyOrders {
  readonly #orders = new Map<Block, CopyOrder>()
  readonly #nodes: DatanodeTable
  readonly #onEnd: (order: CopyOrder, end: OrderEnd) => void

  constructor(nodes: DatanodeTable, onEnd: (order: CopyOrder, end: OrderEnd) => void) {
    this.#nodes = nodes
    this.#onEnd = onEnd
  }

  get size(): number {
    return this.#orders.size
  }

  get(block: Block): CopyOrder | undefined {
    return this.#orders.get(block)
  }

  start(block: Block, source: DatanodeState, targets: readonly number[], now: number): void {
    const order: CopyOrder = {
      block,
      source: source.number,
      targets: new Set(targets),
      length: block.length,
      orderedAt: now,
    }
    this.#orders.set(block, order)
    burden(source, order, 1)
    for (const target of this.#nodes.of(targets)) burdenTarget(target, order, 1)
    source.copies.push({ key: { block: block.id, generation: block.generation }, length: block.length, targets })
  }

  received(block: Block, node: number): void {
    const order = this.#orders.get(block)
    if (order === undefined || !order.targets.delete(node)) return
    for (const target of this.#nodes.of([node])) burdenTarget(target, order, -1)
    if (order.targets.size === 0) this.#end(order, 'done')
  }

  failed(block: Block, source: number, targets: readonly number[]): void {
    const order = this.#orders.get(block)
    if (order?.source !== source) return
    let any = false
    for (const target of this.#nodes.of(targets)) {
      if (!order.targets.delete(target.number)) continue
      burdenTarget(target, order, -1)
      any = true
    }
    if (any && order.targets.size === 0) this.#end(order, 'failed')
  }

  /** The block has no file any more, or its source proved bad. */
  cancel(block: Block): void {
    const order = this.#orders.get(block)
    if (order !== undefined) this.#end(order, 'failed')
  }

  /** The datanode is dead, or has forgotten what it was told. */
  cancelOf(node: number): void {
    for (const order of this.#orders.values()) {
      if (order.source === node) this.#end(order, 'failed')
      else this.failed(order.block, order.source, [node])
    }
  }

  expire(now: number, timeout: number): void {
    for (const order of this.#orders.values()) if (now - order.orderedAt >= timeout) this.#end(order, 'failed')
  }

  #end(order: CopyOrder, end: OrderEnd): void {
    this.#orders.delete(order.block)
    for (const source of this.#nodes.of([order.source])) burden(source, order, -1)
    for (const target of this.#nodes.of(order.targets)) burdenTarget(target, order, -1)
    // An order that was not told yet is not to be told any more.
    const source = this.#nodes.at(order.source)
    if (source !== undefined && source.copies.length > 0) {
      source.copies = source.copies.filter(({ key }) => key.block !== order.block.id)
    }
    this.#onEnd(order, end)
  }
}

function burden(node: DatanodeState, order: CopyOrder, sign: 1 | -1): void {
  node.copying += sign
  node.copyingBytes += sign * order.length
}

function burdenTarget(node: DatanodeState, order: CopyOrder, sign: 1 | -1): void {
  burden(node, order, sign)
  node.awaitedBytes += sign * order.length
}
