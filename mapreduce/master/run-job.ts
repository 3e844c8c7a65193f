import path from 'node:path'
import type { Dfs } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import type { Job } from '../job.ts'
import type { OutputCommitter } from '../output/commit.ts'
import { settleSiblings } from '../output/recover.ts'
import { cutKeys, isNamedPartition } from '../shuffle/range.ts'
import { BadReplicas } from './bad-replicas.ts'
import { explanationOf, type JobExplanation } from './explain.ts'
import { checkInputNames, inputOf } from './input-names.ts'
import { type ExpandedInputs, expandInputs } from './inputs.ts'
import { jobId } from './job-id.ts'
import { importJob, toFileUrl } from './job-module.ts'
import type { JobReport, RunJobOptions } from './job-options.ts'
import { checkAlike, heldFirst, wholeFiles } from './join-inputs.ts'
import { hotKeyNotes, hotKeys, sampleSegments } from './join-sample.ts'
import { decideJoin, type JoinDecision, partitionedInstead } from './join-strategy.ts'
import { resolveParams } from './load-params.ts'
import { committerFor, shown } from './output-place.ts'
import { ownerIsDead, ownerTag } from './owner.ts'
import { planWork, refuseOverlap, type WorkPlan } from './plan.ts'
import { WorkerPool } from './pool.ts'
import { type PreparationOptions, prepare } from './preparation.ts'
import { ProgressTeller } from './progress.ts'
import { rangeSampleSegments } from './range-sample.ts'
import { jobReport } from './report.ts'
import type { ScheduleSlot } from './schedule-events.ts'
import { Scratch, sweepScratch } from './scratch.ts'
import { fillSeams, type MasterSeams } from './seams.ts'
import type { BroadcastTable, EncodedKey, HotKey, InputFile, JobPlan } from './task.ts'
import { TaskRunner } from './task-runner.ts'

export type { InputExplanation, JobExplanation, StageExplanation } from './explain.ts'
export type { DataPath, InputPath, JobProgress, JobReport, RunJobOptions, TaskTiming } from './job-options.ts'
export type { MasterSeams } from './seams.ts'

/**
 * Runs a job from its input to its committed output. Resolves when the output is durable and visible; rejects with an
 * `MrError` (or a `DfsError` of the DFS behind the input) when it is not, and then nothing of it is left: no output, no
 * temporary file, no thread. What processes that were killed left behind is cleared up at the start. The DFS that
 * `openDfs` gives stays open; it is the caller's.
 */
export async function runJob(options: RunJobOptions, seams: Partial<MasterSeams> = {}): Promise<JobReport> {
  return await new JobRun(options, fillSeams(seams, options)).run()
}

/** What `runJob` would do with the same options, without doing any of it: nothing is written, made or swept. */
export async function explainJob(options: RunJobOptions, seams: Partial<MasterSeams> = {}): Promise<JobExplanation> {
  return await new JobRun(options, fillSeams(seams, options)).explain()
}

/** What a run has opened, in the order it is to be closed: threads first, so that nobody writes into what is removed. */
interface Opened {
  progress?: ProgressTeller
  pool?: WorkerPool
  runner?: TaskRunner
  committer?: OutputCommitter
  scratch?: Scratch
}

/** What is to be done, before anything is opened. */
interface Planned {
  readonly params: JobPlan['params']
  readonly inputs: ExpandedInputs
  readonly work: WorkPlan
  readonly join: JoinDecision | undefined
}

interface Prepared extends Planned {
  readonly plan: JobPlan
  readonly slots: readonly ScheduleSlot[]
  readonly pool: WorkerPool
  /** The broadcast side of a join. */
  readonly table: BroadcastTable | undefined
  /** Keys of a join that get more than one partition. */
  readonly hot: readonly HotKey[]
  /** Where ranges of keys are cut. */
  readonly cuts: readonly EncodedKey[] | undefined
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
  readonly #jobId = jobId()
  readonly #tag = ownerTag()
  readonly #opened: Opened = {}
  readonly #badReplicas = new BadReplicas(() => this.#openDfs())
  readonly #strays = new Set<string>()
  readonly #notes: string[] = []
  #dfs: Promise<Dfs> | undefined

  constructor(options: RunJobOptions, seams: MasterSeams) {
    this.#options = options
    this.#seams = seams
    this.#startMs = seams.clock()
  }

