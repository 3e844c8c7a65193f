import type { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { MrErrorCode } from '../base/errors.ts'
import { type JobPlan, PROGRESS_FIELDS, progressField, type Task, type TaskResult, type WorkerData } from './task.ts'
import { Watchdog, type WatchdogOptions, type Watched } from './watchdog.ts'
import type { WorkerModule } from './worker-module.ts'

/** How an attempt ended. A `lost` thread is not the task's fault; everything in `result` and a timeout is. */
export type AttemptOutcome =
  | { readonly type: 'result'; readonly result: TaskResult }
  | { readonly type: 'timed-out'; readonly silentMs: number }
  | { readonly type: 'lost'; readonly reason: string }

export interface WorkerPoolOptions {
  readonly plan: JobPlan
  /** One entry a slot: the datanode it is bound to, empty for none. */
  readonly slots: readonly string[]
  readonly module: WorkerModule
  readonly heapMiB: number
  readonly watchdog: WatchdogOptions
  readonly onStatus?: (slot: number, text: string) => void
  /** Code that an earlier attempt left running threw while the thread had no task; the thread was replaced. */
  readonly onStray?: (message: string) => void
}

interface PoolSlot {
  readonly piscina: Piscina<Task, TaskResult>
  readonly row: Float64Array
  /** The thread that was there when an attempt was last started, and its end. */
  exit: { readonly thread: Worker; readonly gone: Promise<void> } | undefined
  /** Set while an attempt runs: how to end it from outside. */
  interrupt: ((outcome: AttemptOutcome) => void) | undefined
}

/** How long a terminated thread may take to be gone before the master goes on without it (a hung system call). */
const threadExitMs = 5000

/**
 * The job's worker threads: a piscina of exactly one thread a slot, so that a slot can be bound to a datanode and
 * ended alone; piscina starts the next thread itself. One attempt at a time runs on a slot.
 *
 * piscina 5 hands `workerData` through as it is: the entry reads it with `import { workerData } from
 * 'node:worker_threads'`, typed `WorkerData`. What the entry posts on `parentPort` as `{ status: text }` is shown as
 * the job's status.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #slots: PoolSlot[]
  readonly #watchdog: Watchdog
  readonly #timer: NodeJS.Timeout
  #closed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    const rowBytes = PROGRESS_FIELDS * Float64Array.BYTES_PER_ELEMENT
    const progress = new SharedArrayBuffer(Math.max(1, options.slots.length) * rowBytes)
    this.#slots = options.slots.map((datanode, slot) => {
      const row = new Float64Array(progress, slot * rowBytes, PROGRESS_FIELDS)
      return {
        piscina: this.#start({ plan: options.plan, slot, datanode, progress }),
        row,
        exit: undefined,
        interrupt: undefined,
      }
    })
    this.#watchdog = new Watchdog(options.watchdog)
    this.#timer = setInterval(() => this.#watchdog.look(performance.now()), options.watchdog.intervalMs)
  }

  get size(): number {
    return this.#slots.length
  }

  /** A field of the slot's progress row; of the attempt that runs there now. */
  progress(slot: number, field: keyof typeof progressField): number {
    return this.#slots[slot]?.row[progressField[field]] ?? 0
  }

  /** Never rejects: whatever happens to the thread is an outcome. When it resolves, the attempt writes no more. */
  async run(slot: number, task: Task): Promise<AttemptOutcome> {
    const state = this.#slots[slot]
    if (state === undefined) throw new RangeError(`there is no slot ${slot}`)
    if (state.interrupt !== undefined) throw new Error(`slot ${slot} is busy`)
    if (this.#closed) return { type: 'lost', reason: 'the pool is closed' }
    state.row.fill(0)
    const gone = this.#exitOf(state)
    const abort = new AbortController()
    const interrupted = new Promise<AttemptOutcome>((resolve) => {
      state.interrupt = resolve
    })
    const watched: Watched = {
      beat: () => state.row[progressField.beat] ?? 0,
      expire: (silentMs) => state.interrupt?.({ type: 'timed-out', silentMs }),
    }
    this.#watchdog.watch(watched)
    const ran = state.piscina.run(task, { signal: abort.signal }).then(
      (result): AttemptOutcome => ({ type: 'result', result }),
      (error: unknown) => outcomeOfError(error, this.#options.heapMiB),
    )
    const outcome = await Promise.race([ran, interrupted])
    this.#watchdog.release(watched)
    state.interrupt = undefined
    if (outcome.type !== 'result' || !isTaskResult(outcome.result)) {
      abort.abort()
      await ran
      await this.#exited(gone)
    }
    return outcome
  }

  /** Ends the thread of a slot as a crash would; what ran there is lost. For tests and `close`. */
  kill(slot: number, reason: string): void {
    this.#slots[slot]?.interrupt?.({ type: 'lost', reason })
  }

  /** Ends every thread and waits until they are gone. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    for (const slot of this.#slots) slot.interrupt?.({ type: 'lost', reason: 'the job ended' })
    await Promise.all(this.#slots.map((slot) => slot.piscina.destroy()))
  }

  #start(workerData: WorkerData): Piscina<Task, TaskResult> {
    const piscina = new Piscina<Task, TaskResult>({
      filename: this.#options.module.url,
      execArgv: [...this.#options.module.execArgv],
      workerData,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Between tasks a thread waits in its event loop, so user code's timers and promises go on.
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMiB },
    })
    // A thread that died while it had no task, or while it was starting for the next one.
    piscina.on('error', (error: unknown) => {
      const interrupt = this.#slots[workerData.slot]?.interrupt
      if (interrupt === undefined) this.#options.onStray?.(error instanceof Error ? error.message : String(error))
      else interrupt(outcomeOfError(error, this.#options.heapMiB))
    })
    piscina.on('message', (message: unknown) => {
      if (isStatus(message)) this.#options.onStatus?.(workerData.slot, message.status)
    })
    return piscina
  }

  /** Settles when the slot's present thread is gone; one listener a thread, however many attempts it runs. */
  #exitOf(state: PoolSlot): Promise<void> {
    const [thread] = state.piscina.threads
    if (thread === undefined) return Promise.resolve()
    if (state.exit?.thread !== thread) {
      const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
      state.exit = { thread, gone }
    }
    return state.exit.gone
  }

  async #exited(gone: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const overdue = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, threadExitMs)
    })
    await Promise.race([gone, overdue])
    clearTimeout(timer)
  }
}

