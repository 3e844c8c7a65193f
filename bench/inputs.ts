import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { JOIN_ROW_BYTES, joinSide } from '../datasets/join-sides.ts'
import { zipfText } from '../datasets/zipf.ts'
import type { BenchOptions } from './family.ts'

export interface Input {
  readonly path: string
  readonly bytes: number
}

/** Zipf-like text of about `bytes`. */
export function zipfFile(bytes: number, options: BenchOptions): Input {
  // The name says everything the bytes depend on; a changed generator needs a new version here.
  const file = `zipf-v1-100000-words-seed-1-${bytes}.txt`
  return generated(file, bytes, options, () => zipfText({ bytes }))
}

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
