import { counter } from '../base/counters.ts'
import type { WorkPlan } from './plan.ts'
import type { TaskResults } from './task-results.ts'

/** What made one reduce larger than the others. */
export interface Skew {
  /** The largest partition, where it is out of proportion. */
  readonly partition?: {
    readonly part: string
    readonly bytes: number
    readonly records: number
    /** Of all shuffled bytes. */
    readonly share: number
    /** What the other partitions hold on average. */
    readonly othersMeanBytes: number
  }
  /** Keys as they stand in messages, the largest first. */
  readonly hotKeys: readonly HotGroup[]
}

export interface HotGroup {
  readonly key: string
  /** Of all records of the reduces. */
  readonly share: number
}

/** A smaller partition is no skew worth a word. */
const PARTITION_BYTES_MIN = 4 * 1024 * 1024
const TIMES_OTHERS = 2
/** A key is hot with this much of all records, */
const KEY_SHARE = 0.1
/** and at least this much of what a partition holds on average (as of a join's: see join-sample.ts). */
const KEY_SHARE_OF_PARTITION = 0.5
const KEYS_TOLD = 4

/** The size of the largest partition is out of proportion to the mean of the others. */
export const isSkewed = (largest: number, othersMean: number): boolean => largest > TIMES_OTHERS * othersMean

export function hotGroups(groups: readonly HotGroup[], reducers: number): HotGroup[] {
  return groups
    .filter(({ share }) => share > KEY_SHARE && share * reducers >= KEY_SHARE_OF_PARTITION)
    .sort((a, b) => b.share - a.share)
    .slice(0, KEYS_TOLD)
}

/** Of a job that is done; undefined when all is even. */
export function skewOf(results: TaskResults, { splits, reducers, parts }: WorkPlan): Skew | undefined {
  // One reduce can't be larger than the others.
  if (reducers < 2) return undefined
  const sizes = parts.map((part, partition) => {
    const slices = splits.map((_split, map) => results.of('map', map)?.slices[partition])
    return {
      part,
      bytes: slices.reduce((sum, slice) => sum + (slice?.length ?? 0), 0),
      records: slices.reduce((sum, slice) => sum + (slice?.records ?? 0), 0),
    }
  })
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
  const largest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a), { part: '', bytes: 0, records: 0 })
  const othersMeanBytes = (total - largest.bytes) / (reducers - 1)
  const records = results.sum(({ counters }) => counters[counter.reduceInputRecords] ?? 0)
  const groups = parts.flatMap((_part, partition) => results.of('reduce', partition)?.large ?? [])
  const hotKeys = hotGroups(
    groups.map(({ shown, records: own }) => ({ key: shown, share: own / records })),
    reducers,
  )
  if (largest.bytes < PARTITION_BYTES_MIN || !isSkewed(largest.bytes, othersMeanBytes)) {
    return hotKeys.length === 0 ? undefined : { hotKeys }
  }
  return { partition: { ...largest, share: largest.bytes / total, othersMeanBytes }, hotKeys }
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`

/** `"a" has 41 % of the records, "b" 12 %`. */
export function showHotKeys(hotKeys: readonly HotGroup[], of: string): string {
  return hotKeys
    .map(({ key, share }, n) => (n === 0 ? `${key} has ${percent(share)} of ${of}` : `${key} ${percent(share)}`))
    .join(', ')
}

/** In sentences, with what to do. */
export function skewNotes(skew: Skew | undefined): string[] {
  if (skew === undefined) return []
  const { partition, hotKeys } = skew
  const notes: string[] = []
  if (partition !== undefined) {
    const { part, bytes, share, othersMeanBytes: mean } = partition
    const often = mean > 0 ? `${(bytes / mean).toFixed(1)} times the mean of the others` : 'the others got nothing'
    const advice = hotKeys.length > 0 ? '' : ' More --reducers, or a key or partition that spreads, make it even.'
    notes.push(
      `Skewed partition: ${part} got ${percent(share)} of the shuffled bytes (${Math.round(bytes / 2 ** 20)} MiB), ${often}.${advice}`,
    )
  }
  if (hotKeys.length > 0) {
    notes.push(
      `Hot ${hotKeys.length === 1 ? 'key' : 'keys'}: ${showHotKeys(hotKeys, 'the records to reduce')}. All records of a key go to one reduce; an aggregate (sum, stats, …) or a combine makes few of them while mapping.`,
    )
  }
  return notes
}
