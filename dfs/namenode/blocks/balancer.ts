import type { Block } from '../inode.ts'
import type { BalanceStep } from './commands.ts'
import type { CopyWork } from './copy-work.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { DeletionWork } from './deletion-work.ts'
import type { ReplicaLedger } from './replica-ledger.ts'

export interface BlockMove {
  readonly block: Block
  readonly from: DatanodeState
  readonly to: DatanodeState
}

/** Blocks looked at to find the moves of one round. */
const examinedMax = 200_000
/** Rounds in which every move failed. */
const fruitlessMax = 3

/**
 * Evens out how full the datanodes are, by HDFS's rule: until each is within a threshold of the mean. A move is a copy like
 * any other, after which a certain holder gives its replica up, so that no rule of healing is broken on the way.
 */
export class Balancer {
  readonly #ledger: ReplicaLedger
  readonly #copies: CopyWork
  readonly #deletions: DeletionWork
  #moves: BlockMove[] = []
  #cursor: Iterator<Block> | undefined
  #endedAt = Number.NEGATIVE_INFINITY
  #fruitless = 0
  /** Since when no move can be made, while blocks are on their way to be as they should. */
  #waitingSince: number | undefined
  #moved = 0
  #bytes = 0

  constructor(ledger: ReplicaLedger, copies: CopyWork, deletions: DeletionWork) {
    this.#ledger = ledger
    this.#copies = copies
    this.#deletions = deletions
  }