function isStatus(message: unknown): message is { status: string } {
  return typeof message === 'object' && message !== null && 'status' in message && typeof message.status === 'string'
}

function isTaskResult(result: TaskResult): boolean {
  return typeof result === 'object' && result !== null && typeof result.ok === 'boolean'
}

/** The entry answers with a `TaskResult` even when user code throws, so a rejection is the thread's end, or stray code. */
function outcomeOfError(error: unknown, heapMiB: number): AttemptOutcome {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return failed(
      'MR_WORKER_OUT_OF_MEMORY',
      `the worker ran out of memory: the job's own objects went over the ${heapMiB} MiB heap of a worker thread. Keep less at a time in map, reduce or module variables, or emit earlier`,
    )
  }
  const threadEnded =
    (error instanceof Error && error.name === 'AbortError') ||
    code === 'ERR_WORKER_INIT_FAILED' ||
    /^worker exited with code|^Terminating worker thread/.test(message)
  if (threadEnded) return { type: 'lost', reason: message }
  const stack = error instanceof Error ? error.stack : undefined
  return failed(
    'MR_USER_CODE',
    `an error reached no handler while the task ran: ${message}. Most often a timer, stream or promise that the job started and did not wait for`,
    stack,
  )
}

function failed(code: MrErrorCode, message: string, stack?: string): AttemptOutcome {
  return {
    type: 'result',
    result: { ok: false, code, message, permanent: false, bad: [], ...(stack === undefined ? {} : { stack }) },
  }
}
