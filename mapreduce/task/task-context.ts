import { MrError } from '../base/errors.ts'
import type { ParamValue, SideFile, TaskContext } from '../job.ts'
import type { JobPlan, Task } from '../master/task.ts'
import type { NamedOutputs } from '../output/named-outputs.ts'
import { StagedEmits } from '../output/staged-emits.ts'
import type { ProgressRow } from './progress-row.ts'
import type { SideFiles } from './side-file.ts'

/** What user code sees as `ctx`. */
export class WorkerTaskContext implements TaskContext {
  inputFile = ''
  inputName = ''
  readonly params: Readonly<Record<string, ParamValue>>
  readonly attempt: number
  readonly task: number
  readonly signal: AbortSignal
  private readonly counts = new Map<string, number>()
  /** Counts of a record that may yet be set aside. */
  private held: Map<string, number> | undefined
  private readonly heldWrites = new Map<string, StagedEmits>()
  /** Undefined where the task leaves no output of the job's. */
  named: NamedOutputs | undefined
  private readonly sides: SideFiles
  private readonly known: JobPlan['columns']
  private readonly progress: ProgressRow
  private readonly postStatus: (text: string) => void

  constructor(
    task: Task,
    { params, columns }: Pick<JobPlan, 'params' | 'columns'>,
    progress: ProgressRow,
    signal: AbortSignal,
    postStatus: (text: string) => void,
    sides: SideFiles,
  ) {
    this.params = params
    this.known = columns
    this.attempt = task.attempt
    this.task = task.task
    this.signal = signal
    this.progress = progress
    this.postStatus = postStatus
    this.sides = sides
  }

  count(name: string, by = 1): void {
    const counts = this.held ?? this.counts
    counts.set(name, (counts.get(name) ?? 0) + by)
    this.progress.beat()
  }

  write(name: string, key: unknown, value?: unknown): void {
    if (this.named === undefined) throw noOutputHere(name)
    this.progress.beat()
    if (this.held === undefined) {
      this.named.write(name, key, value)
      return
    }
    const staged = this.heldWrites.get(name) ?? new StagedEmits()
    this.heldWrites.set(name, staged)
    staged.emit(key, value)
  }

  side(name: string): SideFile {
    return this.sides.get(name)
  }

  columns(inputName = ''): readonly string[] {
    const { known } = this
    return known !== undefined && Object.hasOwn(known, inputName) ? (known[inputName] ?? []) : []
  }

  /** From now on what is counted and written is kept apart, until it is released or dropped. */
  hold(): void {
    this.held ??= new Map()
    this.held.clear()
  }

  release(): void {
    const { held } = this
    this.held = undefined
    if (held === undefined) return
    for (const [name, by] of held) this.counts.set(name, (this.counts.get(name) ?? 0) + by)
    for (const [name, staged] of this.heldWrites) staged.release((key, value) => this.named?.write(name, key, value))
  }

  drop(): void {
    this.held = undefined
    for (const staged of this.heldWrites.values()) staged.drop()
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

/** The files would be cut like the splits, which depend on the workers. */
function noOutputHere(name: string): MrError {
  return new MrError(
    'MR_BAD_JOB',
    `the job writes to its output ${JSON.stringify(name)} in a task whose result goes on to reduce. ctx.write is for reduce, for maps of a job without reduce, and for the cleanup of these; emit it, and write it in reduce`,
  )
}
