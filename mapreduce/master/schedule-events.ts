import type { MrErrorCode } from '../base/errors.ts'

/** What goes into the scheduler core and what comes out. Times are milliseconds of a monotonic clock. */

export type TaskKind = 'map' | 'reduce'

export interface AttemptRef {
  readonly kind: TaskKind
  readonly task: number
  /** 1 for the first. */
  readonly attempt: number
}

export type Locality = 'data-local' | 'rack-local' | 'off-rack' | 'local-file' | 'none'

/** A worker slot and the datanode it is bound to; empty strings where there is none. */
export interface ScheduleSlot {
  readonly node: string
  readonly rack: string
}

export interface AttemptFailure {
  readonly code: MrErrorCode
  readonly message: string
  readonly stack?: string
}

/** `narrowed`: the record that ended the attempt is known and left out from now on, so the next try is a first one. */
interface Narrowing {
  readonly narrowed?: boolean
}

export type ScheduleEvent = { readonly now: number } & (
  | { readonly type: 'start' }
  /** The attempt ran to its end; its output waits for the commit. */
  | ({ readonly type: 'succeeded' } & AttemptRef)
  /** The commit that the core granted is durable (or was none: a run file). */
  | ({ readonly type: 'committed' } & AttemptRef)
  /** The task's own fault; counts. `lostMaps` names maps whose run files were gone: that does not count. */
  | ({
      readonly type: 'failed'
      readonly failure: AttemptFailure
      readonly permanent: boolean
      readonly lostMaps: readonly number[]
    } & Narrowing &
      AttemptRef)
  | ({ readonly type: 'timed-out'; readonly failure: AttemptFailure } & Narrowing & AttemptRef)
  /** The thread died under the attempt; not its fault. */
  | ({ readonly type: 'lost'; readonly failure: AttemptFailure } & Narrowing & AttemptRef)
  | { readonly type: 'tick' }
)

/** Why a job failed: the first failure of the task that used up its chances, and how many attempts it had. */
export interface JobFailure extends AttemptFailure {
  readonly kind: TaskKind
  readonly task: number
  readonly attempts: number
  readonly rule: 'permanent' | 'attempts' | 'losses' | 'lost-runs'
}

export type ScheduleAction =
  | ({
      readonly type: 'launch'
      readonly slot: number
      readonly locality: Locality
      readonly speculative: boolean
    } & AttemptRef)
  /** The one attempt of its task that may make its output durable. Answer with `committed` or `failed`. */
  | ({ readonly type: 'commit' } & AttemptRef)
  /** Another attempt of its task has committed: end its thread. Answer as to any end, `lost` most likely. */
  | ({ readonly type: 'end'; readonly slot: number } & AttemptRef)
  /** Whatever the attempt left behind is of no use. */
  | ({ readonly type: 'discard' } & AttemptRef)
  /** Send a `tick` at this time: an idle slot is holding back for a nearer one. */
  | { readonly type: 'wake'; readonly at: number }
  /** All maps are done for the first time. */
  | { readonly type: 'maps-done' }
  | { readonly type: 'job-done' }
  /** Nothing follows; end what runs. */
  | { readonly type: 'job-failed'; readonly failure: JobFailure }
