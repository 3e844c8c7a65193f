import { Schedule, type ScheduleInput } from '../../../mapreduce/master/schedule.ts'
import type { AttemptFailure, ScheduleAction, ScheduleEvent } from '../../../mapreduce/master/schedule-events.ts'
import type { Placement } from '../../../mapreduce/master/splits.ts'

export const limits = {
  taskAttemptsMax: 4,
  lossesInARowMax: 5,
  lostRunsMax: 4,
  rackDelayMs: 50,
  anyDelayMs: 100,
  speculate: false,
  speculativeFactor: 3,
  speculativeMsMin: 100,
}

export const failure: AttemptFailure = { code: 'MR_USER_CODE', message: 'boom' }

/** `on('a', 'b')`: a map whose bytes lie on datanodes a and b; node x stands in rack `rackOf(x)`. */
export function on(...nodes: string[]): Placement {
  return { kind: 'nodes', nodes, racks: [...new Set(nodes.map(rackOf))] }
}

/** a, b in one rack, c, d in the next. */
export function rackOf(node: string): string {
  return node <= 'b' ? 'rack-1' : 'rack-2'
}

export function makeSchedule(
  nodes: readonly string[],
  maps: readonly Placement[],
  reducers: number,
  more: { readonly speculate?: boolean; readonly doneMaps?: readonly number[] } = {},
): Schedule {
  const slots: ScheduleInput['slots'] = nodes.map((node) => ({ node, rack: node === '' ? '' : rackOf(node) }))
  const { speculate = false, doneMaps = [] } = more
  return new Schedule({ slots, maps, reducers, doneMaps, limits: { ...limits, speculate } })
}

export function eventLine(event: ScheduleEvent): string {
  const time = `${String(event.now).padStart(5)}  `
  if (event.type === 'start' || event.type === 'tick') return `${time}${event.type}`
  const more =
    event.type === 'failed'
      ? `${event.narrowed === true ? ' at a known record' : ''}${event.permanent ? ' for good' : ''}${event.lostMaps.length > 0 ? ` without run of map ${event.lostMaps.join(', ')}` : ''}`
      : ''
  return `${time}${event.kind} ${event.task}.${event.attempt} ${event.type}${more}`
}

export function actionLine(action: ScheduleAction): string {
  const indent = '         -> '
  switch (action.type) {
    case 'launch':
      return `${indent}launch ${action.kind} ${action.task}.${action.attempt} on slot ${action.slot} (${action.locality})${action.speculative ? ' beside another' : ''}`
    case 'end':
    case 'commit':
    case 'discard':
      return `${indent}${action.type} ${action.kind} ${action.task}.${action.attempt}`
    case 'wake':
      return `${indent}wake at ${action.at}`
    case 'job-failed':
      return `${indent}job failed: ${action.failure.code} ${action.failure.message} (${action.failure.kind} ${action.failure.task}, ${action.failure.attempts} attempts, ${action.failure.rule})`
    default:
      return `${indent}${action.type}`
  }
}
