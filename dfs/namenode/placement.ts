/** A datanode as placement sees it. */
export interface PlacementNode {
  readonly index: number
  readonly rack: string
  /** Taken only when no other is left: it has not been heard lately, or has much to do. */
  readonly avoid?: boolean
  /** Bytes; of two that fit equally well, the one with more is taken. */
  readonly free?: number
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
    for (const pool of [all.filter((node) => node.avoid !== true), all]) {
      for (const wanted of [...preferences, () => true]) {
        const fitting = pool.filter(wanted)
        if (fitting.length > 0) return roomierOfTwo(fitting, random)
      }
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

/** Two at random and the better of them: that evens out what the disks have, and does not send all to the emptiest. */
function roomierOfTwo(nodes: readonly PlacementNode[], random: () => number): PlacementNode | undefined {
  const draw = (): PlacementNode | undefined => nodes[Math.min(nodes.length - 1, Math.floor(random() * nodes.length))]
  const first = draw()
  if (nodes.length === 1 || nodes.every((node) => node.free === undefined)) return first
  const second = draw()
  return (second?.free ?? 0) > (first?.free ?? 0) ? second : first
}

/** The rack of each datanode: the racks in order, as even as can be, the later ones larger, so that a second rack has two nodes. */
export function rackOf(index: number, datanodes: number, racks: number): string {
  return `rack-${racks - Math.floor(((datanodes - 1 - index) * racks) / datanodes)}`
}
