/** What is wrong with a block's replicas, in HDFS's order of urgency. */
export const shortages = ['last', 'few', 'under', 'racks', 'datanodes', 'missing'] as const
export type Shortage = (typeof shortages)[number]

/** Those that a copy can help, the most endangered first. */
export const copyOrder = ['last', 'few', 'under', 'racks'] as const satisfies readonly Shortage[]

/** What a set of datanodes is worth. */
export interface Worth {
  /** Those in service that live. */
  readonly live: number
  /** Those that live and are decommissioned or about to be: sources, not counted. */
  readonly leaving: number
  /** Of those in service. */
  readonly racks: number
}

/** What all datanodes together could do. */
export type Usable = Pick<Worth, 'live' | 'racks'>

/** Undefined: as it should be, or more than that. */
export function shortageOf(wanted: number, there: Worth, usable: Usable): Shortage | undefined {
  if (there.live + there.leaving === 0) return 'missing'
  if (there.live >= wanted) return wanted > 1 && there.racks < 2 && usable.racks > 1 ? 'racks' : undefined
  if (there.live >= usable.live) return 'datanodes'
  if (there.live <= 1) return 'last'
  return there.live * 3 < wanted ? 'few' : 'under'
}

/**
 * Which of the holders of too many replicas should give theirs up: one of the rack that has most, so that two racks stay as
 * long as they can; there the one with the least room. `preferred` goes first if that costs no rack.
 */
export function chooseSurplus(
  holders: readonly { readonly number: number; readonly rack: string; readonly free: number | undefined }[],
  count: number,
  preferred?: number,
): number[] {
  const kept = [...holders]
  const surplus: number[] = []
  while (surplus.length < count && kept.length > 0) {
    const onRack = new Map<string, number>()
    for (const { rack } of kept) onRack.set(rack, (onRack.get(rack) ?? 0) + 1)
    const most = Math.max(...onRack.values())
    const crowded = kept.filter(({ rack }) => onRack.get(rack) === most)
    const asked = kept.find(
      ({ number, rack }) => number === preferred && ((onRack.get(rack) ?? 0) > 1 || onRack.size > 2),
    )
    const victim = asked ?? crowded.reduce((one, other) => ((other.free ?? 0) <= (one.free ?? 0) ? other : one))
    kept.splice(kept.indexOf(victim), 1)
    surplus.push(victim.number)
  }
  return surplus
}
