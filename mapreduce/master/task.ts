import type { BadReplica, LocatedBlock } from '../../dfs/index.ts'
import type { MrErrorCode } from '../base/errors.ts'
import type { JoinSideName, JoinStrategy, ParamValue } from '../job.ts'

/**
 * What passes between the master and a worker: plain objects (structured clone), a handful a task. Data never travels
 * this way, only (file, offset, length).
 */

/** One input file. `name` is what the user sees in messages and in `ctx.inputFile`. */
export type InputFile = {
  readonly name: string
  readonly length: number
  /** By extension `.gz`; such a file is one split. */
  readonly gzip: boolean
  /** Which of the job's named inputs it belongs to; a job without them has none. */
  readonly input?: string
} /** `version` is there for a copy: what says of its original that the content is the same. */ & (
  | { readonly kind: 'local'; readonly path: string; readonly version?: string }
  | { readonly kind: 'dfs'; readonly blocks: readonly LocatedBlock[] }
)

/** A byte range of an input file: every record that starts in [start, start + length) belongs to it. */
export interface Segment {
  /** Index into `JobPlan.files`. */
  readonly file: number
  readonly start: number
  readonly length: number
}

/** A side file. `path` is what the user calls it. */
export interface SideBytes {
  readonly name: string
  readonly path: string
  readonly bytes: SharedArrayBuffer
}

/** What every task of a job shares; sent once to each worker when the pool starts (as piscina `workerData`). */
export interface JobPlan {
  readonly jobId: string
  /** `file:` URL of the plain-JS module to import. */
  readonly moduleUrl: string
  /** Of a flow: which of its stages, from 0. */
  readonly stage?: number
  readonly params: Readonly<Record<string, ParamValue>>
  readonly files: readonly InputFile[]
  /** The columns of each input whose CSV files name them; a nameless input is ''. */
  readonly columns?: Readonly<Record<string, readonly string[]>>
  /** 0 for a map-only job. */
  readonly reducers: number
  /** Bytes one worker may use for buffers, tables and arenas. */
  readonly memoryBytes: number
  /** Whether runs are packed on their way to disk. */
  readonly packRuns?: boolean
  /** Directory of this job's run and attempt files. */
  readonly scratch: string
  /** `--format`, when it overrides the job's own output. */
  readonly format?: string
  /** What workers find out of the quotes in CSV files, for each other: see mapreduce/input/quote-table.ts. */
  readonly quotes?: SharedArrayBuffer
  /** How a join is done; undefined for every other job. */
  readonly join?: JoinPlan
  /** `--check`: scribble over views once the call they were handed to is over. */
  readonly checked: boolean
  /** `--skip-bad`: records on which map fails are set aside, so many in the whole job. Undefined: they fail the task. */
  readonly skipBad?: number
  /** `--side`: files in memory that all threads share. */
  readonly sides: readonly SideBytes[]
}

export interface JoinPlan {
  readonly strategy: JoinStrategy
  /** The side that is held (in a table, or key by key) while the other passes. Its files come before the other's. */
  readonly held: JoinSideName
}

/** The broadcast side's rows as join/row-table.ts lays them out, in memory that all workers share. */
export interface BroadcastTable {
  readonly memory: SharedArrayBuffer
  readonly rows: number
  /** Where the rows end and the slots begin, and how many of those there are. */
  readonly slotsAt: number
  readonly slots: number
}

/** A key's kind and payload, see record/kind.ts. */
export interface EncodedKey {
  readonly keyKind: number
  readonly key: Uint8Array
}

/** How often keys were met in a sample of one side, the most frequent first. */
export interface KeySample {
  readonly side: JoinSideName
  readonly rows: number
  readonly keys: readonly {
    readonly keyKind: number
    readonly key: Uint8Array
    /** For messages. */
    readonly shown: string
    readonly rows: number
  }[]
}

/** A key whose rows of one side are dealt out over several partitions, the other side's copied to each of them. */
export interface HotKey {
  readonly side: JoinSideName
  readonly keyKind: number
  readonly key: Uint8Array
  readonly shown: string
  /** Of the side's rows, by the sample. */
  readonly share: number
  readonly spread: number
}

/** What one worker slot is told besides the plan. */
export interface WorkerData {
  readonly plan: JobPlan
  readonly slot: number
  /** The datanode the slot is bound to; its replicas are read first. Empty for none. */
  readonly datanode: string
  /** One row of PROGRESS_FIELDS Float64s a slot, written by the worker, read by the master. */
  readonly progress: SharedArrayBuffer
}

/** Fields of a slot's row in `WorkerData.progress`. All are plain stores; a torn read only spoils a progress line. */
export const progressField = {
  /** Changes whenever the task moves on: a record, a read, a merge step, a status. */
  beat: 0,
  bytesIn: 1,
  recordsIn: 2,
  recordsOut: 3,
  /** 0..1 of the current task. */
  fraction: 4,
  /** While bad records are set aside: 1 + the index of the file of the record at hand, 0 for none; and its offset. */
  recordFile: 5,
  recordOffset: 6,
} as const
/** 64 bytes a row at least, so that two slots never share a cache line. */
export const PROGRESS_FIELDS = 8

