import path from 'node:path'
import type { Dfs } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import type { Job } from '../job.ts'
import type { OutputCommitter } from '../output/commit.ts'
import { settleSiblings } from '../output/recover.ts'
import { skippedName } from '../output/skipped-records.ts'
import { BadReplicas } from './bad-replicas.ts'
import { explanationOf, type JobExplanation } from './explain.ts'
import { withFetchedInputs, withFetching } from './fetched-run.ts'
import { findOut, type Preparation } from './find-out.ts'
import { checkInputNames } from './input-names.ts'
import { type ExpandedInputs, expandInputs } from './inputs.ts'
import { jobId } from './job-id.ts'
import { limitsOf } from './job-limits.ts'
import { importJob } from './job-module.ts'
import type { JobReport, RunJobOptions } from './job-options.ts'
import { jobPlanOf } from './job-plan.ts'
import { checkAlike } from './join-inputs.ts'
import { hotKeyNotes } from './join-sample.ts'
import type { MasterLimits } from './limits.ts'
import { resolveParams } from './load-params.ts'
import { closeOpened, type Opened } from './opened.ts'
import { committerFor } from './output-place.ts'
import { ownerIsDead, ownerTag } from './owner.ts'
import type { WorkPlan } from './plan.ts'
import { type Planned, planJob, planJobAs } from './plan-job.ts'
import { WorkerPool } from './pool.ts'
import { ProgressTeller } from './progress.ts'
import { jobReport } from './report.ts'
import { noResumption, type Resumption, resumption } from './resumption.ts'
import type { RunStage, StageRunner } from './run-stage.ts'
import type { ScheduleSlot } from './schedule-events.ts'
import { Scratch, sweepScratch } from './scratch.ts'
import { fillSeams, type MasterSeams } from './seams.ts'
import { readSides } from './side-data.ts'
import type { JobPlan } from './task.ts'
import { TaskRunner } from './task-runner.ts'
import { alsoLeft } from './what-is-left.ts'

export type { InputExplanation, JobExplanation, StageExplanation } from './explain.ts'
export type {
  DataPath,
  InputPath,
  JobProgress,
  JobReport,
  RunJobOptions,
  StageReport,
  TaskTiming,
} from './job-options.ts'
export type { MasterSeams } from './seams.ts'

/**
 * Runs a job from its input to its committed output. Resolves when the output is durable and visible; rejects with an
 * `MrError` (or a `DfsError` of the DFS behind the input) when it is not, and then nothing of it is left: no output, no
 * temporary file, no thread. What processes that were killed left behind is cleared up at the start. The DFS that
 * `openDfs` gives stays open; it is the caller's.
 */
export async function runJob(options: RunJobOptions, seams: Partial<MasterSeams> = {}): Promise<JobReport> {
  const filled = fillSeams(seams)
  const run: StageRunner = (given, own, stage) => new JobRun(given, own, stage).run()
  const runHere = async (given: RunJobOptions): Promise<JobReport> => {
    const { flow } = await importJob(given.moduleUrl, given.jobName)
    if (flow === undefined) return await new JobRun(given, filled).run()
    return await (await import('./run-flow.ts')).runFlow(given, filled, run)
  }
  return await withFetchedInputs(options, filled, runHere, withFetching)
}

/**
 * What `runJob` would do with the same options, without doing it: nothing is written, made or swept. A job with a reduce
 * has `map` called for a sample of the input, for its hot keys. Input elsewhere is fetched for it, and removed.
 */
export async function explainJob(options: RunJobOptions, seams: Partial<MasterSeams> = {}): Promise<JobExplanation> {
  const filled = fillSeams(seams)
  const explainHere = async (given: RunJobOptions): Promise<JobExplanation> => {
    const { flow } = await importJob(given.moduleUrl, given.jobName)
    if (flow === undefined) return await new JobRun(given, filled).explain()
    return await (await import('./explain-flow.ts')).explainFlow(given, filled)
  }
  return await withFetchedInputs(options, filled, explainHere, (explanation) => explanation)
}

interface Prepared extends Planned, Preparation {
  readonly plan: JobPlan
  readonly slots: readonly ScheduleSlot[]
  readonly pool: WorkerPool
}

interface Places {
  readonly scratch: Scratch
  readonly committer: OutputCommitter
}

/** One run of `runJob`, step by step. */
class JobRun {
  readonly #options: RunJobOptions
  readonly #seams: MasterSeams
  readonly #startMs: number
  /** The job's own once it is loaded. */
  #limits: MasterLimits
  readonly #jobId = jobId()
  readonly #tag = ownerTag()
  readonly #opened: Opened = {}
  readonly #badReplicas = new BadReplicas(() => this.#openDfs())
  readonly #strays = new Set<string>()
  readonly #notes: string[] = []
  readonly #stage: RunStage | undefined
  #dfs: Promise<Dfs> | undefined

  constructor(options: RunJobOptions, seams: MasterSeams, stage?: RunStage) {
    this.#options = options
    this.#stage = stage
    this.#seams = seams
    this.#limits = seams.limits
    this.#startMs = seams.clock()
  }

