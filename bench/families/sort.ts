import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { commandPath, packageInstalled } from '../absent.ts'
import type { BenchOptions, Contender, Family } from '../family.ts'
import { type Input, sortFile } from '../inputs.ts'
import { hashFiles, hashParts, quernJob, quernOutput } from '../quern-job.ts'

const peers = path.resolve(import.meta.dirname, '../peers')

/** Whole lines in one order over all parts. */
export const sort: Family = {
  name: 'sort',
  about: 'lines of 100 bytes by all their bytes, within the same memory',
  size: 1024,
  async tables(options) {
    const input = sortFile(options.sizeBytes, options)
    const size = Math.round(input.bytes / 2 ** 20)
    return [
      {
        title: `sort, ${size} MiB of 100-byte lines, ${options.workers} workers, ${options.memoryBytes / 2 ** 20} MiB`,
        inputBytes: input.bytes,
        contenders: [quernRow(input, options), gnuRow(input, options), duckdbRow(input, options)],
      },
    ]
  },
}

function quernRow(input: Input, options: BenchOptions): Contender {
  return {
    ...quernJob(input, ['sort'], options),
    answer: (attempt) => hashParts(quernOutput(options, 'sort', attempt)),
  }
}

/** Equal lines can not be told apart, so `-s` would change nothing but what is compared once more. */
function gnuRow(input: Input, options: BenchOptions): Contender {
  const { workers, scratch } = options
  const memory = `${options.memoryBytes / 2 ** 20}M`
  const output = (attempt: number) => path.join(scratch, `gnusort-${attempt}`)
  const absent = commandPath('sort')
  return {
    name: 'GNU sort',
    how: `--parallel=${workers} -S ${memory}, LC_ALL=C, without -s`,
    memoryBytes: options.memoryBytes,
    ...(absent !== undefined && { absent }),
    run: (attempt) => ({
      command: 'sort',
      args: [`--parallel=${workers}`, '-S', memory, '-T', scratch, '-o', output(attempt), input.path],
      env: { LC_ALL: 'C' },
    }),
    answer: (attempt) => hashFiles([output(attempt)]),
    discard: (attempt) => rmSync(output(attempt), { force: true }),
  }
}

function duckdbRow(input: Input, options: BenchOptions): Contender {
  const { workers, scratch, memoryBytes } = options
  const output = (attempt: number) => path.join(scratch, `ducksort-${attempt}`)
  const temporary = path.join(scratch, 'ducksort-temporary')
  const absent = packageInstalled('@duckdb/node-api')
  const memory = `${memoryBytes / 2 ** 20}MiB`
  mkdirSync(temporary, { recursive: true })
  return {
    name: 'DuckDB',
    how: `order by, ${workers} threads, memory_limit ${memory}`,
    memoryBytes,
    ...(absent !== undefined && { absent }),
    run: (attempt) => ({
      command: process.execPath,
      args: [path.join(peers, 'sort-duckdb.mjs'), input.path, output(attempt), `${workers}`, memory, temporary],
    }),
    answer: (attempt) => hashFiles([output(attempt)]),
    discard: (attempt) => rmSync(output(attempt), { force: true }),
  }
}
