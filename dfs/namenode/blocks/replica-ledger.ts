import type { DfsConfig } from '../../base/config.ts'
import type { BlockId, GenerationStamp } from '../../base/ids.ts'
import type { BlockKey } from '../../base/names.ts'
import type { BlockMap } from '../block-map.ts'
import { type Block, noReplicas } from '../inode.ts'
import { ReplicaSets } from '../replica-sets.ts'
import { Backlog } from './backlog.ts'
import { BadReplicas } from './bad-replicas.ts'
import type { BadReason, BlockPolicy } from './commands.ts'
import { CopyOrders } from './copy-orders.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { DatanodeTable } from './datanode-table.ts'
import { shortageOf } from './redundancy.ts'

/** A block that no file has any more; what could still bring it back is not ruled out yet. */
interface Dropped {
  readonly block: Block
  /** Replicas of other generations that were reported meanwhile. */
  readonly others: { readonly node: number; readonly generation: GenerationStamp }[]
}

/**
 * Which replicas there are, with the books on them: how many blocks are safe, which are short. Every change of a block's
 * replicas goes through here.
 */
export class ReplicaLedger {
  readonly blocks: BlockMap
  readonly policy: BlockPolicy
  readonly config: DfsConfig
  readonly random: () => number
  readonly nodes: DatanodeTable
  readonly bad = new BadReplicas()
  readonly backlog = new Backlog()
  readonly orders: CopyOrders
  /** Blocks of files being written, with the lengths that were reported of them. */
  readonly open = new Map<Block, Map<number, number>>()
  readonly dropped = new Map<BlockId, Dropped>()
  /** The time of the event that is being handled. */
  now: number
  /** Whole blocks, and how many of these have a good replica. */
  total = 0
  safe = 0
  /** Until most datanodes have come once, every block is short, and that means nothing. */
  settled = false
  readonly #sets = new ReplicaSets()
  #onHeld: ((block: Block, node: number) => void) | undefined

  constructor(parts: {
    blocks: BlockMap
    policy: BlockPolicy
    config: DfsConfig
    random: () => number
    nodes: DatanodeTable
    now: number
  }) {
    this.blocks = parts.blocks
    this.policy = parts.policy
    this.config = parts.config
    this.random = parts.random
    this.nodes = parts.nodes
    this.now = parts.now
    this.orders = new CopyOrders(parts.nodes, (order, end) => {
      if (end === 'failed') this.rest(order.block)
    })
    for (const block of parts.blocks.values()) {
      if (parts.policy.whole(block)) this.total++
      else this.open.set(block, new Map())
    }
  }

  /** Who wants to know of each replica that comes. */
  onHeld(listener: (block: Block, node: number) => void): void {
    this.#onHeld = listener
  }

  /** The block with that id, also one that is about to be forgotten. */
  block(id: BlockId): Block | undefined {
    return this.blocks.get(id) ?? this.dropped.get(id)?.block
  }

  whole(block: Block): boolean {
    return !this.open.has(block)
  }

  hold(block: Block, node: DatanodeState): void {
    this.#onHeld?.(block, node.number)
    if (!block.replicas.includes(node.number)) {
      block.replicas = this.#sets.with(block.replicas, node.number)
      node.blocks++
      if (block.replicas.length === 1 && this.#counted(block)) this.safe++
    }
    this.orders.received(block, node.number)
    this.assess(block)
  }

  release(block: Block, node: DatanodeState): void {
    if (!block.replicas.includes(node.number)) return
    block.replicas = this.#sets.without(block.replicas, node.number)
    node.blocks--
    this.open.get(block)?.delete(node.number)
    if (block.replicas.length === 0 && this.#counted(block)) this.safe--
    this.assess(block)
  }

  #counted(block: Block): boolean {
    return this.whole(block) && !this.dropped.has(block.id)
  }

  /** Not good: no longer offered, counted or copied from. */
  condemn(block: Block, node: DatanodeState, generation: GenerationStamp, reason: BadReason): void {
    this.bad.set(block.id, { node: node.number, generation, reason })
    if (generation !== block.generation) return
    this.release(block, node)
    if (this.orders.get(block)?.source === node.number) this.orders.cancel(block)
    if (reason === 'suspect') node.verify.set(block.id, generation)
  }

  /** The replica is no longer there. */
  gone(node: DatanodeState, key: BlockKey): void {
    node.deletions.done(key)
    if (node.verify.get(key.block) === key.generation) node.verify.delete(key.block)
    this.bad.remove(key.block, node.number, key.generation)
    const block = this.block(key.block)
    if (block === undefined) return
    if (block.generation === key.generation) this.release(block, node)
  }

  /** Where a block stands: as it should be, or in one of the queues. */
  assess(block: Block): void {
    if (!this.settled || this.open.has(block) || this.dropped.has(block.id)) return
    const wanted = this.policy.wanted(block)
    const worth = this.nodes.worth(block.replicas)
    this.backlog.place(block, shortageOf(wanted, worth, this.nodes.usable), worth.live > wanted)
  }

  rest(block: Block): void {
    this.backlog.rest(block, this.now + this.config.replicationRetryMillis)
  }

  /** A block that its file has just got. */
  added(block: Block): void {
    this.open.set(block, new Map())
  }

  completed(block: Block): void {
    const lengths = this.open.get(block)
    if (!this.open.delete(block)) return
    this.total++
    if (block.replicas.length > 0) this.safe++
    for (const [number, length] of lengths ?? []) {
      const node = this.nodes.at(number)
      if (node !== undefined && length !== block.length) this.condemn(block, node, block.generation, 'length')
    }
    // Its last replicas may be about to be reported.
    if (this.nodes.worth(block.replicas).live < this.policy.wanted(block)) this.rest(block)
    this.assess(block)
  }

  /** The namespace has already forgotten who held it. */
  regenerated(block: Block, previous: GenerationStamp): void {
    const lengths = this.open.get(block)
    for (const node of this.nodes.of(lengths?.keys() ?? [])) {
      node.blocks--
      this.bad.set(block.id, { node: node.number, generation: previous, reason: 'generation' })
    }
    lengths?.clear()
    block.replicas = noReplicas
  }

  drop(block: Block): void {
    if (!this.open.delete(block)) {
      this.total--
      if (block.replicas.length > 0) this.safe--
    }
    this.dropped.set(block.id, { block, others: [] })
    this.orders.cancel(block)
    this.backlog.forget(block)
  }

  /** Nothing can bring the block back: its replicas may go. */
  bury(block: Block): void {
    const others = this.dropped.get(block.id)?.others ?? []
    for (const { node, generation } of [...others, ...this.bad.of(block.id)]) this.#deleteOn(node, block.id, generation)
    for (const node of this.nodes.of(block.replicas)) {
      node.blocks--
      this.#deleteOn(node.number, block.id, block.generation)
    }
    block.replicas = noReplicas
    this.bad.forget(block.id)
    this.dropped.delete(block.id)
  }

  #deleteOn(number: number, block: BlockId, generation: GenerationStamp): void {
    const node = this.nodes.at(number)
    if (node === undefined || node.dead) return
    node.verify.delete(block)
    node.deletions.add({ block, generation })
  }
}
