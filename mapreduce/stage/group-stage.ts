import { MrError } from '../base/errors.ts'
import { directOutput } from '../output/direct-output.ts'
import type { OutputFormat } from '../output/format.ts'
import { Groups } from '../shuffle/groups.ts'
import { type ReduceStep, reduceGroups } from '../shuffle/reduce-groups.ts'
import { type EngineJob, mapSideAggregate } from '../task/engine-job.ts'
import { userStep } from '../task/task-environment.ts'
import { reduceError } from '../task/user-error.ts'
import { GroupFeed } from './group-feed.ts'
import { LineStream } from './line-stream.ts'
import type { StageContext, StageIo } from './stage-io.ts'
import { FormattedOutput, lineOutput, type StageOutput } from './stage-output.ts'

const GROUP_BYTES_MAX = 32 * 1024 * 1024

interface GroupStage {
  readonly step: Omit<ReduceStep, 'sink'>
  readonly output: StageOutput
  readonly groupBy: number
  readonly groupBytesMax: number
}

async function runGroups(stage: GroupStage, io: StageIo): Promise<void> {
  const { output, step } = stage
  const feed = new GroupFeed({
    groupBy: stage.groupBy,
    memoryBytes: stage.groupBytesMax,
    reduce: async (lines) => {
      const stream = new LineStream(lines)
      const groups = new Groups(stream, { groupBy: stage.groupBy, beat: () => {}, checked: false })
      await reduceGroups(groups, () => stream.view, { ...step, sink: output })
      const bytes = output.take()
      if (bytes.length > 0) await io.write(bytes)
    },
  })
  try {
    for await (const chunk of io.input) {
      io.signal.throwIfAborted()
      await feed.add(chunk)
    }
    await feed.end()
  } finally {
    feed.close()
  }
}

export interface GroupStageOptions {
  /** A group larger than this waits in a file for its end; a seam for tests. */
  readonly groupBytesMax?: number
}

/** The reduce of a job as a filter over sorted lines; writes the job's output. */
export async function runReduceStage(
  job: EngineJob,
  ctx: StageContext,
  io: StageIo,
  format: OutputFormat,
  { groupBytesMax = GROUP_BYTES_MAX }: GroupStageOptions = {},
): Promise<void> {
  const { reduce } = job
  if (reduce === undefined) {
    throw new MrError('MR_USAGE', 'The job has no reduce: it is map-only, and quern map gives its output.')
  }
  const output = new FormattedOutput(format)
  await userStep('setup', () => job.setup?.(ctx))
  const step = {
    reduce: typeof reduce === 'function' ? reduce.bind(job) : reduce,
    ctx,
    userError: (cause: unknown, key: Parameters<typeof reduceError>[2]) => reduceError('reduce', cause, key),
  }
  await runGroups({ step, output, groupBy: job.groupBy ?? 0, groupBytesMax }, io)
  await userStep('cleanup', () => job.cleanup?.(directOutput(output).emit, ctx))
  const bytes = output.take()
  if (bytes.length > 0) await io.write(bytes)
}

/**
 * The combine of a job (or the aggregate the engine folds by in its place) as a filter over sorted lines; writes lines
 * for another combine or the reduce. Like the engine's combiner it has neither setup nor cleanup of its own.
 */
export async function runCombineStage(
  job: EngineJob,
  ctx: StageContext,
  io: StageIo,
  { groupBytesMax = GROUP_BYTES_MAX }: GroupStageOptions = {},
): Promise<void> {
  const folding = mapSideAggregate(job)
  const combine = job.combine ?? folding?.aggregate
  if (combine === undefined) {
    throw new MrError(
      'MR_USAGE',
      'The job has no combine. The pipeline is right without it: quern map, sort, quern reduce.',
    )
  }
  const step = {
    reduce: typeof combine === 'function' ? combine.bind(job) : combine,
    ctx,
    combining: { partial: folding?.partial === true },
    userError: (cause: unknown, key: Parameters<typeof reduceError>[2]) => reduceError('combine', cause, key),
  }
  // setup may prepare what combine uses, as it does in the task that combines.
  await userStep('setup', () => job.setup?.(ctx))
  await runGroups({ step, output: lineOutput(), groupBy: 0, groupBytesMax }, io)
}