  async run(): Promise<JobReport> {
    try {
      this.#throwIfCancelled()
      const { job, inputs, sides } = await this.#look()
      this.#limits = limitsOf(this.#seams.limits, job.limits, this.#options)
      const params = resolveParams(job.params, this.#options.params, this.#options.jobName)
      const planned = await planJob(job, this.#options, this.#limits, { params, sides, inputs })
      const places = await this.#makePlaces()
      this.#throwIfCancelled()
      return await this.#execute(await this.#prepare(planned, job, places), places)
    } catch (error) {
      const wasCancelled = this.#options.signal?.aborted === true
      const left = await closeOpened(this.#opened, !wasCancelled)
      const cancelled = wasCancelled && !(error instanceof MrError)
      const cause = cancelled ? new MrError('MR_CANCELLED', 'The job was cancelled.', { cause: error }) : error
      throw left === undefined ? cause : alsoLeft(cause, left)
    }
  }

  async explain(): Promise<JobExplanation> {
    const { moduleUrl, jobName, inputs: given, signal } = this.#options
    const job = await importJob(moduleUrl, jobName)
    const inputs = await expandInputs(given, () => this.#openDfs(), signal)
    checkInputNames(job, given, jobName)
    const params = resolveParams(job.params, this.#options.params, jobName)
    const limits = limitsOf(this.#seams.limits, job.limits, this.#options)
    this.#limits = limits
    const planned = await planJob(job, this.#options, limits, { params, sides: [], inputs })
    const { explainSkew } = await import('./explain-skew.ts')
    return await explainSkew(explanationOf({ ...planned, job, options: this.#options }), {
      job,
      planned,
      limits,
      signal,
      plan: async () => {
        const sides = await this.#readSides()
        return this.#jobPlan({ ...planned, sides }, path.join(this.#seams.scratchBase, 'none'))
      },
      startPool: (plan) => this.#startPool(plan, [{ node: '', rack: '' }]),
    })
  }

  /** All are waited for even if one fails, so that nothing of this job goes on behind its error. */
  async #look(): Promise<{ job: Job; inputs: ExpandedInputs; sides: JobPlan['sides'] }> {
    const { moduleUrl, jobName, inputs: given, signal } = this.#options
    if (this.#stage !== undefined) {
      const { job, inputs } = this.#stage
      return { job, inputs, sides: await this.#readSides() }
    }
    const [job, inputs, sides, swept] = await Promise.allSettled([
      importJob(moduleUrl, jobName),
      expandInputs(given, () => this.#openDfs(), signal),
      this.#readSides(),
      this.#sweep(),
    ])
    if (job.status === 'rejected') throw job.reason
    if (inputs.status === 'rejected') throw inputs.reason
    if (sides.status === 'rejected') throw sides.reason
    if (swept.status === 'rejected') throw swept.reason
    checkInputNames(job.value, given, jobName)
    return { job: job.value, inputs: inputs.value, sides: sides.value }
  }

  #readSides(): Promise<JobPlan['sides']> {
    return readSides(this.#options.sides ?? {}, () => this.#openDfs(), this.#options.openRemote)
  }

  async #sweep(): Promise<void> {
    const { scratchBase, disk } = this.#seams
    await sweepScratch(scratchBase, disk)
    const { output } = this.#options
    if (output.kind === 'local') await settleSiblings(disk, path.resolve(output.path), ownerIsDead)
  }

  async #makePlaces(): Promise<Places> {
    const { output, overwrite, openRemote } = this.#options
    const { scratchBase, disk } = this.#seams
    const scratch = await Scratch.create(this.#tag, scratchBase, disk)
    this.#opened.scratch = scratch
    const openDfs = (): Promise<Dfs> => this.#openDfs()
    const place = { output, overwrite, tag: this.#tag, scratch, disk, openDfs, openRemote }
    const committer = this.#stage?.committer ?? (await committerFor(place))
    this.#opened.committer = committer
    if (this.#stage?.committer === undefined) await committer.prepare()
    return { scratch, committer }
  }

  #jobPlan(planned: Planned, scratch: string): JobPlan {
    return jobPlanOf(planned, this.#options, { jobId: this.#jobId, scratch, stage: this.#stage?.number })
  }

  /** Starts the threads and finds out what the maps need; plans anew when a side is too large to be broadcast. */
  async #prepare(planned: Planned, job: Job, { scratch }: Pick<Places, 'scratch'>): Promise<Prepared> {
    const plan = this.#jobPlan(planned, scratch.directory)
    const slots = await this.#slots(planned.work.slots, plan)
    const pool = this.#startPool(plan, slots)
    const preparation = await findOut(job, planned, plan, this.#limits, {
      pool,
      attemptsMax: this.#limits.taskAttemptsMax,
      signal: this.#options.signal,
      reportBad: (bad) => this.#badReplicas.report(bad),
    })
    if (!('instead' in preparation)) return { ...planned, ...preparation, plan, slots, pool }
    await pool.close()
    const { instead } = preparation
    this.#notes.push(`The join was to be broadcast, but ${instead.why}, so the join was partitioned.`)
    return await this.#prepare(await planJobAs(instead, job, this.#options, this.#limits, planned), job, { scratch })
  }

  async #execute(prepared: Prepared, { committer, scratch }: Places): Promise<JobReport> {
    const { work, plan, join, pool } = prepared
    const { clock } = this.#seams
    const resume = await this.#resume(prepared)
    const plannedMs = clock()
    let mapsDoneMs = plannedMs
    const { progress, runner } = this.#start({ ...prepared, committer, scratch, resume }, () => {
      mapsDoneMs = clock()
      progress.enter(work.reducers === 0 ? 'map' : 'reduce')
    })
    progress.enter('map')
    await runner.run()
    const tasksDoneMs = clock()
    if (join?.strategy === 'merge') checkAlike(runner.results)
    await pool.close()
    await runner.settled()
    progress.enter('commit')
    this.#throwIfCancelled()
    const kept = await this.#keepSkipped(runner, committer, work)
    const named = runner.results.namedParts(work.parts, work.reducers === 0 ? 'map' : 'reduce')
    await committer.commitJob([...work.parts, ...named, ...kept])
    const committedMs = clock()
    // Committed is committed: what follows is housekeeping and can't turn success into failure.
    const left = await closeOpened(this.#opened)
    progress.enter('done')
    return jobReport({
      jobId: this.#jobId,
      jobName: this.#options.jobName,
      outputPath: committer.shownPath,
      files: plan.files.length,
      work,
      join,
      memoryBytes: this.#options.memoryBytes,
      runner,
      startMs: this.#startMs,
      times: {
        planMs: plannedMs - this.#startMs,
        mapMs: mapsDoneMs - plannedMs,
        reduceMs: tasksDoneMs - mapsDoneMs,
        commitMs: committedMs - tasksDoneMs,
        totalMs: clock() - this.#startMs,
      },
      resumed: resume.maps.size,
      notes: [
        ...resume.notes,
        ...this.#notes,
        ...hotKeyNotes(prepared.hot),
        ...this.#badReplicas.notes,
        ...this.#strays,
        ...(left === undefined ? [] : [left]),
      ],
    })
  }

  async #keepSkipped(runner: TaskRunner, committer: OutputCommitter, work: WorkPlan): Promise<string[]> {
    const files = runner.results.skippedFiles(work.splits.length)
    if (files.length === 0) return []
    await committer.keep(skippedName, files)
    return [skippedName]
  }

  async #resume({ plan, work }: Prepared): Promise<Resumption> {
    if (this.#options.resume !== true) return noResumption
    const { disk, scratchBase: base } = this.#seams
    return await resumption(plan, work, { base, disk })
  }

  #startPool(plan: JobPlan, slots: readonly ScheduleSlot[]): WorkerPool {
    const { worker, poolStarted } = this.#seams
    const limits = this.#limits
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
        if (this.#opened.progress !== undefined) this.#opened.progress.status = text
      },
      onStray: (message) => this.#strays.add(`Code that a task left running failed between tasks: ${message}`),
    })
    this.#opened.pool = pool
    poolStarted(pool)
    return pool
  }

  #start(
    given: Prepared & Places & { readonly resume: Resumption },
    onMapsDone: () => void,
  ): { progress: ProgressTeller; runner: TaskRunner } {
    const { work, plan, slots, pool, table, hot, cuts, committer, scratch, resume } = given
    const { clock } = this.#seams
    const limits = this.#limits
    const { signal, onProgress } = this.#options
    const reportBad: BadReplicas['report'] = (bad) => this.#badReplicas.report(bad)
    const { files, skipBad } = plan
    const runner = new TaskRunner({
      committer,
      scratch,
      work,
      slots,
      table,
      hot,
      cuts,
      skipBad,
      resumed: resume.maps,
      onRun: resume.onRun,
      files,
      pool,
      limits,
      clock,
      signal,
      reportBad,
      onMapsDone,
    })
    this.#opened.runner = runner
    const elapsedMs = (): number => clock() - this.#startMs
    const intervalMs = limits.progressIntervalMs
    const progress = new ProgressTeller({ tell: onProgress, intervalMs, elapsedMs, work, runner, pool })
    this.#opened.progress = progress
    return { progress, runner }
  }

  /** Worker slots go round the datanodes, so that every datanode's blocks have a near slot. */
  async #slots(count: number, plan: JobPlan): Promise<ScheduleSlot[]> {
    const fromDfs = plan.files.some((file) => file.kind === 'dfs')
    const datanodes = fromDfs ? (await this.#openDfs()).datanodes : []
    return Array.from({ length: count }, (_, slot) => {
      const datanode = datanodes[slot % Math.max(1, datanodes.length)]
      return { node: datanode?.id ?? '', rack: datanode?.rack ?? '' }
    })
  }

  #openDfs(): Promise<Dfs> {
    this.#dfs ??= this.#options.openDfs()
    return this.#dfs
  }

  #throwIfCancelled(): void {
    if (this.#options.signal?.aborted === true) throw new MrError('MR_CANCELLED', 'The job was cancelled.')
  }
}
