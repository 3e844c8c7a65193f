import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BadReplica, Dfs } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import type { Job } from '../job.ts'
import type { OutputCommitter } from '../output/commit.ts'
import { DfsCommitter } from '../output/dfs-committer.ts'
import { type OutputDisk, outputDisk } from '../output/disk.ts'
import { LocalCommitter } from '../output/local-committer.ts'
import { settleSiblings } from '../output/recover.ts'
import { type ExpandedInputs, expandInputs } from './inputs.ts'
import { jobId } from './job-id.ts'
import type { DataPath, JobProgress, JobReport, RunJobOptions } from './job-options.ts'
import { checkLimits, type MasterLimits, masterLimits } from './limits.ts'
import { resolveParams } from './load-params.ts'
import { isJob, jobProblem } from './load-shape.ts'
import { ownerIsDead, ownerTag } from './owner.ts'
import { planWork, refuseOverlap, type WorkPlan } from './plan.ts'
import { WorkerPool } from './pool.ts'
import { jobProgress } from './progress.ts'
import { jobReport } from './report.ts'
import type { ScheduleSlot } from './schedule-events.ts'
import { Scratch, scratchBase, sweepScratch } from './scratch.ts'
import type { JobPlan } from './task.ts'
import { TaskRunner } from './task-runner.ts'
import { type WorkerModule, workerModule } from './worker-module.ts'

export type { DataPath, JobProgress, JobReport, RunJobOptions, TaskTiming } from './job-options.ts'

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

/**
 * Runs a job from its input to its committed output. Resolves when the output is durable and visible; rejects with an
 * `MrError` (or a `DfsError` of the DFS behind the input) when it is not, and then nothing of it is left: no output, no
 * temporary file, no thread. What processes that were killed left behind is cleared up at the start. The DFS that
 * `openDfs` gives stays open; it is the caller's.
 */
export async function runJob(options: RunJobOptions, seams: Partial<MasterSeams> = {}): Promise<JobReport> {
  const run = new JobRun(options, {
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
  })
  return await run.run()
}

/** One run of `runJob`, step by step. */
class JobRun {
  readonly #options: RunJobOptions
  readonly #seams: MasterSeams
  readonly #startMs: number
  readonly #jobId = jobId()
  readonly #tag = ownerTag()
  #dfs: Promise<Dfs> | undefined
  #scratch: Scratch | undefined
  #committer: OutputCommitter | undefined
  #pool: WorkerPool | undefined
  #runner: TaskRunner | undefined
  #work: WorkPlan | undefined
  #phase: JobProgress['phase'] = 'plan'
  #status: string | undefined

  constructor(options: RunJobOptions, seams: MasterSeams) {
    this.#options = options
    this.#seams = seams
    this.#startMs = seams.clock()
  }

  async run(): Promise<JobReport> {
    try {
      return await this.#succeed()
    } catch (error) {
      const left = await this.#cleanUp()
      const cancelled = this.#options.signal?.aborted === true && !(error instanceof MrError)
      const cause = cancelled ? new MrError('MR_CANCELLED', 'The job was cancelled.', { cause: error }) : error
      throw left === undefined ? cause : alsoLeft(cause, left)
    }
  }

  async #succeed(): Promise<JobReport> {
    const options = this.#options
    this.#throwIfCancelled()
    // All three are waited for even if one fails, so that nothing of this job goes on behind its error.
    const [job, inputs, swept] = await Promise.allSettled([
      importJob(options.moduleUrl, options.jobName),
      expandInputs(options.inputs, () => this.#openDfs(), options.signal),
      this.#sweep(),
    ])
    if (job.status === 'rejected') throw job.reason
    if (inputs.status === 'rejected') throw inputs.reason
    if (swept.status === 'rejected') throw swept.reason
    return await this.#runPlanned(job.value, inputs.value)
  }

