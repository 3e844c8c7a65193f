import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { BenchOptions, Contender } from './family.ts'
import type { Input } from './inputs.ts'
import { quern } from './quern.ts'

/** The output directory of an attempt of a job; jobs that run side by side in a table have names of their own. */
export function quernOutput(options: BenchOptions, name: string, attempt: number): string {
  return path.join(options.scratch, `quern-${name.replaceAll(/\W+/g, '-')}-${attempt}`)
}

/** `quern run` of a bundled job as a contender. `words`: the job and its parameters. */
export function quernJob(
  input: Input,
  words: readonly string[],
  options: BenchOptions,
  { name = words[0] ?? '', workers = options.workers }: { name?: string; workers?: number } = {},
): Contender {
  const output = (attempt: number) => quernOutput(options, name, attempt)
  const memory = `${options.memoryBytes / 2 ** 20}MB`
  const limits = ['--workers', `${workers}`, '--memory', memory]
  return {
    name: 'quern',
    how: ['run', ...words, ...limits].join(' '),
    memoryBytes: options.memoryBytes,
    run: (attempt) => quern('run', ...words, '-i', input.path, '-o', output(attempt), ...limits, '--quiet'),
    discard: (attempt) => rmSync(output(attempt), { recursive: true, force: true }),
  }
}

/** The parts of an output directory in order. */
function parts(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => name.startsWith('part-'))
  return names.sort().map((name) => path.join(directory, name))
}

export function readParts(directory: string): string {
  return parts(directory)
    .map((file) => readFileSync(file, 'latin1'))
    .join('')
}

/** The hash of a directory's parts put together, whatever their size. */
export const hashParts = (directory: string): string => hashFiles(parts(directory))

export function hashFiles(files: readonly string[]): string {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(1 << 20)
  for (const file of files) {
    const fd = openSync(file, 'r')
    try {
      for (let length = readSync(fd, buffer); length > 0; length = readSync(fd, buffer)) {
        hash.update(buffer.subarray(0, length))
      }
    } finally {
      closeSync(fd)
    }
  }
  return hash.digest('hex')
}

export function sortedLines(text: string): string {
  return text.split('\n').sort().join('\n')
}
