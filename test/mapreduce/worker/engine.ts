import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  type InputFile,
  type JobPlan,
  type MapTask,
  PROGRESS_FIELDS,
  type ReduceTask,
  type RunSlice,
  type Task,
  type TaskDone,
  type TaskResult,
  type WorkerData,
} from '../../../mapreduce/master/task.ts'
import { createRunner as createFromSource } from '../../../mapreduce/worker/task-runner.ts'

const dist = new URL('../../../dist/mapreduce/worker/task-runner.js', import.meta.url)
const compiled: typeof import('../../../mapreduce/worker/task-runner.ts') = await import(dist.href)

export const MiB = 1024 * 1024

export interface EngineOptions {
  readonly job: string
  readonly reducers?: number
  readonly memoryBytes?: number
  readonly checked?: boolean
  readonly params?: JobPlan['params']
  readonly format?: string
  readonly sides?: JobPlan['sides']
  readonly skipBad?: number
  /** Which build runs, with which kernels: the sources have only the plain ones. */
  readonly kernels?: 'source' | 'plain' | 'wasm'
}

export interface Input {
  readonly name: string
  readonly bytes: string | Uint8Array
  /** Zeros follow up to this length, without being written. */
  readonly extendTo?: number
}

/** Map tasks, each of segments [file, start, length]. */
export type Splits = readonly (readonly (readonly [number, number, number])[])[]

/** A directory and a worker without its thread: tasks run one after another, here. */
export class Engine implements Disposable {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'quern-worker-test-'))
  readonly files: readonly InputFile[]
  readonly statuses: string[] = []
  readonly progress = new SharedArrayBuffer(2 * PROGRESS_FIELDS * 8)
  private readonly options: EngineOptions
  private readonly runner: (task: Task) => Promise<TaskResult>
  private attempts = 0

  constructor(options: EngineOptions, inputs: readonly Input[]) {
    this.options = options
    this.files = inputs.map(({ name, bytes, extendTo }, i) => {
      const file = path.join(this.directory, `in-${i}`)
      writeFileSync(file, bytes)
      if (extendTo !== undefined) truncateSync(file, extendTo)
      return {
        kind: 'local',
        path: file,
        name,
        length: extendTo ?? Buffer.from(bytes).length,
        gzip: name.endsWith('.gz'),
      }
    })
    const data: WorkerData = {
      plan: {
        jobId: 'job',
        moduleUrl: new URL(`fixtures/${options.job}.mjs`, import.meta.url).href,
        params: options.params ?? {},
        files: this.files,
        reducers: options.reducers ?? 1,
        memoryBytes: options.memoryBytes ?? 16 * MiB,
        scratch: this.directory,
        ...(options.format === undefined ? {} : { format: options.format }),
        sides: options.sides ?? [],
        ...(options.skipBad === undefined ? {} : { skipBad: options.skipBad }),
        checked: options.checked === true,
      },
      slot: 1,
      datanode: '',
      progress: this.progress,
    }
    // Read when the worker lays out its memory, at the first task.
    if (options.kernels === 'wasm') delete process.env['QUERN_KERNELS']
    else process.env['QUERN_KERNELS'] = 'plain'
    const create = (options.kernels ?? 'source') === 'source' ? createFromSource : compiled.createRunner
    this.runner = create(data, (status) => this.statuses.push(status))
  }

  async run(task: Task): Promise<TaskResult> {
    return await this.runner(task)
  }

  mapTask(task: number, segments: Splits[number]): MapTask {
    const outputFile = path.join(this.directory, `map-${task}-${this.attempts++}`)
    return {
      kind: 'map',
      task,
      attempt: 1,
      segments: segments.map(([file, start, length]) => ({ file, start, length })),
      outputFile,
      skippedFile: `${outputFile}.skipped`,
    }
  }

  reduceTask(task: number, runs: readonly RunSlice[]): ReduceTask {
    return {
      kind: 'reduce',
      task,
      attempt: 1,
      runs: runs.filter((run) => run.records > 0),
      outputFile: path.join(this.directory, `reduce-${task}-${this.attempts++}`),
    }
  }

  /** Each file one map task. */
  whole(): Splits {
    return this.files.map(({ length }, i) => [[i, 0, length]])
  }

  /** Every file cut into segments of `size` bytes, each a task. */
  cut(size: number): Splits {
    return this.files.flatMap(({ length }, i) =>
      Array.from({ length: Math.ceil(length / size) }, (_, n): Splits[number] => [
        [i, n * size, Math.min(size, length - n * size)],
      ]),
    )
  }

  /** Runs the job to its end; the parts' contents, and every task's result. Throws what fails as it is. */
  async job(splits: Splits = this.whole()): Promise<{ parts: string[]; done: TaskDone[] }> {
    const done: TaskDone[] = []
    const parts: string[] = []
    const tasks = splits.map((segments, i) => this.mapTask(i, segments))
    for (const task of tasks) done.push(finished(await this.run(task)))
    const { reducers = 1 } = this.options
    if (reducers === 0) return { parts: tasks.map(({ outputFile }) => readFileSync(outputFile, 'latin1')), done }
    const slices = done.map((result) => result.slices)
    for (let p = 0; p < reducers; p++) {
      const task = this.reduceTask(
        p,
        slices.flatMap((of) => of.slice(p, p + 1)),
      )
      done.push(finished(await this.run(task)))
      parts.push(readFileSync(task.outputFile, 'latin1'))
    }
    return { parts, done }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export function finished(result: TaskResult): TaskDone {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`)
  return result
}

export function total(done: readonly TaskDone[], name: string): number {
  return done.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0)
}
