import type { BlockId } from '../../base/ids.ts'
import type { BlockKey } from '../../base/names.ts'
import type { Block } from '../inode.ts'
import type { KnownBadReplica } from './commands.ts'
import type { CopyWork } from './copy-work.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { DeletionVerdict } from './deletion-queue.ts'
import { chooseSurplus } from './redundancy.ts'
import type { ReplicaLedger } from './replica-ledger.ts'
import type { Targets } from './targets.ts'

const examinedMax = 2_000

/**
 * Which replicas may go. Three kinds do: those no file needs, those beyond the target, and bad ones. The last good copy
 * never does, and nothing does on the word of a datanode whose content is not known for sure.
 */
export class DeletionWork {
  readonly #ledger: ReplicaLedger
  readonly #copies: CopyWork
  readonly #targets: Targets
  #badCursor: Iterator<BlockId> | undefined
  /** Who should give its replica up, where the balancer has moved one. */
  readonly leaving = new Map<Block, number>()

  constructor(ledger: ReplicaLedger, copies: CopyWork, targets: Targets) {
    this.#ledger = ledger
    this.#copies = copies
    this.#targets = targets
  }

  /** Chooses what goes of blocks that have more than they should. */
  dropSurplus(): void {
    const { backlog, nodes, policy, orders } = this.#ledger
    for (const block of backlog.surplus.next(examinedMax)) {
      if (orders.get(block) !== undefined || !this.#allFresh(block)) continue
      const holders = [...nodes.of(block.replicas)].filter((node) => node.inService)
      const count = holders.length - policy.wanted(block)
      if (count <= 0) continue
      const ranked = holders.map(({ number, rack, beat }) => ({ number, rack, free: beat.free }))
      for (const number of chooseSurplus(ranked, count, this.leaving.get(block))) {
        const node = nodes.at(number)
        if (node?.deletions.add({ block: block.id, generation: block.generation }) !== true) continue
        this.#ledger.release(block, node)
      }
      this.leaving.delete(block)
    }
  }

  /** Bad replicas that are not needed as a place or as a last hope. */
  dropBad(): void {
    const { bad, blocks } = this.#ledger
    for (let left = Math.min(examinedMax, bad.size); left > 0; left--) {
      this.#badCursor ??= bad.blocks()
      const step = this.#badCursor.next()
      if (step.done === true) {
        this.#badCursor = undefined
        return
      }
      const block = blocks.get(step.value)
      if (block !== undefined) for (const each of bad.of(block.id)) this.#lookAtBad(block, each)
    }
  }

  #lookAtBad(block: Block, bad: KnownBadReplica): void {
    const { nodes, now, config } = this.#ledger
    const node = nodes.at(bad.node)
    if (node === undefined || node.dead) return
    if (bad.reason === 'suspect') {
      const asked = node.asked.get(block.id)
      if (!node.verify.has(block.id) && (asked === undefined || now - asked >= config.pendingTimeoutMillis)) {
        node.verify.set(block.id, bad.generation)
      }
      return
    }
    if (node.fresh && this.#badMayGo(block)) node.deletions.add({ block: block.id, generation: bad.generation })
  }

  /** Bad ones go when there are enough good ones, or when no other datanode could take what is missing. */
  #badMayGo(block: Block): boolean {
    const { nodes, policy } = this.#ledger
    if (!this.#ledger.whole(block) || ![...nodes.of(block.replicas)].some((node) => node.fresh)) return false
    if (nodes.worth(block.replicas).live >= policy.wanted(block)) return true
    return this.#targets.choose({ count: 1, length: block.length, excluded: this.#copies.taken(block) }).length === 0
  }

  #allFresh(block: Block): boolean {
    return [...this.#ledger.nodes.of(block.replicas)].every((node) => node.fresh)
  }

  /** What goes out with the next heartbeat of `node`. What was decided a while ago is thought over. */
  take(node: DatanodeState): BlockKey[] {
    const { keys, back } = node.deletions.take(this.#ledger.config.deletionsPerHeartbeat, (key) =>
      this.#judge(key, node),
    )
    for (const { block: id, generation, ordered } of back) {
      this.#ledger.dropped.get(id)?.others.push({ node: node.number, generation })
      const block = this.#ledger.blocks.get(id)
      if (block === undefined) continue
      // One that was ordered may be gone: it is looked for before it counts again.
      if (ordered) this.#ledger.condemn(block, node, generation, 'suspect')
      else if (block.generation === generation && this.#ledger.bad.find(id, node.number, generation) === undefined) {
        this.#ledger.hold(block, node)
      }
    }
    return keys
  }

  #judge({ block: id, generation }: BlockKey, node: DatanodeState): DeletionVerdict {
    const { blocks, dropped, nodes, policy, bad } = this.#ledger
    if (dropped.has(id)) return 'keep'
    const block = blocks.get(id)
    if (block === undefined) return 'delete'
    if (block.generation !== generation || bad.find(id, node.number, generation) !== undefined) {
      return this.#badMayGo(block) ? 'delete' : 'keep'
    }
    const good = [...nodes.of(block.replicas)].filter((holder) => holder.inService && holder.fresh)
    return good.length >= policy.wanted(block) && this.#allFresh(block) ? 'delete' : 'keep'
  }
}
