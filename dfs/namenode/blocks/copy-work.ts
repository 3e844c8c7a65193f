import type { Block } from '../inode.ts'
import type { DatanodeState } from './datanode-state.ts'
import { copyOrder } from './redundancy.ts'
import type { ReplicaLedger } from './replica-ledger.ts'
import { type Targets, takenFor } from './targets.ts'

/** Blocks of one urgency looked at in one tick; most of them can be copied, or rest afterwards. */
const examinedMax = 400

/** Orders copies of blocks that are short, the most endangered first, never more at once than the datanodes were given leave for. */
export class CopyWork {
  readonly #ledger: ReplicaLedger
  readonly #targets: Targets

  constructor(ledger: ReplicaLedger, targets: Targets) {
    this.#ledger = ledger
    this.#targets = targets
  }

  /** Gives how many copies were ordered. */
  order(): number {
    const { nodes, config, backlog } = this.#ledger
    const budget = config.replicationWorkMultiplier * nodes.all.filter((node) => !node.dead).length
    let ordered = 0
    for (const shortage of copyOrder) {
      for (const block of backlog.queue(shortage).next(examinedMax)) {
        if (ordered >= budget || !this.#anyCanTake()) return ordered
        if (backlog.resting(block) || this.#ledger.orders.get(block) !== undefined) continue
        const started = this.#start(block, shortage === 'racks')
        if (started === 'later') this.#ledger.rest(block)
        else if (started !== 'busy') ordered += started
      }
    }
    return ordered
  }

  /** `busy`: it can be done as soon as something else is finished; `later`: something has to change first. */
  #start(block: Block, otherRack: boolean): number | 'busy' | 'later' {
    const { nodes, policy, orders } = this.#ledger
    const worth = nodes.worth(block.replicas)
    const missing = otherRack ? 1 : Math.min(policy.wanted(block), nodes.usable.live) - worth.live
    if (missing <= 0) return 'later'
    const sources = [...nodes.of(block.replicas)].filter((node) => !node.dead)
    const source = this.#best(sources.filter((node) => this.canTake(node, block.length)))
    if (source === undefined) return sources.length > 0 ? 'busy' : 'later'
    const counted = sources.filter((node) => node.inService)
    const racks = new Set(counted.map(({ rack }) => rack))
    const wanted = (node: DatanodeState): boolean => !otherRack || !racks.has(node.rack)
    const request = {
      count: missing,
      length: block.length,
      present: counted.map(({ number }) => number),
      excluded: this.taken(block),
    }
    const targets = this.#targets.choose(request, (node) => wanted(node) && this.canTake(node, block.length))
    if (targets.length === 0) return this.#targets.choose(request, wanted).length > 0 ? 'busy' : 'later'
    orders.start(block, source, targets, this.#ledger.now)
    return targets.length
  }

  taken(block: Block): Set<number> {
    const { nodes, bad, orders } = this.#ledger
    const known = bad.of(block.id).filter(({ generation }) => generation === block.generation)
    return takenFor(block, {
      nodes,
      isBad: (node) => known.some((one) => one.node === node),
      coming: orders.get(block)?.targets,
    })
  }

  /** One copy in any case: a block may be larger than the bound. */
  canTake(node: DatanodeState, length: number): boolean {
    const { replicationCopiesPerNode, replicationBytesPerNode } = this.#ledger.config
    return (
      node.copying === 0 ||
      (node.copying < replicationCopiesPerNode && node.copyingBytes + length <= replicationBytesPerNode)
    )
  }

  #anyCanTake(): boolean {
    return this.#ledger.nodes.all.some((node) => !node.dead && node.inService && this.canTake(node, 0))
  }

  /** One that leaves has nothing else to do; one not heard lately may be gone. */
  #best(sources: readonly DatanodeState[]): DatanodeState | undefined {
    const rank = (node: DatanodeState): number => (node.liveness === 'stale' ? 2 : node.inService ? 1 : 0)
    const load = (node: DatanodeState): number => node.copying + node.beat.writers
    const better = (one: DatanodeState, other: DatanodeState): boolean =>
      rank(one) === rank(other) ? load(one) < load(other) : rank(one) < rank(other)
    return sources.reduce<DatanodeState | undefined>(
      (best, node) => (best === undefined || better(node, best) ? node : best),
      undefined,
    )
  }
}
