import { formatOfFile, text } from '../input/format.ts'
import type { Job, JoinSideName, JoinStrategy } from '../job.ts'
import { type Aggregate, isAggregate, showAggregate } from '../shuffle/aggregate.ts'
import { inputNames, inputOf } from './input-names.ts'
import type { ExpandedInputs } from './inputs.ts'
import type { RunJobOptions } from './job-options.ts'
import type { JoinDecision } from './join-strategy.ts'
import { shown } from './output-place.ts'
import type { WorkPlan } from './plan.ts'
import type { HotGroup } from './skew.ts'

/** One input of a stage. */
export interface InputExplanation {
  /** Empty for the input of a job with a single one. */
  readonly name: string
  readonly format: string
  readonly files: number
  readonly bytes: number
  /** Of the files, how many are compressed: each of these is one split. */
  readonly gzipFiles: number
  /** Of a flow: the stage whose records these are, from 1. Its files are not there yet: the numbers are 0. */
  readonly stage?: number
}

/** What one round of map, shuffle and reduce would do. A job is one stage; a flow is several. */
export interface StageExplanation {
  readonly name: string
  readonly inputs: readonly InputExplanation[]
  /** Undefined where that is decided when the stage begins. */
  readonly splits: number | undefined
  /** 0: the output of the maps is the output. Undefined as above. */
  readonly reducers: number | undefined
  /** How keys find their reducer; empty without reducers. */
  readonly partition: string
  /** What becomes of values before they are shuffled; empty where nothing does. */
  readonly combine: string
  readonly join?: { readonly strategy: JoinStrategy; readonly held: JoinSideName; readonly why: string }
  /** By a sample of the input, if one was taken. */
  readonly skew?: LikelySkew
  readonly output: { readonly path: string; readonly format: string; readonly parts: number | undefined }
}

export interface LikelySkew {
  /** What map emitted for the sample. */
  readonly sampledRecords: number
  /** Records with equal keys are combined while mapping: a hot key costs nothing extra. */
  readonly combined: boolean
  readonly hotKeys: readonly HotGroup[]
  /** Of all records; of all different keys when they are combined. */
  readonly partition?: { readonly part: string; readonly share: number }
}

/** What a job would do, without anything of it being done. */
export interface JobExplanation {
  readonly jobName: string
  readonly workers: number
  readonly memoryBytesPerWorker: number
  readonly stages: readonly StageExplanation[]
  readonly notes: readonly string[]
}

export interface Explained {
  readonly job: Job
  readonly options: RunJobOptions
  readonly inputs: ExpandedInputs
  readonly work: WorkPlan
  readonly join: JoinDecision | undefined
}

export function explanationOf({ job, options, inputs, work, join }: Explained): JobExplanation {
  const format = options.format ?? job.output?.output ?? 'tsv'
  return {
    jobName: options.jobName,
    workers: work.slots,
    memoryBytesPerWorker: work.memoryBytesPerSlot,
    stages: [
      {
        name: options.jobName,
        inputs: (inputNames(job) ?? ['']).map((name) => inputExplanation(job, name, inputs)),
        splits: work.splits.length,
        reducers: work.reducers,
        partition: work.reducers === 0 ? '' : partitionOf(job),
        combine: work.reducers === 0 || join !== undefined ? '' : combineOf(job),
        ...(join === undefined ? {} : { join }),
        output: { path: shown(options.output), format, parts: work.parts.length },
      },
    ],
    notes: work.notes,
  }
}

/** A stage of a flow before all it reads is there: `files` are. `from`: of its inputs, which are of other stages. */
export function unplannedStage(
  name: string,
  job: Job,
  options: RunJobOptions,
  files: ExpandedInputs['files'],
  from: Readonly<Record<string, number>>,
): StageExplanation {
  const format = options.format ?? job.output?.output ?? 'tsv'
  const mapOnly = job.reduce === undefined && job.join === undefined
  const reducers = mapOnly ? 0 : options.reducers
  return {
    name,
    inputs: (inputNames(job) ?? ['']).map((input) => {
      const stage = from[input]
      return { ...inputExplanation(job, input, { files }), ...(stage === undefined ? {} : { stage }) }
    }),
    splits: undefined,
    reducers,
    partition: mapOnly ? '' : partitionOf(job),
    combine: mapOnly || job.join !== undefined ? '' : combineOf(job),
    output: { path: shown(options.output), format, parts: reducers === 0 ? undefined : reducers },
  }
}

function inputExplanation(job: Job, name: string, { files }: Pick<ExpandedInputs, 'files'>): InputExplanation {
  const format = inputOf(job, name === '' ? undefined : name)?.input ?? text()
  const own = files.filter(({ input }) => (input ?? '') === name)
  return {
    name,
    format: [...new Set(own.map((file) => formatOfFile(format, file.name).input))].join(', ') || format.input,
    files: own.length,
    bytes: own.reduce((sum, { length }) => sum + length, 0),
    gzipFiles: own.filter(({ gzip }) => gzip).length,
  }
}

function partitionOf({ partition, groupBy, join }: Job): string {
  if (typeof partition === 'function') return "the job's own function"
  if (partition?.partition === 'range') return 'ranges of keys, cut by a sample of the input'
  if (groupBy !== undefined) return `a hash of the first ${groupBy === 1 ? 'field' : `${groupBy} fields`} of the key`
  return join === undefined ? 'a hash of the key' : 'a hash of the key; hot keys, if a sample shows any, over several'
}

const foldable: readonly Aggregate['aggregate'][] = ['sum', 'count', 'min', 'max', 'stats']

function combineOf({ combine, reduce }: Job): string {
  const aggregate = isAggregate(combine) ? combine : combine === undefined && isAggregate(reduce) ? reduce : undefined
  if (aggregate === undefined) return typeof combine === 'function' ? 'a function, over sorted runs' : ''
  if (aggregate.aggregate === 'distinct') {
    return 'distinct, keys without a value held in a table while mapping (those with one, over sorted runs)'
  }
  return foldable.includes(aggregate.aggregate)
    ? `${aggregate.aggregate}, folded into a table while mapping (what is no number, over sorted runs)`
    : `${showAggregate(aggregate)}, over sorted runs`
}
