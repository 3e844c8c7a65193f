/** A datanode as placement sees it. */
export interface PlacementNode {
  readonly index: number
  readonly rack: string
}

/**
 * Where the replicas of a block go, HDFS's way: the first on the writer's node, the second on another rack, the third on
 * another node of the second's rack, more anywhere. Where a rule can not be kept the next best node is taken; fewer
 * than `count` are given only when there are fewer. `random` gives 0 <= x < 1.
 */
export function placeReplicas(
  nodes: readonly PlacementNode[],
  count: number,
  random: () => number,
  options: { writer?: number | undefined; present?: readonly number[]; excluded?: ReadonlySet<number> } = {},
): number[] {
  const byIndex = new Map(nodes.map((node) => [node.index, node]))
  const chosen: PlacementNode[] = (options.present ?? []).flatMap((index) => byIndex.get(index) ?? [])
  const present = chosen.length
  const free = (): PlacementNode[] =>
    nodes.filter((node) => !chosen.includes(node) && options.excluded?.has(node.index) !== true)
  const pick = (...preferences: ((node: PlacementNode) => boolean)[]): PlacementNode | undefined => {
    const all = free()
    for (const wanted of [...preferences, () => true]) {
      const fitting = all.filter(wanted)
      if (fitting.length > 0) return fitting[Math.min(fitting.length - 1, Math.floor(random() * fitting.length))]
    }
    return undefined
  }
  while (chosen.length - present < count) {
    const [first, second] = chosen
    const next =
      first === undefined
        ? pick((node) => node.index === options.writer)
        : second === undefined
          ? pick((node) => node.rack !== first.rack)
          : second.rack === first.rack
            ? pick((node) => node.rack !== first.rack)
            : pick((node) => node.rack === second.rack)
    if (next === undefined) break
    chosen.push(next)
  }
  return chosen.slice(present).map((node) => node.index)
}

/** The rack of each datanode: the racks in order, as even as can be, the later ones larger, so that a second rack has two nodes. */
export function rackOf(index: number, datanodes: number, racks: number): string {
  return `rack-${racks - Math.floor(((datanodes - 1 - index) * racks) / datanodes)}`
}
