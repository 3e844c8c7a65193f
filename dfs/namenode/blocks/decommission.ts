import type { DatanodeState } from './datanode-state.ts'
import { copyOrder } from './redundancy.ts'
import type { ReplicaLedger } from './replica-ledger.ts'

/** Datanodes whose replicas are all elsewhere, as many times as can be: they may be switched off. */
export function finishDecommissions(ledger: ReplicaLedger): number[] {
  const finished: number[] = []
  for (const node of ledger.nodes.all) {
    if (node.adminState !== 'decommissioning') continue
    const empty = node.dead ? node.blocks === 0 : !node.contentStale && remaining(ledger, node, 1) === 0
    if (!empty) continue
    node.adminState = 'decommissioned'
    finished.push(node.number)
  }
  if (finished.length > 0) ledger.nodes.changed()
  return finished
}

/** Blocks on `node` that have too few replicas elsewhere, those being written among them; counted up to `limit`. */
export function remaining(ledger: ReplicaLedger, node: DatanodeState, limit: number): number {
  // With nobody else to take them, all that can be is not enough.
  if (ledger.nodes.usable.live === 0) return Math.min(limit, node.blocks)
  let count = 0
  const queues = [ledger.open.keys(), ...copyOrder.map((shortage) => ledger.backlog.queue(shortage).values())]
  for (const blocks of queues) {
    for (const block of blocks) {
      if (block.replicas.includes(node.number) && ++count >= limit) return count
    }
  }
  return count
}
