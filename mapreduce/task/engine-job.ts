import { MrError } from '../base/errors.ts'
import type { InputFormat } from '../input/format.ts'
import type { TaskContext } from '../job.ts'
import type { OutputFormat } from '../output/format.ts'
import type { Decoded } from '../record/decode.ts'
import { type Aggregate, isAggregate } from '../shuffle/aggregate.ts'
import type { ReduceFunction } from '../shuffle/reduce-groups.ts'

type EmitUnknown = (key: unknown, value?: unknown) => void

/** A job module as the engine calls it: what its author's types promise is not known here. */
export interface EngineJob {
  readonly input?: InputFormat<unknown>
  readonly output?: OutputFormat
  readonly outputs?: Readonly<Record<string, OutputFormat>>
  readonly setup?: (ctx: TaskContext) => unknown
  readonly map: (record: unknown, emit: EmitUnknown, ctx: TaskContext) => unknown
  readonly combine?: Aggregate | ReduceFunction
  readonly reduce?: Aggregate | ReduceFunction
  readonly cleanup?: (emit: EmitUnknown, ctx: TaskContext) => unknown
  readonly partition?: (key: Decoded, partitions: number) => unknown
  readonly groupBy?: number
}

/** The job of a loaded module. The master has checked its shape and said what is wrong with it; this is the last line. */
export async function importJob(url: string): Promise<EngineJob> {
  const module: unknown = await import(url)
  const job = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  if (!isEngineJob(job)) throw new MrError('MR_BAD_JOB', `${url} has no job as its default export`)
  return job
}

function isEngineJob(value: unknown): value is EngineJob {
  return (
    typeof value === 'object' &&
    value !== null &&
    'map' in value &&
    typeof value.map === 'function' &&
    (!('combine' in value) || isReduction(value.combine)) &&
    (!('reduce' in value) || isReduction(value.reduce))
  )
}

function isReduction(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || isAggregate(value)
}

/**
 * The aggregate a map task folds by: the job's combine, or its reduce where that is an aggregate and no combine says
 * otherwise. `partial`: the reduce is the same one, and takes unfinished results without loss.
 */
export function mapSideAggregate(job: EngineJob): { aggregate: Aggregate; partial: boolean } | undefined {
  const aggregate = isAggregate(job.combine) ? job.combine : job.combine === undefined ? job.reduce : undefined
  if (!isAggregate(aggregate)) return undefined
  return { aggregate, partial: isAggregate(job.reduce) && job.reduce.aggregate === aggregate.aggregate }
}
