import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { commandPath, packageInstalled } from '../absent.ts'
import type { BenchOptions, Contender, Family } from '../family.ts'
import { type Input, measurementsFile } from '../inputs.ts'
import type { ProgramRun } from '../measure.ts'
import { quernJob, quernOutput, readParts, sortedLines } from '../quern-job.ts'

const peers = path.resolve(import.meta.dirname, '../peers')

/** The format of the One Billion Row Challenge beside one thread of C: how many cores quern needs to be as fast. */
export const brc: Family = {
  name: 'brc',
  about: 'min, mean, max of 413 stations, beside a single-threaded C program',
  size: 1024,
  async tables(options) {
    const input = measurementsFile(options.sizeBytes, options)
    const workers = [...new Set([1, options.workers])]
    return [
      {
        title: `measurements by station, ${Math.round(input.bytes / 2 ** 20)} MiB`,
        inputBytes: input.bytes,
        contenders: [
          ...workers.map((n) => quernRow(input, n, options)),
          cRow(input, options),
          duckdbRow(input, options),
        ],
      },
    ]
  },
}

function quernRow(input: Input, workers: number, options: BenchOptions): Contender {
  const name = `stats-${workers}`
  return {
    ...quernJob(input, ['stats', '-p', 'separator=;'], options, { name, workers }),
    name: `quern, ${workers} worker${workers === 1 ? '' : 's'}`,
    answer: (attempt) => sortedLines(readParts(quernOutput(options, name, attempt))),
  }
}

function cRow(input: Input, options: BenchOptions): Contender {
  const program = path.join(options.scratch, 'brc')
  const absent = commandPath('cc') ?? compile(path.join(peers, 'brc.c'), program)
  return peer('C', 'one thread, mmap, a hash table: cc -O2', options, absent, (output) => ({
    command: program,
    args: [input.path],
    stdout: output,
  }))
}

/** Why it can't be run, if so. */
function compile(source: string, program: string): string | undefined {
  mkdirSync(path.dirname(program), { recursive: true })
  const { status, stderr } = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' })
  return status === 0 ? undefined : `cc does not compile it: ${stderr.split('\n')[0]}`
}

function duckdbRow(input: Input, options: BenchOptions): Contender {
  const how = `read_csv, group by, ${options.workers} threads`
  return peer('DuckDB', how, options, packageInstalled('@duckdb/node-api'), (output) => ({
    command: process.execPath,
    args: [path.join(peers, 'brc-duckdb.mjs'), input.path, output, `${options.workers}`],
  }))
}

function peer(
  name: string,
  how: string,
  options: BenchOptions,
  absent: string | undefined,
  run: (output: string) => ProgramRun,
): Contender {
  const output = (attempt: number) => path.join(options.scratch, `brc-${name}-${attempt}`)
  return {
    name,
    how,
    ...(absent !== undefined && { absent }),
    run: (attempt) => run(output(attempt)),
    answer: (attempt) => sortedLines(readFileSync(output(attempt), 'latin1')),
    discard: (attempt) => rmSync(output(attempt), { force: true }),
  }
}
