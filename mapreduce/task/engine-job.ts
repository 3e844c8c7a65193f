import { MrError } from '../base/errors.ts'
import type { InputFormat } from '../input/format.ts'
import type { JoinParts, JoinType, TaskContext } from '../job.ts'
import type { OutputFormat } from '../output/format.ts'
import type { Decoded } from '../record/decode.ts'
import { type Aggregate, isAggregate, isSameAggregate } from '../shuffle/aggregate.ts'
import { isPassThrough, type PassThrough } from '../shuffle/pass-through.ts'
import { isNamedPartition, type NamedPartition } from '../shuffle/range.ts'
import type { ReduceFunction } from '../shuffle/reduce-groups.ts'
import { joinChoice } from './join-choice.ts'

export type EmitUnknown = (key: unknown, value?: unknown) => void

/** In a flow: takes a record of an aggregate or a sorting in place of the output. */
export type After = (key: unknown, value: unknown, emit: EmitUnknown, ctx: TaskContext) => void

type MapFunction = (record: unknown, emit: EmitUnknown, ctx: TaskContext) => unknown

/** One of a job's inputs; a job without named ones is its own. */
export interface EngineInput {
  readonly input?: InputFormat<unknown>
  readonly map: MapFunction
}

export interface EngineJoinSide {
  readonly input?: InputFormat<unknown>
  /** In a flow: emits the rows of the side that a record makes; `key` and `value` are of those. */
  readonly rows?: (record: unknown, emit: EmitUnknown, ctx: TaskContext) => unknown
  readonly key: (record: unknown, ctx: TaskContext) => unknown
  readonly value?: (record: unknown, ctx: TaskContext) => unknown
}

export interface EngineJoin {
  readonly type: JoinType
  readonly left: EngineJoinSide
  readonly right: EngineJoinSide
  readonly join?: (key: unknown, left: unknown, right: unknown, emit: EmitUnknown, ctx: TaskContext) => unknown
}

/** A job module as the engine calls it: what its author's types promise is not known here. */
export interface EngineJob {
  readonly input?: InputFormat<unknown>
  readonly output?: OutputFormat
  readonly outputs?: Readonly<Record<string, OutputFormat>>
  readonly setup?: (ctx: TaskContext) => unknown
  readonly map?: MapFunction
  readonly inputs?: Readonly<Record<string, EngineInput>>
  readonly join?: Omit<EngineJoin, 'type'> & Pick<JoinParts, 'type' | 'strategy' | 'small'>
  readonly combine?: Aggregate | ReduceFunction
  readonly reduce?: Aggregate | PassThrough | ReduceFunction
  readonly cleanup?: (emit: EmitUnknown, ctx: TaskContext) => unknown
  readonly partition?: NamedPartition | ((key: Decoded, partitions: number) => unknown)
  readonly groupBy?: number
}

/** The job of a loaded module. The master has checked its shape and said what is wrong with it; this is the last line. */
export async function importJob(url: string): Promise<EngineJob> {
  const job = await importDefault(url)
  if (!isEngineJob(job)) throw new MrError('MR_BAD_JOB', `${url} has no job as its default export`)
  return job
}

export async function importDefault(url: string): Promise<unknown> {
  const module: unknown = await import(url)
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
}

function isEngineJob(value: unknown): value is EngineJob {
  return (
    typeof value === 'object' &&
    value !== null &&
    (('map' in value && typeof value.map === 'function') ||
      ('inputs' in value && isInputs(value.inputs)) ||
      ('join' in value && isJoin(value.join))) &&
    (!('combine' in value) || isReduction(value.combine)) &&
    (!('reduce' in value) || isPassThrough(value.reduce) || isReduction(value.reduce)) &&
    (!('partition' in value) ||
      value.partition === undefined ||
      typeof value.partition === 'function' ||
      isNamedPartition(value.partition))
  )
}

function isInputs(value: unknown): boolean {
  const isInput = (input: unknown): boolean =>
    typeof input === 'object' && input !== null && 'map' in input && typeof input.map === 'function'
  return typeof value === 'object' && value !== null && Object.values(value).every(isInput)
}

function isJoin(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'left' in value && 'right' in value
}

/** The join of a job that is one, as the run's parameters have it. */
export function joinOf({ join }: EngineJob, params: TaskContext['params']): EngineJoin {
  if (join === undefined) throw new TypeError('the job is not a join')
  return { ...join, type: joinChoice(join, params).type }
}

/** Reads and maps the files of an input; `name` is undefined in a job without named ones. */
export function inputOf(job: EngineJob, name: string | undefined): EngineInput {
  if (isSingle(job)) return job
  const named =
    name !== undefined && job.inputs !== undefined && Object.hasOwn(job.inputs, name) ? job.inputs[name] : undefined
  if (named === undefined) throw new TypeError(`the job has no input ${JSON.stringify(name)}`)
  return named
}

/** Its `map` is called on the job itself, not bound: the compiler folds it into the loop over the records. */
function isSingle(job: EngineJob): job is EngineJob & EngineInput {
  return job.map !== undefined
}

function isReduction(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || isAggregate(value)
}

/**
 * The aggregate a map task folds by: the job's combine, or its reduce where that is an aggregate and no combine says
 * otherwise. `partial`: the reduce is the same one, and takes unfinished results without loss; those of `stats` are
 * values that `mergeStats` takes.
 */
export function mapSideAggregate(job: EngineJob): { aggregate: Aggregate; partial: boolean } | undefined {
  const aggregate = isAggregate(job.combine) ? job.combine : job.combine === undefined ? job.reduce : undefined
  if (!isAggregate(aggregate)) return undefined
  return {
    aggregate,
    partial: aggregate.aggregate === 'stats' || (isAggregate(job.reduce) && isSameAggregate(job.reduce, aggregate)),
  }
}
