import type { FlowParts } from './flow/graph.ts'
import type { InputFormat } from './input/format.ts'
import type { OutputFormat } from './output/format.ts'
import type { Descending } from './record/descending.ts'
import type { Text } from './record/text.ts'
import type { Aggregate } from './shuffle/aggregate.ts'
import type { PassThrough } from './shuffle/pass-through.ts'
import type { NamedPartition } from './shuffle/range.ts'

/** What `emit` takes as a key. Text, string and bytes are the same key when their bytes are. */
export type Key = Text | string | Uint8Array | number | bigint | boolean | null | Descending<Key> | readonly Key[]

/** What `emit` takes as a value: the kinds of a key, and plain JSON-like objects. */
export type Value = Exclude<Key, Descending<Key>> | undefined | readonly Value[] | { readonly [name: string]: Value }

/** What a key or value of type T is when it is handed back: every textual kind arrives as a `Text`. */
export type Seen<T> = T extends Text | string | Uint8Array
  ? Text
  : T extends Descending<infer Of>
    ? Seen<Of>
    : T extends readonly unknown[]
      ? { readonly [Index in keyof T]: Seen<T[Index]> }
      : T

/** Copies what it is given, so a reused view may be emitted. No value (or null) writes the key alone in `tsv`. */
export type Emit<K extends Key = Key, V extends Value = Value> = (key: K, value?: V) => void

/** One parameter of a job, given on the command line as `-p name=value`. */
export type ParamSpec =
  | { readonly type: 'string'; readonly describe: string; readonly required?: boolean; readonly default?: string }
  | { readonly type: 'number'; readonly describe: string; readonly required?: boolean; readonly default?: number }
  | { readonly type: 'boolean'; readonly describe: string; readonly default?: boolean }

export type ParamValue = string | number | boolean | undefined

export interface TaskContext {
  /** Validated against the job's `params`. */
  readonly params: Readonly<Record<string, ParamValue>>
  /** Adds to a counter of the job; only committed attempts count. */
  count(name: string, by?: number): void
  /** Shown in the progress line; also tells the master the task is alive. */
  status(text: string): void
  /**
   * Writes to one of the job's named `outputs`: from `map` of a map-only job, from `reduce`, and from `cleanup` of either.
   * Copies what it is given, as `emit` does.
   */
  write(output: string, key: Key, value?: Value): void
  /** A file given as `--side name=PATH`: the same bytes in every task. MR_BAD_PARAM when it was not given. */
  side(name: string): SideFile
  /**
   * The names of the columns of an input (of the job's only one, when it has no name), as the header of its first CSV file
   * gives them. Empty where there is none, and in a filter.
   */
  columns(inputName?: string): readonly string[]
  /** The path of the file the current record is from, as the user named it (map only; empty in reduce). */
  readonly inputFile: string
  /** The name of the input the current record is from, in a job with named `inputs` (map only; empty elsewhere). */
  readonly inputName: string
  /** 1 for the first attempt of a task. */
  readonly attempt: number
  /** 0-based index of the task among its kind. */
  readonly task: number
  readonly signal: AbortSignal
}

/** A small file that came with the job, in memory once for all workers. It is not to be written to. */
export interface SideFile {
  readonly name: string
  /** As the user named it. */
  readonly path: string
  /** The whole file, or what was packed in it when its name ends in `.gz`. */
  bytes(): Buffer
  /** Decoded as UTF-8. */
  text(): string
  /** Without the LF or CR LF that ends them. Unlike records they may be kept. */
  lines(): Iterable<Text>
  /** Parsed anew by each call. Throws MR_BAD_INPUT when it is no JSON. */
  json(): unknown
}

/** What a job wants other than the defaults; the command line has the last word. */
export interface JobLimits {
  /** Failures of one task before the job fails (`--attempts`). Default: 4. */
  readonly attempts?: number
  /** Seconds without progress before a task is ended (`--task-timeout`). Default: 60. */
  readonly timeoutSeconds?: number
  /** MiB of V8 heap of a worker, for the job's own objects (`--heap`). Default: 1024. */
  readonly heapMB?: number
}

export type MaybePromise = void | Promise<void>

/** One of several inputs of a job, with a format and a `map` of its own. */
export interface NamedInput<R = Text, K extends Key = Key, V extends Value = Value> {
  /** Default: `text()`. */
  readonly input?: InputFormat<R>
  readonly map: (record: RecordOf<R>, emit: Emit<K, V>, ctx: TaskContext) => MaybePromise
}

