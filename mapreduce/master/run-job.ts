import path from 'node:path'
import type { Dfs } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { type FileShape, needsInspection, shapeOf } from '../input/file-shape.ts'
import { text } from '../input/format.ts'
import { shareQuotes } from '../input/quote-table.ts'
import type { Job } from '../job.ts'
import type { OutputCommitter } from '../output/commit.ts'
import { settleSiblings } from '../output/recover.ts'
import { skippedName } from '../output/skipped-records.ts'
import { BadReplicas } from './bad-replicas.ts'
import { type ExpandedInputs, expandInputs } from './inputs.ts'
import { jobId } from './job-id.ts'
import { limitsOf } from './job-limits.ts'
import { importJob, toFileUrl } from './job-module.ts'
import type { JobReport, RunJobOptions } from './job-options.ts'
import { beginKeeping, KEPT_DAYS, type Kept, noteFinished, takeOver } from './kept-maps.ts'
import type { MasterLimits } from './limits.ts'
import { resolveParams } from './load-params.ts'
import { committerFor, shown } from './output-place.ts'
import { ownerIsDead, ownerTag } from './owner.ts'
import { planWork, refuseOverlap, type WorkPlan } from './plan.ts'
import { WorkerPool } from './pool.ts'
import { ProgressTeller } from './progress.ts'
import { jobReport } from './report.ts'
import { resumeKey } from './resume-key.ts'
import type { ScheduleSlot } from './schedule-events.ts'
import { Scratch, sweepScratch } from './scratch.ts'
import { fillSeams, type MasterSeams } from './seams.ts'
import { readSides } from './side-data.ts'
import type { JobPlan, TaskDone } from './task.ts'
import { TaskRunner } from './task-runner.ts'

export type { DataPath, JobProgress, JobReport, RunJobOptions, TaskTiming } from './job-options.ts'
export type { MasterSeams } from './seams.ts'

/**
 * Runs a job from its input to its committed output. Resolves when the output is durable and visible; rejects with an
 * `MrError` (or a `DfsError` of the DFS behind the input) when it is not, and then nothing of it is left: no output, no
 * temporary file, no thread. What processes that were killed left behind is cleared up at the start. The DFS that
 * `openDfs` gives stays open; it is the caller's.
 */
export async function runJob(options: RunJobOptions, seams: Partial<MasterSeams> = {}): Promise<JobReport> {
  return await new JobRun(options, fillSeams(seams)).run()
}

interface Resumption {
  readonly maps: ReadonlyMap<number, TaskDone>
  readonly notes: readonly string[]
  readonly onRun: (map: number, runFile: string, result: TaskDone) => Promise<void>
}

/** What a run has opened, in the order it is to be closed: threads first, so that nobody writes into what is removed. */
interface Opened {
  progress?: ProgressTeller
  pool?: WorkerPool
  runner?: TaskRunner
  committer?: OutputCommitter
  scratch?: Scratch
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
  #dfs: Promise<Dfs> | undefined

