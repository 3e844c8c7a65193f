import path from 'node:path'
import { MrError } from '../base/errors.ts'
import type { Job } from '../job.ts'
import type { JobExplanation, LikelySkew } from './explain.ts'
import { findOut } from './find-out.ts'
import { hotKeyNotes } from './join-sample.ts'
import type { MasterLimits } from './limits.ts'
import type { Planned } from './plan-job.ts'
import type { WorkerPool } from './pool.ts'
import { prepare } from './preparation.ts'
import { evenSegments } from './sample-segments.ts'
import { hotGroups, isSkewed, percent, showHotKeys } from './skew.ts'
import type { JobPlan, SkewSample } from './task.ts'

/** Pieces that are mapped, and how long each is: a tenth of all records shows in much less. */
const WINDOWS = 16
const WINDOW_BYTES = 32 * 1024
/** A partition with fewer sampled records is as good as empty. */
const PARTITION_RECORDS_MIN = 500

export interface SkewQuestion {
  readonly job: Job
  readonly planned: Planned
  readonly limits: MasterLimits
  readonly signal: AbortSignal | undefined
  /** The plan a worker samples by; reads the side files. */
  readonly plan: () => Promise<JobPlan>
  readonly startPool: (plan: JobPlan) => WorkerPool
}

/**
 * Adds to an explanation what a sample of the input says of hot keys and large partitions. It runs the job's `map` over
 * some pieces of the input; when that fails the explanation is as it would be without, and a note says why.
 */
export async function explainSkew(explanation: JobExplanation, question: SkewQuestion): Promise<JobExplanation> {
  const { signal } = question
  const { explainMsMax } = question.limits
  // One reduce can't be larger than the others.
  if (question.planned.work.reducers < 2) return explanation
  const tooLong = AbortSignal.timeout(explainMsMax)
  try {
    const both = AbortSignal.any(signal === undefined ? [tooLong] : [tooLong, signal])
    return await sampled(explanation, { ...question, signal: both })
  } catch (error) {
    if (signal?.aborted === true) throw error
    const why = tooLong.aborted ? `it took more than ${explainMsMax / 1000} s` : firstLines(error)
    return noted(explanation, [`Hot keys and skewed partitions are not known, since the sample failed: ${why}`])
  }
}

async function sampled(explanation: JobExplanation, question: SkewQuestion): Promise<JobExplanation> {
  const { job, planned, limits, signal } = question
  const segments = evenSegments(planned.inputs.files, {
    windows: WINDOWS,
    windowBytes: WINDOW_BYTES,
    of: (_file, index) => planned.shapes[index]?.splittable === true,
  })
  if (segments.length === 0) return explanation
  const plan = await question.plan()
  const pool = question.startPool(plan)
  try {
    const options = { pool, attemptsMax: 1, signal, reportBad: async () => {} }
    const found = await findOut(job, planned, plan, limits, options)
    if ('instead' in found) return explanation
    if (planned.join !== undefined) return noted(explanation, hotKeyNotes(found.hot, 'are'))
    const { cuts } = found
    const outputFile = path.join(plan.scratch, 'sample')
    const task = {
      kind: 'skew-sample',
      task: 0,
      segments,
      outputFile,
      ...(cuts === undefined ? {} : { cuts }),
    } as const
    const { skew } = await prepare((attempt) => ({ ...task, attempt }), options)
    return skew === undefined ? explanation : withSkew(explanation, skew, planned.work.parts)
  } finally {
    await pool.close()
  }
}

function withSkew(explanation: JobExplanation, sample: SkewSample, parts: readonly string[]): JobExplanation {
  const skew = likelySkew(sample, parts)
  const { hotKeys, partition } = skew
  const notes: string[] = []
  if (partition !== undefined) {
    notes.push(
      `Skewed partition: ${partition.part} would get about ${percent(partition.share)} of ${sample.onceAKey ? 'the different keys' : 'the records'}, by a sample.`,
    )
  }
  if (hotKeys.length > 0) {
    const what = `Hot ${hotKeys.length === 1 ? 'key' : 'keys'}, by a sample: ${showHotKeys(hotKeys, 'what map emits')}.`
    notes.push(
      sample.onceAKey
        ? `${what} That costs nothing extra: records with equal keys are combined while mapping.`
        : `${what} All records of a key go to one reduce; an aggregate (sum, stats, …) or a combine makes few of them while mapping.`,
    )
  }
  const [stage, ...rest] = explanation.stages
  const stages = stage === undefined ? [] : [{ ...stage, skew }, ...rest]
  return noted({ ...explanation, stages }, notes)
}

function likelySkew({ records, keys, partitions, onceAKey }: SkewSample, parts: readonly string[]): LikelySkew {
  const hotKeys = hotGroups(
    keys.map(({ key, records: own }) => ({ key, share: own / records })),
    parts.length,
  )
  const total = partitions.reduce((sum, own) => sum + own, 0)
  const largest = Math.max(0, ...partitions)
  const part = parts[partitions.indexOf(largest)]
  const othersMean = (total - largest) / Math.max(1, partitions.length - 1)
  const told = { sampledRecords: records, combined: onceAKey, hotKeys }
  if (part === undefined || parts.length < 2 || largest < PARTITION_RECORDS_MIN || !isSkewed(largest, othersMean)) {
    return told
  }
  return { ...told, partition: { part, share: largest / total } }
}

function noted(explanation: JobExplanation, notes: readonly string[]): JobExplanation {
  return { ...explanation, notes: [...explanation.notes, ...notes] }
}

/** What is wrong and where; the last line of a preparation's failure speaks of the run. */
function firstLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const lines = text.split('\n')
  return (error instanceof MrError && lines.length > 1 ? lines.slice(0, -1) : lines)
    .map((line) => line.trim())
    .join(' ')
}
