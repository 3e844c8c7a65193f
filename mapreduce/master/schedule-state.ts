import type { Distance } from './locality.ts'
import type { AttemptFailure, AttemptRef, ScheduleSlot, TaskKind } from './schedule-events.ts'
import type { Placement } from './splits.ts'

/** What the scheduler remembers of a task and of a slot. */
export interface TaskState {
  readonly kind: TaskKind
  readonly task: number
  readonly placement: Placement
  readonly nearest: Distance
  /** pending -> running -> committing -> done; back to pending after a failure, or a done map whose run was lost. */
  state: 'pending' | 'running' | 'committing' | 'done'
  attempt: number
  slot: number
  pendingSince: number
  failures: number
  lossesInARow: number
  lostRuns: number
  readonly failedSlots: Set<number>
  firstFailure: AttemptFailure | undefined
  /** Positions in the order of launches and map commits: tells a fresh loss of a run from a stale report. */
  launchedAt: number
  doneAt: number
}

export interface SlotState extends ScheduleSlot {
  running: TaskState | undefined
  idleSince: number
}

export function freshTask(kind: TaskKind, task: number, placement: Placement, near: Distance): TaskState {
  return {
    kind,
    task,
    placement,
    nearest: near,
    state: 'pending',
    attempt: 0,
    slot: -1,
    pendingSince: 0,
    failures: 0,
    lossesInARow: 0,
    lostRuns: 0,
    failedSlots: new Set(),
    firstFailure: undefined,
    launchedAt: 0,
    doneAt: 0,
  }
}

export const refOf = ({ kind, task, attempt }: TaskState): AttemptRef => ({ kind, task, attempt })
/** Maps before reduces, each in input order. */
export const comesBefore = (left: TaskState, right: TaskState): boolean =>
  left.kind === right.kind ? left.task < right.task : left.kind === 'map'
export const freeSince = (task: TaskState, slot: SlotState): number => Math.max(slot.idleSince, task.pendingSince)