  async #runPlanned(job: Job, inputs: ExpandedInputs): Promise<JobReport> {
    const options = this.#options
    const { clock } = this.#seams
    const params = resolveParams(job.params, options.params, options.jobName)
    refuseOverlap(inputs, options.output, shown(options.output))
    const work = planWork({
      inputs,
      mapOnly: job.reduce === undefined,
      reducers: options.reducers,
      workers: options.workers,
      memoryBytes: options.memoryBytes,
      splitBytes: options.splitBytes,
      splittable: job.input?.input !== 'wholeFile',
      limits: this.#seams.limits,
    })
    this.#work = work
    const scratch = await Scratch.create(this.#tag, this.#seams.scratchBase, this.#seams.disk)
    this.#scratch = scratch
    const committer = await this.#makeCommitter(scratch)
    this.#committer = committer
    await committer.prepare()
    this.#throwIfCancelled()
    const slots = await this.#slots(
      work.slots,
      inputs.files.some((file) => file.kind === 'dfs'),
    )
    const plan: JobPlan = {
      jobId: this.#jobId,
      moduleUrl: toFileUrl(options.moduleUrl),
      params,
      files: inputs.files,
      reducers: work.reducers,
      memoryBytes: work.memoryBytesPerSlot,
      scratch: scratch.directory,
      checked: options.checked ?? false,
      ...(options.format === undefined ? {} : { format: options.format }),
    }
    const plannedMs = clock()
    const runner = this.#startTasks(work, plan, slots, committer, scratch)
    let mapsDoneMs = plannedMs
    this.#onMapsDone = () => {
      mapsDoneMs = clock()
      this.#enter('reduce')
    }
    this.#enter('map')
    await this.#withProgress(() => runner.run())
    const tasksDoneMs = clock()
    await this.#pool?.close()
    await runner.settled()
    this.#enter('commit')
    this.#throwIfCancelled()
    await committer.commitJob(work.parts)
    const committedMs = clock()
    // Committed is committed: what follows is housekeeping and can't turn success into failure of the output.
    const left = await this.#cleanUp()
    this.#enter('done')
    const startMs = this.#startMs
    return jobReport({
      jobId: this.#jobId,
      jobName: options.jobName,
      outputPath: committer.shownPath,
      files: inputs.files.length,
      work,
      memoryBytes: options.memoryBytes,
      runner,
      startMs,
      times: {
        planMs: plannedMs - startMs,
        mapMs: mapsDoneMs - plannedMs,
        reduceMs: tasksDoneMs - mapsDoneMs,
        commitMs: committedMs - tasksDoneMs,
        totalMs: clock() - startMs,
      },
      notes: [...this.#badReplicas.values(), ...(left === undefined ? [] : [left])],
    })
  }

  #onMapsDone: () => void = () => undefined
  readonly #badReplicas = new Map<string, string>()

  #startTasks(
    work: WorkPlan,
    plan: JobPlan,
    slots: readonly ScheduleSlot[],
    committer: OutputCommitter,
    scratch: Scratch,
  ): TaskRunner {
    const { limits, worker, clock } = this.#seams
    const pool = new WorkerPool({
      plan,
      slots: slots.map((slot) => slot.node),
      module: worker,
      heapMiB: limits.workerHeapMiB,
      watchdog: {
        timeoutMs: limits.taskTimeoutMs,
        startMs: limits.threadStartMs,
        intervalMs: Math.min(limits.watchdogIntervalMs, limits.taskTimeoutMs / 4),
      },
      onStatus: (_slot, text) => {
        this.#status = text
      },
    })
    this.#pool = pool
    this.#seams.poolStarted(pool)
    const runner = new TaskRunner({
      work,
      files: plan.files,
      slots,
      pool,
      committer,
      scratch,
      limits,
      clock,
      signal: this.#options.signal,
      reportBad: (bad) => this.#reportBad(bad),
      onMapsDone: () => this.#onMapsDone(),
    })
    this.#runner = runner
    return runner
  }

  /** Told once a replica: while the DFS repairs it, other tasks still meet it, by then perhaps as missing. */
  async #reportBad(bad: readonly BadReplica[]): Promise<void> {
    const fresh: BadReplica[] = []
    for (const replica of bad) {
      const { block, datanode, reason, detail } = replica
      const key = `${block} on ${datanode}`
      if (this.#badReplicas.has(key)) continue
      this.#badReplicas.set(key, `A replica of block ${key} was bad (${reason}: ${detail}); another was read.`)
      fresh.push(replica)
    }
    if (fresh.length > 0) await (await this.#openDfs()).reportBad(fresh)
  }

  /** Worker slots go round the datanodes, so that every datanode's blocks have a near slot. */
  async #slots(count: number, dfsInput: boolean): Promise<ScheduleSlot[]> {
    const datanodes = dfsInput ? (await this.#openDfs()).datanodes : []
    return Array.from({ length: count }, (_, slot) => {
      const datanode = datanodes[slot % Math.max(1, datanodes.length)]
      return { node: datanode?.id ?? '', rack: datanode?.rack ?? '' }
    })
  }

  async #makeCommitter(scratch: Scratch): Promise<OutputCommitter> {
    const { output, overwrite } = this.#options
    if (output.kind === 'dfs') {
      return new DfsCommitter({
        dfs: await this.#openDfs(),
        output: output.path,
        shownPath: shown(output),
        overwrite,
        scratch: scratch.directory,
      })
    }
    return new LocalCommitter({
      output: path.resolve(output.path),
      shownPath: shown(output),
      overwrite,
      tag: this.#tag,
      disk: this.#seams.disk,
      record: (record) => scratch.record(record),
    })
  }

  async #sweep(): Promise<void> {
    await sweepScratch(this.#seams.scratchBase, this.#seams.disk)
    const { output } = this.#options
    if (output.kind === 'local') await settleSiblings(this.#seams.disk, path.resolve(output.path), ownerIsDead)
  }

  #openDfs(): Promise<Dfs> {
    this.#dfs ??= this.#options.openDfs()
    return this.#dfs
  }

  async #withProgress(work: () => Promise<void>): Promise<void> {
    if (this.#options.onProgress === undefined) return await work()
    const timer = setInterval(() => this.#report(), this.#seams.limits.progressIntervalMs)
    try {
      await work()
    } finally {
      clearInterval(timer)
    }
  }

  #enter(phase: JobProgress['phase']): void {
    this.#phase = phase
    this.#report()
  }

  #report(): void {
    const { onProgress } = this.#options
    if (onProgress === undefined || this.#runner === undefined || this.#pool === undefined || this.#work === undefined)
      return
    onProgress(
      jobProgress({
        phase: this.#phase,
        mapsTotal: this.#work.splits.length,
        reducesTotal: this.#work.reducers,
        inputBytes: this.#work.inputBytes,
        elapsedMs: this.#seams.clock() - this.#startMs,
        status: this.#status,
        runner: this.#runner,
        pool: this.#pool,
      }),
    )
  }

  /** Threads first, so that nobody writes into what is removed. Returns what could not be done, for a person. */
  async #cleanUp(): Promise<string | undefined> {
    const steps: (() => Promise<void> | undefined)[] = [
      () => this.#pool?.close(),
      () => this.#runner?.settled(),
      () => this.#committer?.close(),
      () => this.#scratch?.remove(),
    ]
    const failures: string[] = []
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
      }
    }
    return failures.length === 0 ? undefined : `Temporary data could not all be removed: ${failures.join('; ')}`
  }

  #throwIfCancelled(): void {
    if (this.#options.signal?.aborted === true) throw new MrError('MR_CANCELLED', 'The job was cancelled.')
  }
}

function alsoLeft(error: unknown, left: string): unknown {
  if (!(error instanceof MrError)) return error
  return new MrError(error.code, `${error.message}\n${left}`, { cause: error.cause ?? error })
}

function shown({ kind, path: where }: DataPath): string {
  return kind === 'dfs' ? `dfs:${where}` : where
}

function toFileUrl(moduleUrl: string): string {
  return moduleUrl.startsWith('file:') ? moduleUrl : pathToFileURL(moduleUrl).href
}

/** The module's top level runs here too: the master needs `params`, and whether there is a `reduce`. */
async function importJob(moduleUrl: string, jobName: string): Promise<Job> {
  let module: Readonly<Record<string, unknown>>
  try {
    module = await import(toFileUrl(moduleUrl))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new MrError('MR_BAD_JOB', `The job ${jobName} can't be loaded: ${message}`, { cause: error })
  }
  const job = module['default']
  const problem = jobProblem(module)
  if (problem === undefined && isJob(job)) return job
  throw new MrError('MR_BAD_JOB', `The job ${jobName} can't be run: ${problem}`)
}
