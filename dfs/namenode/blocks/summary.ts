import type { DatanodeReport } from '../../client/administration.ts'
import type { Block } from '../inode.ts'
import type { BlockCounts, BlockHealth } from './commands.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { ReplicaLedger } from './replica-ledger.ts'

export function blockCounts(ledger: ReplicaLedger): Omit<BlockCounts, 'strays'> {
  const { backlog, bad, orders, nodes } = ledger
  const size = (shortage: Parameters<typeof backlog.queue>[0]): number => backlog.queue(shortage).size
  return {
    underReplicated: size('last') + size('few') + size('under') + size('datanodes'),
    waitingForDatanodes: size('datanodes'),
    misReplicated: size('racks'),
    overReplicated: backlog.surplus.size,
    missing: ledger.settled ? size('missing') : ledger.total - ledger.safe,
    corruptReplicas: bad.size,
    pendingReplication: orders.size,
    pendingDeletion: nodes.all.reduce((sum, node) => sum + node.deletions.size, 0),
  }
}

export function blockHealth(ledger: ReplicaLedger, block: Block): BlockHealth {
  const { nodes, policy, bad } = ledger
  const { live, leaving, racks } = nodes.worth(block.replicas)
  const wanted = policy.wanted(block)
  return {
    wanted,
    live,
    leaving,
    missing: live + leaving === 0,
    misReplicated: wanted > 1 && live > 1 && racks < 2 && nodes.usable.racks > 1,
    bad: bad.of(block.id),
  }
}

/** Live ones first, then those not heard lately, then those that leave. */
export function readOrder({ nodes, bad }: ReplicaLedger, block: Block): number[] {
  const rank = (node: DatanodeState): number => (node.liveness === 'stale' ? 1 : 0) + (node.inService ? 0 : 2)
  const order = (numbers: Iterable<number>): number[] =>
    [...nodes.of(numbers)]
      .filter((node) => !node.dead)
      .sort((one, other) => rank(one) - rank(other))
      .map(({ number }) => number)
  const good = order(block.replicas)
  if (good.length > 0) return good
  return order(bad.of(block.id).flatMap(({ node, generation }) => (generation === block.generation ? [node] : [])))
}

export function datanodeReport(node: DatanodeState, now: number): DatanodeReport {
  const { capacity, free, used, failure } = node.beat
  return {
    id: node.id,
    rack: node.rack,
    directory: node.directory,
    ...(node.address === undefined ? {} : { address: node.address }),
    ...(node.pid === undefined ? {} : { pid: node.pid }),
    liveness: node.liveness,
    adminState: node.adminState,
    blocks: node.blocks,
    used,
    capacity,
    free,
    ...(node.lastContact === undefined ? {} : { lastContact: now - node.lastContact }),
    ...(failure === undefined ? {} : { failure }),
  }
}
