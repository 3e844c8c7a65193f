import type { ParamValue, TaskContext } from '../job.ts'
import type { Task } from '../master/task.ts'
import type { ProgressRow } from './progress-row.ts'

/** What user code sees as `ctx`. */
export class WorkerTaskContext implements TaskContext {
  inputFile = ''
  inputName = ''
  readonly params: Readonly<Record<string, ParamValue>>
  readonly attempt: number
  readonly task: number
  readonly signal: AbortSignal
  private readonly counts = new Map<string, number>()
  private readonly progress: ProgressRow
  private readonly postStatus: (text: string) => void

  constructor(
    task: Task,
    params: Readonly<Record<string, ParamValue>>,
    progress: ProgressRow,
    signal: AbortSignal,
    postStatus: (text: string) => void,
  ) {
    this.params = params
    this.attempt = task.attempt
    this.task = task.task
    this.signal = signal
    this.progress = progress
    this.postStatus = postStatus
  }

  count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by)
    this.progress.beat()
  }

  status(text: string): void {
    this.postStatus(String(text))
    this.progress.beat()
  }

  /** A plain object without a prototype, so that a counter may be called `constructor`. */
  get counters(): Record<string, number> {
    const all: Record<string, number> = Object.create(null)
    for (const [name, value] of this.counts) all[name] = value
    return all
  }
}
