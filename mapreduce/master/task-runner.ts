import pLimit from 'p-limit'
import type { BadReplica } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import type { OutputCommitter } from '../output/commit.ts'
import { diskError } from '../output/disk.ts'
import { BadRecordSearch } from './bad-record-search.ts'
import { describeFailure } from './failure.ts'
import type { TaskTiming } from './job-options.ts'
import type { WorkPlan } from './plan.ts'
import type { AttemptOutcome, WorkerPool } from './pool.ts'
import { Schedule, type ScheduleLimits } from './schedule.ts'
import type { AttemptFailure, AttemptRef, ScheduleAction, ScheduleEvent, ScheduleSlot } from './schedule-events.ts'
import type { Scratch } from './scratch.ts'
import type {
  BroadcastTable,
  EncodedKey,
  HotKey,
  InputFile,
  MapTask,
  ReduceTask,
  TaskDone,
  TaskFailure,
} from './task.ts'
import { TaskResults } from './task-results.ts'

export interface TaskRunnerOptions {
  readonly work: WorkPlan
  readonly files: readonly InputFile[]
  /** The broadcast side of a join, handed to every map. */
  readonly table: BroadcastTable | undefined
  /** Keys of a join that get more than one partition, told to every map. */
  readonly hot: readonly HotKey[]
  /** Where ranges of keys are cut, told to every map; undefined for a job that does not partition by range. */
  readonly cuts: readonly EncodedKey[] | undefined
  readonly slots: readonly ScheduleSlot[]
  readonly pool: WorkerPool
  readonly committer: OutputCommitter
  readonly scratch: Scratch
  readonly limits: ScheduleLimits & { readonly commitsAtOnce: number }
  /** Monotonic milliseconds. */
  readonly clock: () => number
  readonly signal: AbortSignal | undefined
  /** Bad replicas a task met; the DFS repairs them. */
  readonly reportBad: (bad: readonly BadReplica[]) => Promise<void>
  readonly onMapsDone?: () => void
  /** `--skip-bad`, if given. */
  readonly skipBad: number | undefined
  /** Maps an earlier run of the job has left finished. */
  readonly resumed: ReadonlyMap<number, TaskDone>
  /** Called when a map with a run file is committed, before reduces may count on it. */
  readonly onRun: (map: number, runFile: string, result: TaskDone) => Promise<void>
}

type Launch = Extract<ScheduleAction, { type: 'launch' }>

interface RunningAttempt {
  readonly launch: Launch
  readonly startMs: number
  readonly inputBytes: number
}

/** The shell around `Schedule`: does what the core says (threads, commits, files, timers) and tells it what came of it. */
export class TaskRunner {
  readonly results = new TaskResults()
  readonly timings: TaskTiming[] = []
  readonly incidents: string[] = []
  readonly running = new Map<number, RunningAttempt>()
  readonly #options: TaskRunnerOptions
  readonly #schedule: Schedule
  readonly #commits: ReturnType<typeof pLimit>
  /** Everything begun and not awaited in its place; `settled` waits for all of it. */
  readonly #badRecords = new BadRecordSearch()
  /** Attempts that were told to end because another one was first. */
  readonly #superseded = new Set<string>()
  readonly #speculative = new Set<string>()
  #speculativeWon = 0
  readonly #begun = new Set<Promise<void>>()
  #wakeTimer: NodeJS.Timeout | undefined
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #over = false

