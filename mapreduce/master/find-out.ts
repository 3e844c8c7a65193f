import path from 'node:path'
import type { Job } from '../job.ts'
import { cutKeys, isNamedPartition } from '../shuffle/range.ts'
import { joinChoice } from '../task/join-choice.ts'
import { wholeFiles } from './join-inputs.ts'
import { hotKeys, sampleSegments } from './join-sample.ts'
import { type JoinDecision, partitionedInstead } from './join-strategy.ts'
import type { MasterLimits } from './limits.ts'
import type { Planned } from './plan-job.ts'
import { type PreparationOptions, prepare } from './preparation.ts'
import { rangeSampleSegments } from './range-sample.ts'
import type { BroadcastTable, EncodedKey, HotKey, JobPlan } from './task.ts'

/** What maps are told that only the input can tell. */
export interface Preparation {
  /** The broadcast side of a join. */
  readonly table: BroadcastTable | undefined
  /** Keys of a join that get more than one partition. */
  readonly hot: readonly HotKey[]
  /** Where ranges of keys are cut. */
  readonly cuts: readonly EncodedKey[] | undefined
}

const nothing: Preparation = { table: undefined, hot: [], cuts: undefined }

/**
 * Has a worker find out what the maps need: samples of keys, the table of a broadcast join. `instead`: there is no room
 * for that table, and this is how the join is to be done.
 */
export async function findOut(
  job: Job,
  { join, work, shapes, params }: Planned,
  { files, scratch }: JobPlan,
  { broadcastTableBytesMax }: MasterLimits,
  options: PreparationOptions,
): Promise<Preparation | { readonly instead: JoinDecision }> {
  const task = { task: 0, outputFile: path.join(scratch, 'preparation') }
  const splittable = (index: number): boolean => shapes[index]?.splittable === true
  if (join === undefined) {
    const byRange = isNamedPartition(job.partition) && job.partition.partition === 'range'
    if (!byRange || work.reducers < 2) return nothing
    const segments = rangeSampleSegments(files, splittable)
    const { keys = [] } = await prepare((attempt) => ({ ...task, kind: 'range-sample', attempt, segments }), options)
    return { ...nothing, cuts: cutKeys(keys, work.reducers) }
  }
  if (join.strategy !== 'broadcast') {
    const segments =
      work.reducers > 1 && job.join !== undefined
        ? sampleSegments(joinChoice(job.join, params).type, files, splittable)
        : []
    if (segments.length === 0) return nothing
    const { samples = [] } = await prepare((attempt) => ({ ...task, kind: 'sample', attempt, segments }), options)
    return { ...nothing, hot: hotKeys(samples, work.reducers) }
  }
  const segments = wholeFiles(files, join.held)
  const tableBytesMax = broadcastTableBytesMax
  const { table } = await prepare(
    (attempt) => ({ ...task, kind: 'broadcast', attempt, segments, tableBytesMax }),
    options,
  )
  if (table !== undefined && table !== 'too large') return { ...nothing, table }
  return { instead: partitionedInstead(join, tableBytesMax) }
}
