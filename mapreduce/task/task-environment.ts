import type { BadReplica } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import type { QuoteTable } from '../input/quote-table.ts'
import type { JobPlan } from '../master/task.ts'
import type { OutputFormat } from '../output/format.ts'
import type { After, EngineJob } from './engine-job.ts'
import type { ProgressRow } from './progress-row.ts'
import type { WorkerTaskContext } from './task-context.ts'
import { UserCodeError } from './user-error.ts'
import type { WorkerSpace } from './worker-space.ts'

/** What the tasks of a worker thread run in. */
export interface WorkerEnvironment {
  readonly plan: JobPlan
  readonly job: EngineJob
  /** What follows the reduce in a stage of a flow. */
  readonly after?: After
  readonly space: WorkerSpace
  /** The datanode the worker is bound to; empty for none. */
  readonly datanode: string
  readonly progress: ProgressRow
  readonly format: OutputFormat
  /** Of the input files, in the order of the plan. */
  readonly quotes: QuoteTable
}

/** What an attempt runs in. */
export interface TaskEnvironment extends WorkerEnvironment {
  readonly ctx: WorkerTaskContext
  /** Replicas the attempt found bad; told to the master whether it succeeds or fails. */
  readonly bad: BadReplica[]
}

/** Runs the user's `setup` or `cleanup`, and says so when it throws. */
export async function userStep(what: 'setup' | 'cleanup', step: () => unknown): Promise<void> {
  try {
    await step()
  } catch (cause) {
    throw isOwnError(cause) ? cause : new UserCodeError(`${what} threw`, cause)
  }
}

/**
 * Whether an error that came out of a call of user code is to be passed on as it is: the engine's own, such as what the
 * disk refused while `emit` spilled, or one that names its place in user code already.
 */
export function isOwnError(cause: unknown): boolean {
  return cause instanceof UserCodeError || (cause instanceof MrError && cause.code !== 'MR_USER_CODE')
}