  async run(): Promise<JobReport> {
    try {
      this.#throwIfCancelled()
      const { job, inputs } = await this.#look()
      const params = resolveParams(job.params, this.#options.params, this.#options.jobName)
      const planned = this.#plan(job, inputs, params)
      const places = await this.#makePlaces()
      this.#throwIfCancelled()
      return await this.#execute(await this.#prepare(planned, job, places), places)
    } catch (error) {
      const left = await this.#close()
      const cancelled = this.#options.signal?.aborted === true && !(error instanceof MrError)
      const cause = cancelled ? new MrError('MR_CANCELLED', 'The job was cancelled.', { cause: error }) : error
      throw left === undefined ? cause : alsoLeft(cause, left)
    }
  }

  async explain(): Promise<JobExplanation> {
    const { moduleUrl, jobName, inputs: given, signal } = this.#options
    const job = await importJob(moduleUrl, jobName)
    const inputs = await expandInputs(given, () => this.#openDfs(), signal)
    checkInputNames(job, given, jobName)
    const planned = this.#plan(job, inputs, resolveParams(job.params, this.#options.params, jobName))
    return explanationOf({ ...planned, job, options: this.#options })
  }

  /** All three are waited for even if one fails, so that nothing of this job goes on behind its error. */
  async #look(): Promise<{ job: Job; inputs: ExpandedInputs }> {
    const { moduleUrl, jobName, inputs: given, signal } = this.#options
    const [job, inputs, swept] = await Promise.allSettled([
      importJob(moduleUrl, jobName),
      expandInputs(given, () => this.#openDfs(), signal),
      this.#sweep(),
    ])
    if (job.status === 'rejected') throw job.reason
    if (inputs.status === 'rejected') throw inputs.reason
    if (swept.status === 'rejected') throw swept.reason
    checkInputNames(job.value, given, jobName)
    return { job: job.value, inputs: inputs.value }
  }

  async #sweep(): Promise<void> {
    const { scratchBase, disk } = this.#seams
    await sweepScratch(scratchBase, disk)
    const { output } = this.#options
    if (output.kind === 'local') await settleSiblings(disk, path.resolve(output.path), ownerIsDead)
  }

  #plan(job: Job, inputs: ExpandedInputs, params: JobPlan['params']): Planned {
    const { output } = this.#options
    refuseOverlap(inputs, output, shown(output))
    const join = job.join === undefined ? undefined : decideJoin(job.join, inputs.files, this.#seams.limits)
    return this.#planAs(join, job, inputs, params)
  }

  #planAs(join: JoinDecision | undefined, job: Job, given: ExpandedInputs, params: JobPlan['params']): Planned {
    const { reducers, workers, memoryBytes, splitBytes } = this.#options
    const inputs = join === undefined ? given : heldFirst(given, join)
    const work = planWork({
      inputs,
      mapOnly: job.reduce === undefined && job.join === undefined,
      reducers,
      workers,
      memoryBytes,
      splitBytes,
      splittable: (file) => splittable(job, file),
      join,
      limits: this.#seams.limits,
    })
    return { params, inputs, work, join }
  }

  async #makePlaces(): Promise<Places> {
    const { output, overwrite } = this.#options
    const { scratchBase, disk } = this.#seams
    const scratch = await Scratch.create(this.#tag, scratchBase, disk)
    this.#opened.scratch = scratch
    const openDfs = (): Promise<Dfs> => this.#openDfs()
    const committer = await committerFor({ output, overwrite, tag: this.#tag, scratch, disk, openDfs })
    this.#opened.committer = committer
    await committer.prepare()
    return { scratch, committer }
  }

  #jobPlan({ params, inputs: { files }, work, join }: Planned, scratch: Scratch): JobPlan {
    const { moduleUrl, checked, format } = this.#options
    return {
      jobId: this.#jobId,
      moduleUrl: toFileUrl(moduleUrl),
      params,
      files,
      reducers: work.reducers,
      memoryBytes: work.memoryBytesPerSlot,
      scratch: scratch.directory,
      checked: checked ?? false,
      ...(format === undefined ? {} : { format }),
      ...(join === undefined ? {} : { join: { strategy: join.strategy, held: join.held } }),
    }
  }

  /** Starts the threads; has the side of a broadcast join read, and plans anew when it turns out too large for that. */
  async #prepare(planned: Planned, job: Job, { scratch }: Pick<Places, 'scratch'>): Promise<Prepared> {
    const { limits } = this.#seams
    const { join, work } = planned
    const plan = this.#jobPlan(planned, scratch)
    const slots = await this.#slots(work.slots, plan)
    const pool = this.#startPool(plan, slots)
    const prepared = { ...planned, plan, slots, pool, table: undefined, hot: [], cuts: undefined }
    const options: PreparationOptions = {
      pool,
      attemptsMax: limits.taskAttemptsMax,
      signal: this.#options.signal,
      reportBad: (bad) => this.#badReplicas.report(bad),
    }
    const task = { task: 0, outputFile: path.join(scratch.directory, 'preparation') }
    if (join === undefined) {
      const byRange = isNamedPartition(job.partition) && job.partition.partition === 'range'
      if (!byRange || work.reducers < 2) return prepared
      const segments = rangeSampleSegments(plan.files, (index) => splittable(job, plan.files[index]))
      const { keys = [] } = await prepare((attempt) => ({ ...task, kind: 'range-sample', attempt, segments }), options)
      return { ...prepared, cuts: cutKeys(keys, work.reducers) }
    }
    if (join.strategy !== 'broadcast') {
      const segments = work.reducers > 1 && job.join !== undefined ? sampleSegments(job.join.type, plan.files) : []
      if (segments.length === 0) return prepared
      const { samples = [] } = await prepare((attempt) => ({ ...task, kind: 'sample', attempt, segments }), options)
      return { ...prepared, hot: hotKeys(samples, work.reducers) }
    }
    const segments = wholeFiles(plan.files, join.held)
    const { broadcastTableBytesMax: tableBytesMax } = limits
    const { table } = await prepare(
      (attempt) => ({ ...task, kind: 'broadcast', attempt, segments, tableBytesMax }),
      options,
    )
    if (table !== undefined && table !== 'too large') return { ...prepared, table }
    await pool.close()
    const instead = partitionedInstead(join, tableBytesMax)
    this.#notes.push(`The join was to be broadcast, but ${instead.why}, so the join was partitioned.`)
    return await this.#prepare(this.#planAs(instead, job, planned.inputs, planned.params), job, { scratch })
  }

  async #execute(prepared: Prepared, { committer, scratch }: Places): Promise<JobReport> {
    const { work, plan, join, pool } = prepared
    const { clock } = this.#seams
    const plannedMs = clock()
    let mapsDoneMs = plannedMs
    const { progress, runner } = this.#start(prepared, { committer, scratch }, () => {
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
    await committer.commitJob(work.parts)
    const committedMs = clock()
    // Committed is committed: what follows is housekeeping and can't turn success into failure.
    const left = await this.#close()
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
      notes: [
        ...this.#notes,
        ...hotKeyNotes(prepared.hot),
        ...this.#badReplicas.notes,
        ...this.#strays,
        ...(left === undefined ? [] : [left]),
      ],
    })
  }

  #startPool(plan: JobPlan, slots: readonly ScheduleSlot[]): WorkerPool {
    const { limits, worker, poolStarted } = this.#seams
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

  #start(prepared: Prepared, places: Places, onMapsDone: () => void): { progress: ProgressTeller; runner: TaskRunner } {
    const { work, plan, slots, pool, table, hot, cuts } = prepared
    const { limits, clock } = this.#seams
    const { signal, onProgress } = this.#options
    const reportBad: BadReplicas['report'] = (bad) => this.#badReplicas.report(bad)
    const { files } = plan
    const runner = new TaskRunner({
      ...places,
      work,
      slots,
      table,
      hot,
      cuts,
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

  /** Ends and removes everything that is not committed output. Returns what could not be done, for a person. */
  async #close(): Promise<string | undefined> {
    const { progress, pool, runner, committer, scratch } = this.#opened
    const steps: (() => Promise<void> | undefined | void)[] = [
      () => progress?.close(),
      () => pool?.close(),
      () => runner?.settled(),
      () => committer?.close(),
      () => scratch?.remove(),
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

function splittable(job: Job, file: InputFile | undefined): boolean {
  return inputOf(job, file?.input)?.input?.input !== 'wholeFile'
}

function alsoLeft(error: unknown, left: string): unknown {
  if (!(error instanceof MrError)) return error
  return new MrError(error.code, `${error.message}\n${left}`, { cause: error.cause ?? error })
}
