import { MrError } from '../base/errors.ts'
import { type FileShape, needsInspection, shapeOf } from '../input/file-shape.ts'
import { type FileFormat, formatOfFile } from '../input/format.ts'
import type { Job } from '../job.ts'
import { joinChoice } from '../task/join-choice.ts'
import { inputOf } from './input-names.ts'
import type { ExpandedInputs } from './inputs.ts'
import type { RunJobOptions } from './job-options.ts'
import { heldFirst } from './join-inputs.ts'
import { decideJoin, type JoinDecision } from './join-strategy.ts'
import type { MasterLimits } from './limits.ts'
import { shown } from './output-place.ts'
import { planWork, refuseOverlap, type WorkPlan } from './plan.ts'
import type { JobPlan } from './task.ts'

/** What a job is given. */
export interface Given {
  readonly params: JobPlan['params']
  readonly sides: JobPlan['sides']
  readonly inputs: ExpandedInputs
}

/** What is to be done, before anything is opened. */
export interface Planned extends Given {
  /** Of the input files, in their order. */
  readonly shapes: readonly FileShape[]
  readonly work: WorkPlan
  readonly join: JoinDecision | undefined
}

/** Looks into the input as far as its formats ask for it, and plans. Nothing is written or started. */
export async function planJob(job: Job, options: RunJobOptions, limits: MasterLimits, given: Given): Promise<Planned> {
  const { output, skipBad } = options
  if (skipBad !== undefined && job.join !== undefined) {
    throw new MrError(
      'MR_USAGE',
      `--skip-bad ${skipBad}: a join sets no records aside, since a row left out of one side changes the rows of the other. Leave it out, or clean the input with a job of its own first.`,
    )
  }
  refuseOverlap(given.inputs, output, shown(output))
  const join =
    job.join === undefined ? undefined : decideJoin(joinChoice(job.join, given.params), given.inputs.files, limits)
  return await planJobAs(join, job, options, limits, given)
}

/** The same with the strategy of the join decided. */
export async function planJobAs(
  join: JoinDecision | undefined,
  job: Job,
  { reducers, workers, memoryBytes, splitBytes, signal }: RunJobOptions,
  limits: MasterLimits,
  given: Given,
): Promise<Planned> {
  const { params, sides } = given
  const inputs = join === undefined ? given.inputs : heldFirst(given.inputs, join)
  const shapes = await shapesOf(job, inputs, signal)
  const work = planWork({
    inputs,
    mapOnly: job.reduce === undefined && job.join === undefined,
    reducers: reducersOf(job, reducers),
    workers,
    memoryBytes,
    splitBytes,
    splittable: true,
    shapes,
    join,
    limits,
  })
  return { params, sides, inputs, shapes, work, join }
}

function reducersOf(job: Job, asked: number | undefined): number | undefined {
  if (asked === undefined || job.reducers === undefined || asked === job.reducers) return asked ?? job.reducers
  throw new MrError(
    'MR_USAGE',
    `--reducers ${asked}: the job says that it is right with ${job.reducers} alone. Leave --reducers out.`,
  )
}

async function shapesOf(job: Job, { files }: ExpandedInputs, signal: AbortSignal | undefined): Promise<FileShape[]> {
  // One object for all files without a format of their own: files of one format have one header.
  const standard: FileFormat = { input: 'text' }
  const formats = files.map(({ input, name }) => formatOfFile(inputOf(job, input)?.input ?? standard, name))
  const formatOf = (index: number): FileFormat => formats[index] ?? standard
  if (!files.some((_file, index) => needsInspection(formatOf(index)))) {
    return files.map((_file, index) => shapeOf(formatOf(index)))
  }
  const { inspectFiles } = await import('../input/inspect.ts')
  return await inspectFiles(files, formatOf, signal)
}
