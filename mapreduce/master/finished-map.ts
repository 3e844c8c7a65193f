import { crc32 } from 'node:zlib'
import type { TaskDone } from './task.ts'

/**
 * What is written down of a map whose run file is whole, so that a later run of the same job can use it:
 *
 *   finished := "QFIN " version " " crc " " json LF     crc: eight hex digits, the CRC-32 of json
 *   json     := { map, key, runBytes, slices: [[offset, length, records]*], counters, userCounters, skipped }
 *
 * It stands beside the run file under the attempt's name. The run's own blocks carry checksums of their own, and are
 * checked when they are read: a damaged one is a lost run, and its map runs again.
 */
export const FINISHED_VERSION = 1

export interface FinishedMap {
  readonly map: number
  /** See resume-key.ts. */
  readonly key: string
  /** Length of the run file. */
  readonly runBytes: number
  readonly slices: readonly (readonly [offset: number, length: number, records: number])[]
  readonly counters: Readonly<Record<string, number>>
  readonly userCounters: Readonly<Record<string, number>>
  /** Records the map set aside; they are in a file of their own. */
  readonly skipped: number
}

export function encodeFinished(map: number, key: string, runBytes: number, done: TaskDone): string {
  const finished: FinishedMap = {
    map,
    key,
    runBytes,
    slices: done.slices.map(({ offset, length, records }) => [offset, length, records]),
    counters: done.counters,
    userCounters: done.userCounters,
    skipped: done.skipped?.records ?? 0,
  }
  const json = JSON.stringify(finished)
  return `QFIN ${FINISHED_VERSION} ${checksum(json)} ${json}\n`
}

/** Undefined for what is torn, damaged, of another version or no such record: then the map runs again. */
export function decodeFinished(text: string): FinishedMap | undefined {
  const match = /^QFIN (\d+) ([0-9a-f]{8}) (.*)\n$/.exec(text)
  if (match === null) return undefined
  const [, version, crc, json = ''] = match
  if (Number(version) !== FINISHED_VERSION || crc !== checksum(json)) return undefined
  const found: unknown = JSON.parse(json)
  return isFinished(found) ? found : undefined
}

/** The slices as the reduces are to read them. */
export function resumedResult(finished: FinishedMap, runFile: string, skippedFile: string): TaskDone {
  return {
    ok: true,
    counters: finished.counters,
    userCounters: finished.userCounters,
    slices: finished.slices.map(([offset, length, records]) => ({
      file: runFile,
      offset,
      length,
      records,
      mapTask: finished.map,
    })),
    outputBytes: 0,
    ...(finished.skipped === 0 ? {} : { skipped: { file: skippedFile, records: finished.skipped } }),
    bad: [],
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

function isCounts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((count) => typeof count === 'number')
}

function isFinished(value: unknown): value is FinishedMap {
  if (typeof value !== 'object' || value === null) return false
  if (!('map' in value && 'key' in value && 'runBytes' in value && 'slices' in value && 'skipped' in value))
    return false
  const { map, key, runBytes, slices, skipped } = value
  if (!isSize(map) || typeof key !== 'string' || !isSize(runBytes) || !isSize(skipped) || !Array.isArray(slices))
    return false
  const inside = slices.every(
    (slice) =>
      Array.isArray(slice) &&
      slice.length === 3 &&
      slice.every(isSize) &&
      (slice[0] ?? 0) + (slice[1] ?? 0) <= runBytes,
  )
  return (
    inside && 'counters' in value && isCounts(value.counters) && 'userCounters' in value && isCounts(value.userCounters)
  )
}
