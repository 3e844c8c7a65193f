import { type PlacementNode, placeReplicas } from './placement.ts'

/**
 * What to do for a block that has replicas on `holders` and should have `target`: where to add, which to drop. Nodes with a
 * corrupt replica are taken last, because the bad one has to go before a good one can come.
 */
export function planReplication(
  holders: readonly number[],
  target: number,
  nodes: readonly PlacementNode[],
  corrupt: ReadonlySet<number>,
  random: () => number,
): { add: number[]; drop: number[] } {
  const missing = target - holders.length
  if (missing > 0) {
    const add = placeReplicas(nodes, missing, random, { present: holders, excluded: corrupt })
    const rest = missing - add.length
    if (rest > 0) add.push(...placeReplicas(nodes, rest, random, { present: [...holders, ...add] }))
    return { add, drop: [] }
  }
  const racks = new Map(nodes.map((node) => [node.index, node.rack]))
  const kept = [...holders]
  const drop: number[] = []
  while (kept.length > target) {
    // From the rack that has most, so that at least two racks stay as long as they can.
    const counts = new Map<string, number>()
    for (const index of kept) counts.set(racks.get(index) ?? '', (counts.get(racks.get(index) ?? '') ?? 0) + 1)
    const most = Math.max(...counts.values())
    const victim = kept.findLast((index) => counts.get(racks.get(index) ?? '') === most)
    if (victim === undefined) break
    kept.splice(kept.indexOf(victim), 1)
    drop.push(victim)
  }
  return { add: [], drop }
}