  constructor(options: RunJobOptions, seams: MasterSeams) {
    this.#options = options
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
      const work = this.#plan(job, inputs, await this.#shapes(job, inputs))
      const { scratch, committer } = await this.#makePlaces()
      this.#throwIfCancelled()
      return await this.#execute(work, this.#jobPlan(params, sides, inputs, work, scratch), committer, scratch)
    } catch (error) {
      const wasCancelled = this.#options.signal?.aborted === true
      const left = await this.#close(!wasCancelled)
      const cancelled = wasCancelled && !(error instanceof MrError)
      const cause = cancelled ? new MrError('MR_CANCELLED', 'The job was cancelled.', { cause: error }) : error
      throw left === undefined ? cause : alsoLeft(cause, left)
    }
  }

  /** All are waited for even if one fails, so that nothing of this job goes on behind its error. */
  async #look(): Promise<{ job: Job; inputs: ExpandedInputs; sides: JobPlan['sides'] }> {
    const { moduleUrl, jobName, inputs: given, signal, sides: asked } = this.#options
    const [job, inputs, sides, swept] = await Promise.allSettled([
      importJob(moduleUrl, jobName),
      expandInputs(given, () => this.#openDfs(), signal),
      readSides(asked ?? {}, () => this.#openDfs()),
      this.#sweep(),
    ])
    if (job.status === 'rejected') throw job.reason
    if (inputs.status === 'rejected') throw inputs.reason
    if (sides.status === 'rejected') throw sides.reason
    if (swept.status === 'rejected') throw swept.reason
    return { job: job.value, inputs: inputs.value, sides: sides.value }
  }

  async #sweep(): Promise<void> {
    const { scratchBase, disk } = this.#seams
    await sweepScratch(scratchBase, disk)
    const { output } = this.#options
    if (output.kind === 'local') await settleSiblings(disk, path.resolve(output.path), ownerIsDead)
  }

  async #shapes({ input = text() }: Job, { files }: ExpandedInputs): Promise<FileShape[]> {
    if (!needsInspection(input)) return files.map(() => shapeOf(input))
    const { inspectFiles } = await import('../input/inspect.ts')
    return await inspectFiles(files, () => input, this.#options.signal)
  }

  #plan(job: Job, inputs: ExpandedInputs, shapes: readonly FileShape[]): WorkPlan {
    const { output, reducers, workers, memoryBytes, splitBytes } = this.#options
    refuseOverlap(inputs, output, shown(output))
    return planWork({
      inputs,
      mapOnly: job.reduce === undefined,
      reducers,
      workers,
      memoryBytes,
      splitBytes,
      splittable: true,
      shapes,
      limits: this.#limits,
    })
  }

  async #makePlaces(): Promise<{ scratch: Scratch; committer: OutputCommitter }> {
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

  #jobPlan(
    params: JobPlan['params'],
    sides: JobPlan['sides'],
    { files }: ExpandedInputs,
    work: WorkPlan,
    scratch: Scratch,
  ): JobPlan {
    const { moduleUrl, checked, format, skipBad } = this.#options
    return {
      jobId: this.#jobId,
      moduleUrl: toFileUrl(moduleUrl),
      params,
      sides,
      files,
      reducers: work.reducers,
      memoryBytes: work.memoryBytesPerSlot,
      scratch: scratch.directory,
      quotes: shareQuotes(files),
      checked: checked ?? false,
      ...(format === undefined ? {} : { format }),
      ...(skipBad === undefined ? {} : { skipBad }),
    }
  }

  async #execute(work: WorkPlan, plan: JobPlan, committer: OutputCommitter, scratch: Scratch): Promise<JobReport> {
    const { clock } = this.#seams
    const slots = await this.#slots(work.slots, plan)
    const resume = await this.#resume(work, plan)
    const plannedMs = clock()
    let mapsDoneMs = plannedMs
    const { pool, progress, runner } = this.#start({ work, plan, slots, committer, scratch, resume }, () => {
      mapsDoneMs = clock()
      progress.enter(work.reducers === 0 ? 'map' : 'reduce')
    })
    progress.enter('map')
    await runner.run()
    const tasksDoneMs = clock()
    await pool.close()
    await runner.settled()
    progress.enter('commit')
    this.#throwIfCancelled()
    const kept = await this.#keepSkipped(runner, committer, work)
    const named = runner.results.namedParts(work.parts, work.reducers === 0 ? 'map' : 'reduce')
    await committer.commitJob([...work.parts, ...named, ...kept])
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
      notes: [...resume.notes, ...this.#badReplicas.notes, ...this.#strays, ...(left === undefined ? [] : [left])],
    })
  }

  async #keepSkipped(runner: TaskRunner, committer: OutputCommitter, work: WorkPlan): Promise<string[]> {
    const files = runner.results.skippedFiles(work.splits.length)
    if (files.length === 0) return []
    await committer.keep(skippedName, files)
    return [skippedName]
  }

  /** With --resume: what an earlier run has finished, and how to write down what this one does. */
  async #resume(work: WorkPlan, plan: JobPlan): Promise<Resumption> {
    const nothing = { maps: new Map(), notes: [], onRun: () => Promise.resolve() }
    if (this.#options.resume !== true) return nothing
    if (work.reducers === 0) {
      return {
        ...nothing,
        notes: ['--resume has no effect: the job has no reduce, and its maps leave no runs to go on from.'],
      }
    }
    const { disk, scratchBase: base } = this.#seams
    const { scratch } = plan
    const key = await resumeKey(plan, work)
    await beginKeeping(scratch, key, disk)
    const total = work.splits.length
    const maps = await takeOver({ scratch, base, key, maps: total, reducers: work.reducers, disk })
    const note =
      maps.size === 0
        ? `Nothing was there to resume from: no finished maps of this job with this module, parameters, input and plan are kept.`
        : `Resumed: ${maps.size} of ${total} maps were finished by an earlier run and not run again.`
    return { maps, notes: [note], onRun: (map, file, result) => noteFinished(key, map, file, result) }
  }

  #start(
    given: {
      readonly work: WorkPlan
      readonly plan: JobPlan
      readonly slots: readonly ScheduleSlot[]
      readonly committer: OutputCommitter
      readonly scratch: Scratch
      readonly resume: Resumption
    },
    onMapsDone: () => void,
  ): { pool: WorkerPool; progress: ProgressTeller; runner: TaskRunner } {
    const { work, plan, slots } = given
    const { worker, clock, poolStarted } = this.#seams
    const limits = this.#limits
    const { signal, onProgress } = this.#options
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
        progress.status = text
      },
      onStray: (message) => this.#strays.add(`Code that a task left running failed between tasks: ${message}`),
    })
    this.#opened.pool = pool
    poolStarted(pool)
    const reportBad: BadReplicas['report'] = (bad) => this.#badReplicas.report(bad)
    const runner = new TaskRunner({
      ...given,
      skipBad: plan.skipBad,
      resumed: given.resume.maps,
      onRun: given.resume.onRun,
      files: plan.files,
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
    return { pool, progress, runner }
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
  async #close(keep = false): Promise<string | undefined> {
    const { progress, pool, runner, committer, scratch } = this.#opened
    const steps: (() => Promise<void> | undefined | void)[] = [
      () => progress?.close(),
      () => pool?.close(),
      () => runner?.settled(),
      () => committer?.close(),
      async () => {
        if (!keep) await scratch?.remove()
        else kept = await scratch?.keep()
      },
    ]
    let kept: Kept | undefined
    const failures: string[] = []
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
      }
    }
    const told = [
      ...(kept === undefined
        ? []
        : [
            `${kept.maps} finished ${kept.maps === 1 ? 'map is' : 'maps are'} kept for ${KEPT_DAYS} days (${kept.bytes} bytes in ${kept.directory}): the same command with --resume goes on from there.`,
          ]),
      ...(failures.length === 0 ? [] : [`Temporary data could not all be removed: ${failures.join('; ')}`]),
    ]
    return told.length === 0 ? undefined : told.join('\n')
  }

  #throwIfCancelled(): void {
    if (this.#options.signal?.aborted === true) throw new MrError('MR_CANCELLED', 'The job was cancelled.')
  }
}

function alsoLeft(error: unknown, left: string): unknown {
  if (!(error instanceof MrError)) return error
  return new MrError(error.code, `${error.message}\n${left}`, { cause: error.cause ?? error })
}
