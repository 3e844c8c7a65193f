import { availableParallelism } from 'node:os'
import { type OutputDisk, outputDisk } from '../output/disk.ts'
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

/** With two cores a second attempt takes half of the machine away from the first. */
const SPECULATE_ABOVE_CORES = 2

/** The real world, with what is given in place of it. */
export function fillSeams(seams: Partial<MasterSeams>): MasterSeams {
  return {
    worker: seams.worker ?? workerModule(),
    limits: checkLimits(seams.limits ?? { ...masterLimits, speculate: availableParallelism() > SPECULATE_ABOVE_CORES }),
    disk: seams.disk ?? outputDisk,
    scratchBase: seams.scratchBase ?? scratchBase(),
    clock: seams.clock ?? (() => performance.now()),
    poolStarted: seams.poolStarted ?? (() => undefined),
  }
}
