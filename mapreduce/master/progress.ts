import type { JobProgress } from './job-options.ts'
import type { WorkPlan } from './plan.ts'
import type { WorkerPool } from './pool.ts'
import type { TaskRunner } from './task-runner.ts'

export interface ProgressTellerOptions {
  readonly tell: ((progress: JobProgress) => void) | undefined
  readonly intervalMs: number
  /** Milliseconds since the job began. */
  readonly elapsedMs: () => number
  readonly work: WorkPlan
  readonly runner: TaskRunner
  readonly pool: WorkerPool
}

/** Tells how far a job is: at once when a phase begins, and in between once an interval. Starts no timer if nobody listens. */
export class ProgressTeller {
  readonly #options: ProgressTellerOptions
  readonly #timer: NodeJS.Timeout | undefined
  #phase: JobProgress['phase'] = 'plan'
  /** The last text a task gave to `ctx.status`. */
  status: string | undefined

  constructor(options: ProgressTellerOptions) {
    this.#options = options
    if (options.tell !== undefined) this.#timer = setInterval(() => this.#tell(), options.intervalMs)
  }

  enter(phase: JobProgress['phase']): void {
    this.#phase = phase
    this.#tell()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #tell(): void {
    this.#options.tell?.(this.#progress())
  }

  /** Bytes are those of the phase: input while maps run, shuffled bytes after. Running attempts add what their rows say. */
  #progress(): JobProgress {
    const { work, runner, pool, elapsedMs } = this.#options
    const kind = this.#phase === 'plan' || this.#phase === 'map' || work.reducers === 0 ? 'map' : 'reduce'
    let bytesIn = 0
    let failedAttempts = 0
    for (const timing of runner.timings) {
      if (timing.outcome === 'done') bytesIn += timing.kind === kind ? timing.inputBytes : 0
      else if (timing.outcome !== 'superseded') failedAttempts++
    }
    for (const [slot, { launch, inputBytes }] of runner.running) {
      if (launch.kind === kind) bytesIn += Math.min(inputBytes, pool.progress(slot, 'bytesIn'))
    }
    const bytesTotal = kind === 'map' ? work.inputBytes : runner.shuffleBytes
    return {
      phase: this.#phase,
      mapsDone: runner.mapsDone,
      mapsTotal: work.splits.length,
      reducesDone: runner.reducesDone,
      reducesTotal: work.reducers,
      running: runner.running.size,
      bytesIn: Math.min(bytesIn, bytesTotal),
      bytesTotal,
      elapsedMs: elapsedMs(),
      failedAttempts,
      ...(this.status === undefined ? {} : { status: this.status }),
    }
  }
}
