import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { commandPath, packageInstalled } from '../absent.ts'
import type { BenchOptions, Contender, Family, Table } from '../family.ts'
import { type Input, zipfFile } from '../inputs.ts'
import { quernJob, quernOutput, readParts, sortedLines } from '../quern-job.ts'

const peers = path.resolve(import.meta.dirname, '../peers')

/** The main job: words and their counts, by the bundled job's plain `map` function and by the built-in one, against what people use instead. */
export const wordcount: Family = {
  name: 'wordcount',
  about: 'word count over Zipf-like text, whole process, warm cache',
  async tables(options) {
    const input = zipfFile(options.sizeBytes, options)
    const contenders = [
      quernRow(input, options),
      builtInRow(input, options),
      awkRow('mawk', input, options),
      readlineRow(input, options),
      duckdbRow(input, options),
    ]
    if (options.slow) contenders.push(awkRow('gawk', input, options), pipelineRow(input, options))
    const table: Table = {
      title: `word count, ${Math.round(input.bytes / 2 ** 20)} MiB, ${options.workers} workers`,
      inputBytes: input.bytes,
      contenders,
    }
    return [table]
  },
}

function quernRow(input: Input, options: BenchOptions): Contender {
  return {
    ...quernJob(input, ['wordcount'], options),
    answer: (attempt) => sortedLines(readParts(quernOutput(options, 'wordcount', attempt))),
  }
}

/** The same with the map that the engine knows by name, as `bench/peers/wordcount-built-in.mjs` has it. */
function builtInRow(input: Input, options: BenchOptions): Contender {
  const name = 'built-in'
  return {
    ...quernJob(input, [path.join(peers, 'wordcount-built-in.mjs')], options, { name }),
    name: 'quern, words',
    how: '`map: words` in place of the function',
    answer: (attempt) => sortedLines(readParts(quernOutput(options, name, attempt))),
  }
}

/** Why what takes about a minute for this input is left out. */
function minuteLong({ sizeBytes, slow }: BenchOptions): string | undefined {
  return slow || sizeBytes <= 512 * 2 ** 20 ? undefined : 'takes about a minute a run at this size; --slow has it'
}

function awkRow(name: 'mawk' | 'gawk', input: Input, options: BenchOptions): Contender {
  const absent = commandPath(name) ?? minuteLong(options)
  return peer(name, 'associative array, LC_ALL=C', options, absent, (output) => ({
    command: name,
    args: ['-f', path.join(peers, 'wordcount.awk'), input.path],
    env: { LC_ALL: 'C' },
    stdout: output,
  }))
}

function readlineRow(input: Input, options: BenchOptions): Contender {
  return peer('node', 'readline, split, Map', options, minuteLong(options), (output) => ({
    command: process.execPath,
    args: [path.join(peers, 'wordcount-readline.mjs'), input.path, output],
  }))
}

function duckdbRow(input: Input, options: BenchOptions): Contender {
  const how = `read_csv, unnest(string_split), ${options.workers} threads`
  return peer('DuckDB', how, options, packageInstalled('@duckdb/node-api'), (output) => ({
    command: process.execPath,
    args: [path.join(peers, 'wordcount-duckdb.mjs'), input.path, output, `${options.workers}`],
  }))
}

function pipelineRow(input: Input, options: BenchOptions): Contender {
  const script = `tr -s '[:space:]' '\\n' < "$1" | sort | uniq -c | awk '$2 != "" { print $2 "\\t" $1 }'`
  return peer('tr|sort|uniq', 'the Unix pipeline, LC_ALL=C', options, undefined, (output) => ({
    command: 'sh',
    args: ['-c', script, 'sh', input.path],
    env: { LC_ALL: 'C' },
    stdout: output,
  }))
}

/** A contender that leaves `word TAB count` lines in one file. */
function peer(
  name: string,
  how: string,
  options: BenchOptions,
  absent: string | undefined,
  run: (output: string) => ReturnType<Contender['run']>,
): Contender {
  const output = (attempt: number) => path.join(options.scratch, `${name.replaceAll('|', '-')}-${attempt}`)
  return {
    name,
    how,
    ...(absent !== undefined && { absent }),
    run: (attempt) => run(output(attempt)),
    answer: (attempt) => sortedLines(existsSync(output(attempt)) ? readFileSync(output(attempt), 'latin1') : ''),
    discard: (attempt) => rmSync(output(attempt), { force: true }),
  }
}