  step(threshold: number): BalanceStep {
    if (this.#follow()) return this.#result('moving', threshold)
    const { now, config } = this.#ledger
    // What the last moves have changed is known with the next heartbeats.
    if (now - this.#endedAt < 2 * config.heartbeatMillis) return this.#result('moving', threshold)
    const use = this.#use()
    if (use.nodes.every((node) => Math.abs(fraction(node) - use.mean) <= threshold)) {
      return this.#finish('balanced', threshold)
    }
    this.#moves = this.#fruitless < fruitlessMax ? this.plan(threshold) : []
    if (this.#moves.length === 0 && this.#mayWait()) return this.#result('moving', threshold)
    this.#waitingSince = undefined
    for (const { block, from, to } of this.#moves) {
      this.#ledger.orders.start(block, from, [to.number], now)
      this.#deletions.leaving.set(block, from.number)
    }
    return this.#moves.length > 0 ? this.#result('moving', threshold) : this.#finish('stuck', threshold)
  }

  /** Blocks that are being healed are none to move, and leave the datanodes no room for moves: a moment later they do. */
  #mayWait(): boolean {
    const { now, config, orders, backlog } = this.#ledger
    if (orders.size + backlog.surplus.size === 0) return false
    this.#waitingSince ??= now
    return now - this.#waitingSince < config.pendingTimeoutMillis
  }

  /** The moves of one round: what the datanodes take at once, from those above the mean to those below it. */
  plan(threshold: number): BlockMove[] {
    const { nodes, mean } = this.#use()
    const beyond = new Map(nodes.map((node) => [node, node.beat.used - mean * (node.beat.capacity ?? 0)]))
    // Where everybody above the mean is within the threshold, somebody far below it still has to be filled, and the other way round.
    const far = nodes.some((node) => fraction(node) > mean + threshold)
    const gives = nodes.filter((node) => fraction(node) > mean + (far ? threshold : 0))
    const takes = nodes.filter((node) => fraction(node) < mean).sort((one, other) => fraction(one) - fraction(other))
    const load = new Map(nodes.map((node) => [node, { copies: 0, bytes: 0 }]))
    const moves: BlockMove[] = []
    for (const block of this.#candidates()) {
      const move = this.#moveOf(block, gives, takes, beyond, load)
      if (move === undefined) continue
      moves.push(move)
      beyond.set(move.from, (beyond.get(move.from) ?? 0) - block.length)
      beyond.set(move.to, (beyond.get(move.to) ?? 0) + block.length)
      for (const node of [move.from, move.to]) {
        const known = load.get(node)
        if (known === undefined) continue
        known.copies++
        known.bytes += block.length
      }
      if (gives.every((node) => (beyond.get(node) ?? 0) <= 0 || !this.#hasLeave(node, 0, load))) break
    }
    return moves
  }

  #moveOf(
    block: Block,
    gives: readonly DatanodeState[],
    takes: readonly DatanodeState[],
    beyond: ReadonlyMap<DatanodeState, number>,
    load: ReadonlyMap<DatanodeState, { copies: number; bytes: number }>,
  ): BlockMove | undefined {
    const { nodes } = this.#ledger
    const holders = [...nodes.of(block.replicas)]
    const racks = new Set(holders.map(({ rack }) => rack)).size
    for (const from of gives) {
      if (!block.replicas.includes(from.number)) continue
      if ((beyond.get(from) ?? 0) < block.length / 2 || !this.#hasLeave(from, block.length, load)) continue
      for (const to of takes) {
        if ((beyond.get(to) ?? 0) > -block.length / 2 || !this.#hasLeave(to, block.length, load)) continue
        if (!to.hasRoom(block.length) || to.liveness !== 'live' || this.#copies.taken(block).has(to.number)) continue
        const after = new Set([...holders.filter((node) => node !== from), to].map(({ rack }) => rack)).size
        if (after >= Math.min(racks, 2)) return { block, from, to }
      }
    }
    return undefined
  }

  #hasLeave(
    node: DatanodeState,
    length: number,
    load: ReadonlyMap<DatanodeState, { copies: number; bytes: number }>,
  ): boolean {
    const { replicationCopiesPerNode, replicationBytesPerNode } = this.#ledger.config
    const planned = load.get(node) ?? { copies: 0, bytes: 0 }
    const copies = node.copying + planned.copies
    return (
      copies === 0 ||
      (copies < replicationCopiesPerNode && node.copyingBytes + planned.bytes + length <= replicationBytesPerNode)
    )
  }

  /** Blocks that are as they should be, from where the last round ended. */
  *#candidates(): Generator<Block> {
    const { blocks, policy, nodes, orders, bad } = this.#ledger
    for (let left = Math.min(examinedMax, blocks.size); left > 0; left--) {
      this.#cursor ??= blocks.values()
      let step = this.#cursor.next()
      if (step.done === true) {
        this.#cursor = blocks.values()
        step = this.#cursor.next()
        if (step.done === true) return
      }
      const block = step.value
      if (block.length === 0 || !this.#ledger.whole(block) || orders.get(block) !== undefined) continue
      if (nodes.worth(block.replicas).live !== policy.wanted(block) || bad.of(block.id).length > 0) continue
      yield block
    }
  }

  /** Follows the moves of this round; false when none is under way. */
  #follow(): boolean {
    if (this.#moves.length === 0) return false
    const { orders, blocks, backlog } = this.#ledger
    const { leaving } = this.#deletions
    const left = this.#moves.filter(({ block, from, to }) => {
      if (blocks.get(block.id) !== block) return false
      const arrived = block.replicas.includes(to.number) && leaving.has(block) && backlog.surplus.has(block)
      return orders.get(block) !== undefined || arrived || from.deletions.has(block.id)
    })
    const ended = this.#moves.filter((move) => !left.includes(move))
    for (const { block, from, to } of ended) {
      leaving.delete(block)
      if (!block.replicas.includes(to.number) || block.replicas.includes(from.number)) continue
      this.#moved++
      this.#bytes += block.length
      this.#fruitless = 0
    }
    this.#moves = left
    if (left.length > 0) return true
    this.#fruitless++
    this.#endedAt = this.#ledger.now
    return false
  }

  #use(): { nodes: DatanodeState[]; mean: number } {
    const nodes = this.#ledger.nodes.all.filter((node) => !node.dead && node.inService && (node.beat.capacity ?? 0) > 0)
    const used = nodes.reduce((sum, node) => sum + node.beat.used, 0)
    const capacity = nodes.reduce((sum, node) => sum + (node.beat.capacity ?? 0), 0)
    return { nodes, mean: capacity === 0 ? 0 : used / capacity }
  }

  #finish(state: 'balanced' | 'stuck', threshold: number): BalanceStep {
    const result = this.#result(state, threshold)
    this.#moved = 0
    this.#bytes = 0
    this.#fruitless = 0
    this.#waitingSince = undefined
    return result
  }

  #result(state: BalanceStep['state'], threshold: number): BalanceStep {
    const { nodes, mean } = this.#use()
    const fractions = nodes.map(fraction)
    const outside = nodes.filter((node) => Math.abs(fraction(node) - mean) > threshold).map(({ id }) => id)
    return {
      state,
      most: Math.max(0, ...fractions),
      least: fractions.length === 0 ? 0 : Math.min(...fractions),
      moved: this.#moved,
      bytes: this.#bytes,
      ...(state === 'stuck'
        ? {
            detail: `${outside.join(', ')}: further than ${threshold} from the mean use of ${mean.toFixed(4)}, but no block can be moved without losing a rack or putting two replicas on one datanode`,
          }
        : {}),
    }
  }
}

const fraction = (node: DatanodeState): number => node.beat.used / (node.beat.capacity ?? 1)
