import type { Locality, ScheduleSlot } from './schedule-events.ts'
import type { Placement } from './splits.ts'

/** 0 on a datanode that holds the bytes (or nothing to be near to), 1 on its rack, 2 anywhere else. */
export type Distance = 0 | 1 | 2

export function distance(placement: Placement, slot: ScheduleSlot): Distance {
  if (placement.kind !== 'nodes') return 0
  if (placement.nodes.includes(slot.node)) return 0
  return placement.racks.includes(slot.rack) ? 1 : 2
}

/** The nearest any slot of the job can be; waiting for better is in vain. */
export function nearest(placement: Placement, slots: readonly ScheduleSlot[]): Distance {
  let best: Distance = 2
  for (const slot of slots) {
    const here = distance(placement, slot)
    if (here < best) best = here
  }
  return best
}

const names = ['data-local', 'rack-local', 'off-rack'] as const

export function localityOf(placement: Placement, slot: ScheduleSlot): Locality {
  return placement.kind === 'nodes' ? names[distance(placement, slot)] : placement.kind
}
