import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { JOIN_ROW_BYTES, joinSide } from '../datasets/join-sides.ts'
import { measurements } from '../datasets/measurements.ts'
import { SORT_RECORD_BYTES, sortRecords } from '../datasets/sort-records.ts'
import { zipfText } from '../datasets/zipf.ts'
import type { BenchOptions } from './family.ts'

export interface Input {
  readonly path: string
  readonly bytes: number
}

// A file's name says everything its bytes depend on; a changed generator needs a new version in it.

/** Zipf-like text of about `bytes`. */
export function zipfFile(bytes: number, options: BenchOptions): Input {
  return generated(`zipf-v1-100000-words-seed-1-${bytes}.txt`, bytes, options, () => zipfText({ bytes }))
}

/** Lines of 100 bytes to sort. */
export function sortFile(bytes: number, options: BenchOptions): Input {
  const records = Math.round(bytes / SORT_RECORD_BYTES)
  return generated(`sort-records-v1-seed-1-${records}.txt`, bytes, options, () => sortRecords({ records }))
}

/** Lines `station;12.3` of 413 stations. */
export function measurementsFile(bytes: number, options: BenchOptions): Input {
  const rows = Math.round(bytes / MEASUREMENT_BYTES)
  return generated(`measurements-v1-413-seed-1-${rows}.txt`, bytes, options, () => measurements({ rows }))
}

/** About the mean length of a line. */
const MEASUREMENT_BYTES = 15.9

/** One of two sides of a join, of about `bytes` each. */
export function joinSideFile(side: 'left' | 'right', bytes: number, options: BenchOptions): Input {
  const rows = Math.max(1, Math.round(bytes / JOIN_ROW_BYTES))
  return generated(`join-v2-${side}-${rows}.csv`, bytes, options, () => joinSide({ rows, side }))
}

/** The flights of the vega-datasets package as CSV; DuckDB reads its parquet file. */
export function flightsCsv(parquet: string, options: BenchOptions): Input {
  mkdirSync(options.cache, { recursive: true })
  const file = path.join(options.cache, `flights-v1-${statSync(parquet).size}.csv`)
  if (!existsSync(file)) {
    options.note(`taking ${parquet} to ${file}`)
    const partial = `${file}.${process.pid}`
    execFileSync(process.execPath, [path.join(import.meta.dirname, 'peers/parquet-to-csv.mjs'), parquet, partial])
    renameSync(partial, file)
  }
  return { path: file, bytes: statSync(file).size }
}

/** Made once and kept in the cache; a half-made file never has the final name. */
function generated(
  name: string,
  bytes: number,
  options: BenchOptions,
  chunks: () => Iterable<string | Uint8Array>,
): Input {
  mkdirSync(options.cache, { recursive: true })
  const file = path.join(options.cache, name)
  if (!existsSync(file)) {
    options.note(`generating ${Math.round(bytes / 1e6)} MB into ${file}`)
    const partial = `${file}.${process.pid}`
    const fd = openSync(partial, 'w')
    try {
      for (const chunk of chunks()) writeSync(fd, typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    } finally {
      closeSync(fd)
    }
    renameSync(partial, file)
  }
  return { path: file, bytes: statSync(file).size }
}
