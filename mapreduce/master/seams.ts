import { type OutputDisk, outputDisk } from '../output/disk.ts'
import type { RunJobOptions } from './job-options.ts'
import { checkLimits, type MasterLimits, masterLimits } from './limits.ts'
import type { WorkerPool } from './pool.ts'
import { scratchBase } from './scratch.ts'
import { type WorkerModule, workerModule } from './worker-module.ts'

/** What tests replace: the worker's code, the numbers, the disk of the commit, the place of temporary files. */
export interface MasterSeams {
  readonly worker: WorkerModule
  readonly limits: MasterLimits
  readonly disk: OutputDisk
  readonly scratchBase: string
  /** Monotonic milliseconds. */
  readonly clock: () => number
  /** Called with the job's threads: who wants to see what happens when they die can end them. */
  readonly poolStarted: (pool: WorkerPool) => void
}

/** The real world, with what is given in place of it, and the numbers that the job's options set. */
export function fillSeams(seams: Partial<MasterSeams>, options: RunJobOptions): MasterSeams {
  return {
    worker: seams.worker ?? workerModule(),
    limits: checkLimits({
      ...(seams.limits ?? masterLimits),
      ...(options.taskTimeoutMs === undefined ? {} : { taskTimeoutMs: options.taskTimeoutMs }),
      ...(options.taskAttempts === undefined ? {} : { taskAttemptsMax: options.taskAttempts }),
    }),
    disk: seams.disk ?? outputDisk,
    scratchBase: seams.scratchBase ?? scratchBase(),
    clock: seams.clock ?? (() => performance.now()),
    poolStarted: seams.poolStarted ?? (() => undefined),
  }
}
