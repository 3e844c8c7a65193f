import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
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

/** Made once and kept in the cache; a half-made file never has the final name. */
function generated(name: string, bytes: number, options: BenchOptions, make: () => Iterable<Uint8Array>): Input {
  mkdirSync(options.cache, { recursive: true })
  const file = path.join(options.cache, name)
  if (!existsSync(file)) {
    options.note(`generating ${Math.round(bytes / 1e6)} MB into ${file}`)
    const partial = `${file}.${process.pid}`
    const fd = openSync(partial, 'w')
    try {
      for (const chunk of make()) writeSync(fd, chunk)
    } finally {
      closeSync(fd)
    }
    renameSync(partial, file)
  }
  return { path: file, bytes: statSync(file).size }
}