/** Where no format says what a record is, it is a line. */
export type RecordOf<R> = unknown extends R ? Text : R

export interface Job<R = Text, K extends Key = Key, V extends Value = Value> {
  readonly name?: string
  /** One line, shown by `quern jobs`. */
  readonly describe?: string
  readonly params?: Readonly<Record<string, ParamSpec>>
  readonly input?: InputFormat<R>
  readonly output?: OutputFormat
  /** Further outputs by name (letters and digits), for `ctx.write`: files `<name>-r-00000` beside the parts, where something was written. */
  readonly outputs?: Readonly<Record<string, OutputFormat>>
  readonly limits?: JobLimits
  readonly setup?: (ctx: TaskContext) => MaybePromise
  readonly map?: (record: R, emit: Emit<K, V>, ctx: TaskContext) => MaybePromise
  /**
   * In place of `input` and `map`: several inputs by name, given on the command line as `-i name=path`. Each has its own
   * format and `map`; what they emit meets in one `reduce`.
   */
  readonly inputs?: Readonly<Record<string, NamedInput<never, K, V>>>
  /** In place of all functions but `setup`: a join of two inputs, made by `defineJoin`. */
  readonly join?: JoinParts
  /** In place of all functions: a chain of stages, made by `defineFlow`. */
  readonly flow?: FlowParts
  /** May run any number of times; must not change the key. */
  readonly combine?:
    | Aggregate
    | ((key: Seen<K>, values: Iterable<Seen<V>>, emit: Emit<K, V>, ctx: TaskContext) => MaybePromise)
  /** Without it the job is map-only. */
  readonly reduce?:
    | Aggregate
    | PassThrough
    | ((key: Seen<K>, values: Iterable<Seen<V>>, emit: Emit, ctx: TaskContext) => MaybePromise)
  readonly cleanup?: (emit: Emit, ctx: TaskContext) => MaybePromise
  /** For a job that is right with this number of reducers alone, most of all 1; `--reducers` with another is MR_USAGE. */
  readonly reducers?: number
  /** `hash()` (the default), `range()`, or the partition of a key, 0 <= p < partitions. */
  readonly partition?: NamedPartition | ((key: Seen<K>, partitions: number) => number)
  /** Keys are tuples: partition and group by the first `groupBy` fields, values arrive sorted by the rest. */
  readonly groupBy?: number
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti'
export type JoinStrategy = 'sort-merge' | 'broadcast' | 'partitioned' | 'merge'
export type JoinSideName = 'left' | 'right'

/** A choice by the parameters of a run. Anything else than one of the names there are is refused: MR_BAD_PARAM. */
export type ByParams = (params: TaskContext['params']) => ParamValue

/** One side of a join, as the engine sees it. */
export interface JoinSideParts {
  readonly input?: InputFormat<unknown>
  readonly key: (record: never, ctx: TaskContext) => unknown
  readonly value?: (record: never, ctx: TaskContext) => unknown
}

/** A join, as the engine sees it: `defineJoin` has the types and the meaning. */
export interface JoinParts {
  readonly type: JoinType | ByParams
  readonly strategy: JoinStrategy | 'auto' | ByParams
  readonly small?: JoinSideName
  readonly left: JoinSideParts
  readonly right: JoinSideParts
  readonly join?: (key: never, left: never, right: never, emit: Emit, ctx: TaskContext) => MaybePromise
}

type JobWithMap<R, K extends Key, V extends Value> = Omit<Job<R, K, V>, 'map' | 'inputs' | 'join' | 'flow'> & {
  readonly map: NonNullable<Job<R, K, V>['map']>
}

/** `I`: the type of a record of each input. */
type JobWithInputs<I, K extends Key, V extends Value> = Omit<
  Job<never, K, V>,
  'input' | 'map' | 'inputs' | 'join' | 'flow'
> & {
  readonly inputs: { readonly [Name in keyof I]: NamedInput<I[Name], K, V> }
}

/** Gives the compiler the types of a job module; returns its argument. */
export function defineJob<R = Text, K extends Key = Key, V extends Value = Value>(
  job: JobWithMap<R, K, V>,
): Job<R, K, V>
export function defineJob<I, K extends Key = Key, V extends Value = Value>(
  job: JobWithInputs<I, K, V>,
): Job<never, K, V>
export function defineJob<J>(job: J): J {
  return job
}