  constructor(options: TaskRunnerOptions) {
    this.#options = options
    this.#schedule = new Schedule({
      slots: options.slots,
      maps: options.work.splits.map((split) => split.placement),
      reducers: options.work.reducers,
      doneMaps: [...options.resumed.keys()],
      limits: options.limits,
    })
    for (const [map, result] of options.resumed) this.results.resume(map, result)
    this.#commits = pLimit(options.limits.commitsAtOnce)
  }

  get mapsDone(): number {
    return this.#schedule.mapsDone
  }

  get reducesDone(): number {
    return this.#schedule.reducesDone
  }

  /** Second attempts of slow tasks that committed before the first. */
  get speculativeWon(): number {
    return this.#speculativeWon
  }

  /** Bytes of the committed maps' run files: what the reduces have to read. */
  get shuffleBytes(): number {
    return this.results.sum((result) => result.slices.reduce((sum, slice) => sum + slice.length, 0))
  }

  /** Resolves when every task is committed; rejects with the first cause when the job can't succeed. */
  async run(): Promise<void> {
    const { signal } = this.#options
    const cancel = (): void => this.#end(() => this.#reject(new MrError('MR_CANCELLED', 'The job was cancelled.')))
    try {
      await new Promise<void>((resolve, reject) => {
        this.#resolve = resolve
        this.#reject = reject
        if (signal?.aborted === true) cancel()
        else signal?.addEventListener('abort', cancel, { once: true })
        if (!this.#over) this.#dispatch({ type: 'start', now: this.#options.clock() })
      })
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** No attempt runs and nothing is being committed or removed any more. To be called with the pool closed. */
  async settled(): Promise<void> {
    this.#end(() => undefined)
    while (this.#begun.size > 0) await Promise.all(this.#begun)
  }

  #end(settle: () => void): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#wakeTimer)
    settle()
  }

  #dispatch(event: ScheduleEvent): void {
    clearTimeout(this.#wakeTimer)
    for (const action of this.#schedule.handle(event)) this.#act(action)
  }

  #act(action: ScheduleAction): void {
    switch (action.type) {
      case 'launch':
        this.#begin(this.#launch(action))
        break
      case 'commit':
        this.#begin(this.#commits(() => this.#commit(action)))
        break
      case 'end':
        this.#superseded.add(nameOf(action))
        this.#options.pool.kill(action.slot, 'another attempt of the task was first')
        break
      case 'discard':
        this.results.drop(action)
        this.#begin(this.#discard(action))
        break
      case 'wake':
        this.#wakeTimer = setTimeout(
          () => this.#dispatch({ type: 'tick', now: this.#options.clock() }),
          Math.max(0, action.at - this.#options.clock()),
        )
        break
      case 'maps-done':
        this.#options.onMapsDone?.()
        break
      case 'job-done':
        this.#end(this.#resolve)
        break
      case 'job-failed':
        this.#end(() => this.#reject(describeFailure(action.failure)))
        break
    }
  }

  #begin(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#end(() => this.#reject(error)))
      .finally(() => this.#begun.delete(tracked))
    this.#begun.add(tracked)
  }

  /** After the end (cancelled, failed) outcomes still come in; they change nothing. */
  #tell(event: ScheduleEvent): void {
    if (!this.#over) this.#dispatch(event)
  }

  async #launch(launch: Launch): Promise<void> {
    const task = this.#taskOf(launch)
    if (launch.speculative) this.#speculative.add(nameOf(launch))
    const startMs = this.#options.clock()
    const inputBytes =
      task.kind === 'map'
        ? task.segments.reduce((sum, segment) => sum + segment.length, 0)
        : task.runs.reduce((sum, run) => sum + run.length, 0)
    this.running.set(launch.slot, { launch, startMs, inputBytes })
    const outcome = await this.#options.pool.run(launch.slot, task)
    this.running.delete(launch.slot)
    const endMs = this.#options.clock()
    const { kind, attempt, slot, locality, speculative } = launch
    const superseded = this.#superseded.has(nameOf(launch))
    this.timings.push({
      kind,
      task: launch.task,
      attempt,
      slot,
      locality,
      startMs,
      endMs,
      inputBytes,
      outcome: superseded ? 'superseded' : outcomeName(outcome),
      speculative,
    })
    await this.#answer(launch, outcome)
  }

  async #answer(ref: Launch, outcome: AttemptOutcome): Promise<void> {
    const now = this.#options.clock()
    const { kind, task, attempt } = ref
    const superseded = this.#superseded.has(nameOf(ref))
    if (outcome.type === 'result') {
      const { result } = outcome
      if (result.bad.length > 0) await this.#options.reportBad(result.bad)
      if (result.ok) {
        this.results.ran(ref, result)
        this.#tell({ type: 'succeeded', kind, task, attempt, now })
      } else {
        if (!superseded) this.#incident(ref, 'failed', result.message)
        const failure = failureOf(result)
        const lostMaps = result.code === 'MR_LOST_RUN' ? (result.lostMaps ?? []) : []
        this.#tell({
          type: 'failed',
          kind,
          task,
          attempt,
          now,
          failure,
          permanent: result.permanent,
          lostMaps,
          narrowed: !result.permanent && this.#narrow(ref, failure),
        })
      }
      return
    }
    const failure: AttemptFailure =
      outcome.type === 'timed-out'
        ? { code: 'MR_TASK_TIMEOUT', message: this.#timeoutMessage(ref, outcome.silentMs) }
        : {
            code: 'MR_TASK_LOST',
            message: `The worker thread of ${kind} task ${task} ended under it: ${outcome.reason}.`,
          }
    if (!superseded) this.#incident(ref, outcome.type === 'timed-out' ? 'timed out' : 'was lost', failure.message)
    this.#tell({ type: outcome.type, kind, task, attempt, now, failure, narrowed: this.#narrow(ref, failure) })
  }

  /** Whether the attempt ended at a record that is known to be bad by now. The slot's row still says where it was. */
  #narrow({ kind, task, slot, attempt }: Launch, failure: AttemptFailure): boolean {
    const { skipBad, pool } = this.#options
    if (kind === 'reduce' || skipBad === undefined || this.#superseded.has(nameOf({ kind, task, attempt })))
      return false
    const file = pool.progress(slot, 'recordFile') - 1
    const at = file < 0 ? undefined : { file, offset: pool.progress(slot, 'recordOffset') }
    return this.#badRecords.ended(task, at, failure)
  }

  async #commit(ref: AttemptRef): Promise<void> {
    const { kind, task, attempt } = ref
    try {
      const result = this.results.pending(ref)
      if (this.#isOutput(ref)) {
        const named = result?.named?.map(({ name }) => name) ?? []
        await this.#options.committer.commitTask(this.#part(task), attempt, named)
      } else if (result !== undefined)
        await this.#options.onRun(task, this.#options.scratch.runFile(task, attempt), result)
    } catch (error) {
      const failure = commitFailure(error)
      this.#incident(ref, 'could not commit', failure.message)
      this.#tell({
        type: 'failed',
        kind,
        task,
        attempt,
        now: this.#options.clock(),
        failure,
        permanent: false,
        lostMaps: [],
      })
      return
    }
    this.results.commit(ref)
    if (this.#speculative.has(nameOf(ref))) this.#speculativeWon++
    this.#checkSkipped()
    this.#tell({ type: 'committed', kind, task, attempt, now: this.#options.clock() })
  }

  /** Each attempt keeps to the limit; here all of them together do. */
  #checkSkipped(): void {
    const { skipBad } = this.#options
    const skipped = this.results.sum((result) => result.skipped?.records ?? 0)
    if (skipBad === undefined || skipped <= skipBad) return
    const message = `The job failed: ${skipped} bad records were found so far, and --skip-bad allows ${skipBad}. Allow more, or see what is wrong with them: quern map with some of the input shows it.`
    this.#end(() => this.#reject(new MrError('MR_SKIPPED_TOO_MANY', message)))
  }

  async #discard({ kind, task, attempt }: AttemptRef): Promise<void> {
    try {
      if (this.#isOutput({ kind })) await this.#options.committer.discardTask(this.#part(task), attempt)
      await this.#options.scratch.discard(kind, task, attempt)
    } catch (error) {
      throw diskError(error, 'removing files of a failed attempt in', this.#options.scratch.directory)
    }
  }

  #taskOf({ kind, task, attempt }: Launch): MapTask | ReduceTask {
    const { work, scratch, committer } = this.#options
    if (kind === 'reduce') {
      const runs = this.results.runsOf(task, work.splits.length)
      return { kind, task, attempt, runs, outputFile: committer.attemptFile(this.#part(task), attempt) }
    }
    const segments = work.splits[task]?.segments
    if (segments === undefined) throw new RangeError(`there is no split ${task}`)
    const outputFile = this.#isOutput({ kind })
      ? committer.attemptFile(this.#part(task), attempt)
      : scratch.runFile(task, attempt)
    const { table, hot, cuts } = this.#options
    return {
      kind,
      task,
      attempt,
      segments,
      outputFile,
      skippedFile: scratch.skippedFile(task, attempt),
      skip: this.#badRecords.of(task),
      ...(table === undefined ? {} : { table }),
      ...(hot.length === 0 ? {} : { hot }),
      ...(cuts === undefined ? {} : { cuts }),
    }
  }

  #isOutput({ kind }: Pick<AttemptRef, 'kind'>): boolean {
    return kind === 'reduce' || this.#options.work.reducers === 0
  }

  #part(task: number): string {
    const part = this.#options.work.parts[task]
    if (part === undefined) throw new RangeError(`there is no part ${task}`)
    return part
  }

  #timeoutMessage({ kind, task }: AttemptRef, silentMs: number): string {
    const segment = kind === 'map' ? this.#options.work.splits[task]?.segments[0] : undefined
    const file = segment === undefined ? undefined : this.#options.files[segment.file]
    const where = file === undefined ? '' : `, which begins at byte ${segment?.start} of ${file.name}`
    return `The ${kind} task ${task}${where}, made no progress for ${(silentMs / 1000).toFixed(1)} s and was ended. Either ${kind} never returns for some record (an endless loop, a promise that never settles), or it needs longer: then call ctx.status() now and then, or raise the task timeout.`
  }

  #incident(ref: AttemptRef, what: string, message: string): void {
    const [firstLine] = message.split('\n')
    this.incidents.push(`${ref.kind} ${ref.task}, attempt ${ref.attempt}, ${what}: ${firstLine}`)
  }
}

const nameOf = ({ kind, task, attempt }: AttemptRef): string => `${kind} ${task}.${attempt}`

function outcomeName(outcome: AttemptOutcome): TaskTiming['outcome'] {
  if (outcome.type !== 'result') return outcome.type
  return outcome.result.ok ? 'done' : 'failed'
}

function failureOf({ code, message, stack }: TaskFailure): AttemptFailure {
  return { code, message, ...(stack === undefined ? {} : { stack }) }
}

function commitFailure(error: unknown): AttemptFailure {
  if (!(error instanceof MrError)) throw error
  return { code: error.code, message: error.message }
}