export interface MapTask {
  readonly kind: 'map'
  readonly task: number
  readonly attempt: number
  readonly segments: readonly Segment[]
  /** Where the run file (or, map-only, the output) goes; named by task and attempt. */
  readonly outputFile: string
  /** Where the attempt keeps the records it sets aside. */
  readonly skippedFile: string
  /** Records on which earlier attempts hung or died: set aside without a look. */
  readonly skip?: readonly SkipRecord[]
  /** What the records are joined with, in a broadcast join. */
  readonly table?: BroadcastTable
  /** Keys of a join that get more than one partition. */
  readonly hot?: readonly HotKey[]
  /** Where ranges of keys are cut, for a job that partitions by range: the first key of each partition but the first. */
  readonly cuts?: readonly EncodedKey[]
}

/** A record that is not to be handed to `map`. */
export interface SkipRecord {
  /** Index into `JobPlan.files`. */
  readonly file: number
  readonly offset: number
  /** What is wrong with it, for `_skipped`. */
  readonly error: string
}

/** Reads the broadcast side of a join into a table, before the maps begin. */
export interface BroadcastTask {
  readonly kind: 'broadcast'
  readonly task: number
  readonly attempt: number
  readonly segments: readonly Segment[]
  readonly outputFile: string
  readonly tableBytesMax: number
}

/** One partition of one run file. */
export interface RunSlice {
  readonly file: string
  readonly offset: number
  readonly length: number
  readonly records: number
  /** The map task that made it, to run again if the slice is lost. */
  readonly mapTask: number
}

export interface ReduceTask {
  readonly kind: 'reduce'
  readonly task: number
  readonly attempt: number
  /** In map-task order: values of one key arrive in input order. Empty slices left out. */
  readonly runs: readonly RunSlice[]
  readonly outputFile: string
}

/** Counts the keys in pieces of the sides of a join, before the maps begin. */
export interface SampleTask {
  readonly kind: 'sample'
  readonly task: number
  readonly attempt: number
  readonly segments: readonly Segment[]
  readonly outputFile: string
}

/** Maps pieces of the input for the keys that come of it, before the maps begin. */
export interface RangeSampleTask {
  readonly kind: 'range-sample'
  readonly task: number
  readonly attempt: number
  readonly segments: readonly Segment[]
  readonly outputFile: string
}

/** Maps pieces of the input to tell which keys and partitions are likely to be large; for `--explain`. */
export interface SkewSampleTask {
  readonly kind: 'skew-sample'
  readonly task: number
  readonly attempt: number
  readonly segments: readonly Segment[]
  readonly outputFile: string
  /** As of a map. */
  readonly cuts?: readonly EncodedKey[]
}

/** What maps would put out, by a sample. */
export interface SkewSample {
  /** As map emitted them. */
  readonly records: number
  /** The most frequent first, as they stand in messages. */
  readonly keys: readonly { readonly key: string; readonly records: number }[]
  /** Records that came to each partition; with `onceAKey` different keys. */
  readonly partitions: readonly number[]
  /** What has one key is combined before it is shuffled. */
  readonly onceAKey: boolean
}

export type PreparationTask = BroadcastTask | SampleTask | RangeSampleTask | SkewSampleTask
export type Task = MapTask | ReduceTask | PreparationTask

export interface TaskDone {
  readonly ok: true
  /** Engine counters, see `mapreduce/base/counters.ts`. */
  readonly counters: Readonly<Record<string, number>>
  readonly userCounters: Readonly<Record<string, number>>
  /** A map with reducers: one slice a partition, in order, empty ones included. Otherwise empty. */
  readonly slices: readonly RunSlice[]
  /** Of a broadcast task: what it made, or that there is no room for it. */
  readonly table?: BroadcastTable | 'too large'
  /** Of a sample task. */
  readonly samples?: readonly KeySample[]
  /** Of a range sample: keys as they were emitted. */
  readonly keys?: readonly EncodedKey[]
  readonly skew?: SkewSample
  /** Of a part of a merge join: how its keys may have been partitioned. */
  readonly alike?: { readonly byHash: boolean; readonly byRange: boolean }
  /** Of a reduce: its largest keys, see shuffle/large-groups.ts. */
  readonly large?: readonly { readonly shown: string; readonly records: number }[]
  /** Bytes of `outputFile` when it is job output. */
  readonly outputBytes: number
  /** What it wrote to the job's named outputs, in files beside `outputFile`. */
  readonly named?: readonly { readonly name: string; readonly records: number; readonly bytes: number }[]
  /** A map that set records aside: the file they are in, see output/skipped-records.ts. */
  readonly skipped?: { readonly file: string; readonly records: number }
  readonly bad: readonly BadReplica[]
}

export interface TaskFailure {
  readonly ok: false
  readonly code: MrErrorCode
  /** Complete, for a person: what was asked, what was found, what to do. */
  readonly message: string
  /** The user's own stack, source-mapped to their file, when user code threw. */
  readonly stack?: string
  /** True when a new attempt can't help (wrong job shape, record over the limit). */
  readonly permanent: boolean
  /** Map tasks whose run files could not be read (MR_LOST_RUN). */
  readonly lostMaps?: readonly number[]
  readonly bad: readonly BadReplica[]
}

export type TaskResult = TaskDone | TaskFailure
