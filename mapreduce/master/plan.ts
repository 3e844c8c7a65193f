import path from 'node:path'
import { MrError } from '../base/errors.ts'
import type { FileShape } from '../input/file-shape.ts'
import { partName } from '../output/commit.ts'
import type { ExpandedInputs } from './inputs.ts'
import type { DataPath } from './job-options.ts'
import type { MasterLimits } from './limits.ts'
import { pairParts } from './merge-splits.ts'
import { planSplits, type Split, type SplitOptions } from './splits.ts'
import type { InputFile, JoinPlan } from './task.ts'

export interface PlanInput {
  readonly inputs: ExpandedInputs
  readonly mapOnly: boolean
  /** As asked for; undefined lets the input's size decide. */
  readonly reducers: number | undefined
  readonly workers: number
  readonly memoryBytes: number
  readonly splitBytes: number | undefined
  /** False when the input format needs whole files. */
  readonly splittable: boolean
  /** What is known of each file, in their order; instead of `splittable`. */
  readonly shapes?: readonly FileShape[]
  /** How a join is done; undefined for every other job. */
  readonly join?: JoinPlan | undefined
  readonly limits: MasterLimits
}

export interface WorkPlan {
  readonly splits: readonly Split[]
  readonly reducers: number
  /** Worker slots that have something to do and memory to do it in. */
  readonly slots: number
  readonly memoryBytesPerSlot: number
  readonly inputBytes: number
  /** Names of the part files, in order. */
  readonly parts: readonly string[]
  readonly notes: readonly string[]
}

/**
 * How the work is cut up. What decides the output's bytes (the number of reducers, and for a map-only job the splits)
 * depends on the input and on what the user asked for alone, never on workers, memory or where the input lies.
 */
export function planWork(input: PlanInput): WorkPlan {
  const { limits, join } = input
  const { files } = input.inputs
  const mapOnly = input.mapOnly || join?.strategy === 'broadcast' || join?.strategy === 'merge'
  const inputBytes = files.reduce((sum, file) => sum + file.length, 0)
  const workers = checkCount(input.workers, '--workers', 1, limits.workersMax)
  // Which strategy a join has is not for whoever asks for reducers to know: one without reduces does without.
  const asked = mapOnly && join !== undefined ? undefined : input.reducers
  const reducers = mapOnly ? refuseReducers(asked) : countReducers(input.reducers, inputBytes, limits)
  const { slots: affordable, note } = affordableSlots(workers, input.memoryBytes, limits)
  const cut: SplitOptions = {
    splitBytes: input.splitBytes ?? splitBytesFor(inputBytes, affordable, mapOnly, limits),
    cutBytes: limits.cutBytes,
    byBlock: !mapOnly,
    splittable: input.splittable,
    ...(input.shapes === undefined ? {} : { shapes: input.shapes }),
  }
  const splits = join?.strategy === 'merge' ? pairParts(files) : planSplits(mapped(files, join), cut)
  // A job without a byte of input still runs one map: setup and cleanup happen, and a map-only job has its part.
  if (splits.length === 0) splits.push({ segments: [], bytes: 0, placement: { kind: 'none' } })
  const slots = Math.min(affordable, Math.max(splits.length, reducers))
  const kind = mapOnly ? 'map' : 'reduce'
  return {
    splits,
    reducers,
    slots,
    memoryBytesPerSlot: Math.floor(input.memoryBytes / slots),
    inputBytes,
    parts: Array.from({ length: mapOnly ? splits.length : reducers }, (_, index) => partName(kind, index)),
    notes: note === undefined ? [] : [note],
  }
}

/** What maps read: all, but of a broadcast join the side that is in the table. Indices stay those of all files. */
function mapped(files: readonly InputFile[], join: JoinPlan | undefined): readonly InputFile[] {
  if (join?.strategy !== 'broadcast') return files
  return files.map((file) => (file.input === join.held ? { ...file, length: 0 } : file))
}

/** Small inputs in small pieces, so that every worker has some; not for map-only jobs, whose pieces are their parts. */
function splitBytesFor(inputBytes: number, workers: number, mapOnly: boolean, limits: MasterLimits): number {
  if (mapOnly) return limits.splitBytesMax
  const even = Math.ceil(inputBytes / (workers * limits.splitsPerWorker))
  return Math.min(limits.splitBytesMax, Math.max(limits.splitBytesMin, even))
}

function countReducers(asked: number | undefined, inputBytes: number, limits: MasterLimits): number {
  if (asked !== undefined) return checkCount(asked, '--reducers', 1, limits.reducersMax)
  return Math.min(limits.automaticReducersMax, Math.max(1, Math.ceil(inputBytes / limits.reducerInputBytes)))
}

function refuseReducers(asked: number | undefined): 0 {
  if (asked === undefined || asked === 0) return 0
  throw new MrError(
    'MR_USAGE',
    `--reducers ${asked}: the job has no reduce, so it runs maps only. Leave --reducers out.`,
  )
}

function checkCount(value: number, option: string, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new MrError('MR_USAGE', `${option} ${value}: it has to be a whole number from ${least} to ${most}.`)
}

/** Little memory means fewer workers rather than a refusal, down to one. */
function affordableSlots(workers: number, memoryBytes: number, limits: MasterLimits): { slots: number; note?: string } {
  const least = limits.workerMemoryBytesMin
  const affordable = Math.floor(memoryBytes / least)
  if (!(affordable >= 1)) {
    throw new MrError(
      'MR_MEMORY',
      `--memory ${memoryBytes} is too little: a worker needs at least ${least} bytes (${least / (1024 * 1024)}MB). Give at least --memory ${least / (1024 * 1024)}MB.`,
    )
  }
  if (affordable >= workers) return { slots: workers }
  return {
    slots: affordable,
    note: `--memory is enough for ${affordable} of ${workers} workers (${least / (1024 * 1024)} MiB each at least), so ${affordable} ran.`,
  }
}

/** Output inside an input directory would be read by the next run; an input inside the output would be overwritten. */
export function refuseOverlap(inputs: ExpandedInputs, output: DataPath, shownOutput: string): void {
  const api = output.kind === 'local' ? path : path.posix
  const place = output.kind === 'local' ? path.resolve(output.path) : output.path
  for (const directory of inputs.directories) {
    if (directory.kind === output.kind && isInside(place, directory.path, api.sep)) {
      throw new MrError(
        'MR_USAGE',
        `The output ${shownOutput} lies in the input directory ${directory.path}, and would be read as input by the next run. Choose an output outside it.`,
      )
    }
  }
  for (const file of inputs.paths) {
    if (file.kind === output.kind && isInside(file.path, place, api.sep)) {
      throw new MrError('MR_USAGE', `The input ${file.path} lies in the output ${shownOutput}. Choose another output.`)
    }
  }
}

function isInside(inner: string, outer: string, separator: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(separator) ? outer : outer + separator)
}
