import type { Distance } from './locality.ts'
import type { AttemptFailure, AttemptRef, ScheduleSlot, TaskKind } from './schedule-events.ts'
import type { Placement } from './splits.ts'

/** An attempt whose thread has not answered yet. */
export interface LiveAttempt {
  readonly attempt: number
  readonly slot: number
  /** Position in the order of launches and map commits: tells a fresh loss of a run from a stale report. */
  readonly launchedAt: number
  readonly startedMs: number
  /** Another attempt of the task has committed; the answer of this one is of no interest. */
  ended: boolean
}

/** What the scheduler remembers of a task and of a slot. */
export interface TaskState {
  readonly kind: TaskKind
  readonly task: number
  readonly placement: Placement
  readonly nearest: Distance
  /** pending -> running -> committing -> done; back to pending after a failure, or a done map whose run was lost. */
  state: 'pending' | 'running' | 'committing' | 'done'
  /** The number of the last attempt launched. */
  attempt: number
  /** One, or two where a slow one got company. */
  live: LiveAttempt[]
  /** The attempt that was granted the commit; 0 for none. */
  committing: number
  speculated: boolean
  pendingSince: number
  failures: number
  lossesInARow: number
  lostRuns: number
  readonly failedSlots: Set<number>
  firstFailure: AttemptFailure | undefined
  /** In the order that `LiveAttempt.launchedAt` counts in. */
  doneAt: number
}

export interface SlotState extends ScheduleSlot {
  running: LiveAttempt | undefined
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
    live: [],
    committing: 0,
    speculated: false,
    pendingSince: 0,
    failures: 0,
    lossesInARow: 0,
    lostRuns: 0,
    failedSlots: new Set(),
    firstFailure: undefined,
    doneAt: 0,
  }
}

export const refOf = ({ kind, task }: TaskState, attempt: number): AttemptRef => ({ kind, task, attempt })
/** Attempts of the task that may still win. */
export const runners = (task: TaskState): readonly LiveAttempt[] => task.live.filter(({ ended }) => !ended)
/** Maps before reduces, each in input order. */
export const comesBefore = (left: TaskState, right: TaskState): boolean =>
  left.kind === right.kind ? left.task < right.task : left.kind === 'map'
export const freeSince = (task: TaskState, slot: SlotState): number => Math.max(slot.idleSince, task.pendingSince)
