import { existsSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { packageInstalled } from '../absent.ts'
import type { BenchOptions, Contender, Family, Table } from '../family.ts'
import { flightsCsv, type Input, joinSideFile } from '../inputs.ts'
import { quern } from '../quern.ts'
import { unordered } from '../unordered.ts'

const peers = path.resolve(import.meta.dirname, '../peers')

interface Sides {
  readonly left: string
  readonly leftKey: string
  readonly right: string
  readonly rightKey: string
}

/** The bundled join of a large file with a small one, which is broadcast, and of two large ones. */
export const join: Family = {
  name: 'join',
  about: 'joins of CSV files by a column, whole process, warm cache',
  async tables(options) {
    return [flightsTable(options), largeTable(options)]
  },
}

/** 3,000,000 flights with the airports they left from: real data, 100 MB with 200 KB. */
function flightsTable(options: BenchOptions): Table {
  const title = `join of flights with airports, ${options.workers} workers`
  const missing = packageInstalled('vega-datasets') ?? packageInstalled('@duckdb/node-api')
  if (missing !== undefined) {
    return { title, contenders: [{ name: 'quern', how: '', run: () => quern('--version'), absent: missing }] }
  }
  const data = path.resolve(createRequire(import.meta.url).resolve('vega-datasets'), '../../data')
  const flights = flightsCsv(path.join(data, 'flights-3m.parquet'), options)
  const sides = { left: flights.path, leftKey: 'origin', right: path.join(data, 'airports.csv'), rightKey: 'iata' }
  return {
    title,
    inputBytes: flights.bytes,
    contenders: [quernRow('quern', 'auto', sides, options), duckdbRow(sides, options)],
  }
}

/** Two sides of the same size, each id once in both. */
function largeTable(options: BenchOptions): Table {
  const left: Input = joinSideFile('left', options.sizeBytes / 2, options)
  const right: Input = joinSideFile('right', options.sizeBytes / 2, options)
  const sides = { left: left.path, leftKey: 'id', right: right.path, rightKey: 'id' }
  return {
    title: `join of two large sides, ${Math.round((left.bytes + right.bytes) / 2 ** 20)} MiB, ${options.workers} workers`,
    inputBytes: left.bytes + right.bytes,
    contenders: [
      quernRow('quern, sort-merge', 'sort-merge', sides, options),
      quernRow('quern, partitioned', 'partitioned', sides, options),
      duckdbRow(sides, options),
    ],
  }
}

function quernRow(name: string, strategy: string, sides: Sides, options: BenchOptions): Contender {
  const output = (attempt: number) => path.join(options.scratch, `join-${strategy}-${attempt}`)
  const memory = `${options.memoryBytes / 2 ** 20}MB`
  const budget = ['--workers', `${options.workers}`, '--memory', memory]
  const params = [`leftKey=${sides.leftKey}`, `rightKey=${sides.rightKey}`, `strategy=${strategy}`]
  return {
    name,
    how: `run join -p strategy=${strategy} ${budget.join(' ')}`,
    memoryBytes: options.memoryBytes,
    run: (attempt) =>
      quern(
        ...['run', 'join', '-i', `left=${sides.left}`, '-i', `right=${sides.right}`, '-o', output(attempt)],
        ...[...budget, ...params.flatMap((param) => ['-p', param]), '--quiet'],
      ),
    answer: (attempt) => {
      const parts = readdirSync(output(attempt)).filter((part) => part.startsWith('part-'))
      return unordered(parts.map((part) => path.join(output(attempt), part)))
    },
    discard: (attempt) => rmSync(output(attempt), { recursive: true, force: true }),
  }
}

function duckdbRow({ left, leftKey, right, rightKey }: Sides, options: BenchOptions): Contender {
  const output = (attempt: number) => path.join(options.scratch, `join-duckdb-${attempt}`)
  const script = path.join(peers, 'join-duckdb.mjs')
  const absent = packageInstalled('@duckdb/node-api')
  return {
    name: 'DuckDB',
    how: `read_csv of both as text, join, copy to CSV, ${options.workers} threads`,
    ...(absent !== undefined && { absent }),
    run: (attempt) => ({
      command: process.execPath,
      args: [script, left, leftKey, right, rightKey, output(attempt), `${options.workers}`],
    }),
    answer: (attempt) => (existsSync(output(attempt)) ? unordered([output(attempt)]) : ''),
    discard: (attempt) => rmSync(output(attempt), { force: true }),
  }
}
