import type { Dfs, FileSystem } from '../../dfs/index.ts'
import type { JoinSideName, JoinStrategy } from '../job.ts'
import type { Expansion } from './input-expansion.ts'
import type { Skew } from './skew.ts'

/** Where input or output lies. `quern run` parses `dfs:/a/b`, `webhdfs://host:port/a/b` and plain paths into these. */
export type DataPath =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'dfs'; readonly path: string }
  /** `path` is the whole address. */
  | { readonly kind: 'webhdfs'; readonly path: string }

/** What was elsewhere and has been fetched: local files that go by their names there. */
export interface FetchedPath {
  readonly kind: 'fetched'
  /** The address, as asked for. */
  readonly path: string
  readonly expansion: Expansion
}

/** `name`: which of the job's named inputs the files are for; left out for a job with a single one. */
export type InputPath = (DataPath | FetchedPath) & { readonly name?: string }

/** By origin: `webhdfs://host:port`. */
export type OpenRemote = (origin: string) => Promise<FileSystem>

export interface RunJobOptions {
  /** Absolute path or `file:` URL of the plain-JS module (user jobs are bundled to one first). */
  readonly moduleUrl: string
  readonly jobName: string
  /** As typed: `-p key=value`; validated against the job's `params`. */
  readonly params: Readonly<Record<string, string>>
  /** Files, directories and globs. */
  readonly inputs: readonly InputPath[]
  readonly output: DataPath
  readonly overwrite: boolean
  readonly reducers?: number
  readonly workers: number
  /** For all workers together. */
  readonly memoryBytes: number
  readonly format?: string
  readonly checked?: boolean
  readonly taskTimeoutMs?: number
  readonly taskAttempts?: number
  /** Records on which map fails are set aside, at most so many in the whole job; without it they fail the job. */
  readonly skipBad?: number
  /** Side files by the name the job asks for them by. */
  readonly sides?: Readonly<Record<string, DataPath>>
  /** V8 heap of one worker. */
  readonly workerHeapMiB?: number
  /** Second attempts of slow tasks on idle slots. Default: where there are more than two cores. */
  readonly speculate?: boolean
  /** Pack the runs between map and reduce (LZ4), for less to write and to read. */
  readonly packRuns?: boolean
  /** Use the finished maps of an earlier run of the same job that failed, and keep them should this one fail. */
  readonly resume?: boolean
  /** Overrides the planner's split size; for tests and tuning. */
  readonly splitBytes?: number
  /** Opened on demand: only a job that names a `dfs:` path touches the DFS. */
  readonly openDfs: () => Promise<Dfs>
  /** Opens the file system of a `webhdfs:` path by its origin; the one it gives stays open. */
  readonly openRemote?: OpenRemote
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: JobProgress) => void
}

export interface JobProgress {
  /** `fetch`: input that lies elsewhere, before anything else. */
  readonly phase: 'fetch' | 'plan' | 'map' | 'reduce' | 'commit' | 'done'
  readonly mapsDone: number
  readonly mapsTotal: number
  readonly reducesDone: number
  readonly reducesTotal: number
  readonly running: number
  readonly bytesIn: number
  readonly bytesTotal: number
  readonly elapsedMs: number
  readonly failedAttempts: number
  readonly status?: string
  /** Of a flow: which of its stages runs, from 1. */
  readonly stage?: { readonly number: number; readonly of: number; readonly name: string }
}

/** What one stage of a flow did. */
export interface StageReport {
  /** From 1. */
  readonly number: number
  readonly name: string
  readonly maps: number
  readonly reducers: number
  readonly inputBytes: number
  readonly inputRecords: number
  readonly outputBytes: number
  readonly outputRecords: number
  readonly shuffleBytes: number
  readonly totalMs: number
  readonly join?: JobReport['join']
}

export interface TaskTiming {
  readonly kind: 'map' | 'reduce'
  readonly task: number
  readonly attempt: number
  readonly slot: number
  readonly locality: 'data-local' | 'rack-local' | 'off-rack' | 'local-file' | 'none'
  readonly startMs: number
  readonly endMs: number
  readonly inputBytes: number
  /** `superseded`: another attempt of the task committed first. */
  readonly outcome: 'done' | 'failed' | 'lost' | 'timed-out' | 'superseded'
  /** Launched beside an attempt that was slow. */
  readonly speculative: boolean
}

export interface JobReport {
  readonly jobId: string
  readonly jobName: string
  readonly state: 'succeeded'
  readonly inputFiles: number
  readonly inputBytes: number
  readonly maps: number
  readonly reducers: number
  readonly workers: number
  readonly memoryBytes: number
  /** How a join was done: which side was held in memory (or key by key), and why. */
  readonly join?: { readonly strategy: JoinStrategy; readonly held: JoinSideName; readonly why: string }
  /** Left out when the reduces had about equal shares. */
  readonly skew?: Skew
  readonly counters: Readonly<Record<string, number>>
  readonly userCounters: Readonly<Record<string, number>>
  readonly output: { readonly path: string; readonly files: number; readonly bytes: number; readonly records: number }
  /** The job's named outputs that something was written to; `output.files` and `output.bytes` count them too. */
  readonly named: readonly {
    readonly name: string
    readonly files: number
    readonly bytes: number
    readonly records: number
  }[]
  readonly times: {
    readonly planMs: number
    readonly mapMs: number
    readonly reduceMs: number
    readonly commitMs: number
    readonly totalMs: number
  }
  readonly tasks: readonly TaskTiming[]
  /** Of a flow, in the order they ran; one that had to be run again stands there twice. */
  readonly stages?: readonly StageReport[]
  /** Sentences worth a person's notice: replicas found bad and repaired, attempts retried, replication cut. */
  readonly notes: readonly string[]
}
