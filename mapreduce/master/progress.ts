import type { JobProgress } from './job-options.ts'
import type { WorkerPool } from './pool.ts'
import type { TaskRunner } from './task-runner.ts'

export interface ProgressInput {
  readonly phase: JobProgress['phase']
  readonly mapsTotal: number
  readonly reducesTotal: number
  readonly inputBytes: number
  readonly elapsedMs: number
  readonly status: string | undefined
  readonly runner: TaskRunner
  readonly pool: WorkerPool
}

/**
 * A line's worth of progress. Bytes are those of the phase: input while maps run, shuffled bytes while reduces run.
 * Bytes of running attempts come from the workers' progress rows.
 */
export function jobProgress(input: ProgressInput): JobProgress {
  const { runner, pool } = input
  const kind = input.phase === 'reduce' ? 'reduce' : 'map'
  let bytesIn = 0
  for (const timing of runner.timings)
    if (timing.kind === kind && timing.outcome === 'done') bytesIn += timing.inputBytes
  for (const [slot, { launch, inputBytes }] of runner.running) {
    if (launch.kind === kind) bytesIn += Math.min(inputBytes, pool.progress(slot, 'bytesIn'))
  }
  const bytesTotal =
    kind === 'map'
      ? input.inputBytes
      : runner.results.sum((result) => result.slices.reduce((sum, slice) => sum + slice.length, 0))
  return {
    phase: input.phase,
    mapsDone: runner.mapsDone,
    mapsTotal: input.mapsTotal,
    reducesDone: runner.reducesDone,
    reducesTotal: input.reducesTotal,
    running: runner.running.size,
    bytesIn: Math.min(bytesIn, bytesTotal),
    bytesTotal,
    elapsedMs: input.elapsedMs,
    failedAttempts: runner.timings.filter((timing) => timing.outcome !== 'done').length,
    ...(input.status === undefined ? {} : { status: input.status }),
  }
}
