import type { BenchOptions, Contender, Family, Table } from '../family.ts'
import { type Input, sortFile, zipfFile } from '../inputs.ts'
import { quernJob } from '../quern-job.ts'

/** Parts of `--size`; the last with `--slow` only. */
const PARTS = [0.25, 0.5, 1, 2]
const SLOW_PART = 4

/** Whether time grows as the input does, and what a second worker brings: quern alone. */
export const scale: Family = {
  name: 'scale',
  about: 'word count and sort of a quarter, half, one and two times the size, with one worker and with all',
  size: 1024,
  async tables(options) {
    return [table('word count', 'wordcount', zipfFile, options), table('sort', 'sort', sortFile, options)]
  },
}

function table(
  title: string,
  job: string,
  makeInput: (bytes: number, options: BenchOptions) => Input,
  options: BenchOptions,
): Table {
  const parts = options.slow ? [...PARTS, SLOW_PART] : PARTS
  const inputs = parts.map((part) => makeInput(Math.round(part * options.sizeBytes), options))
  const workers = [...new Set([1, options.workers])]
  const contenders = workers.flatMap((n) => inputs.map((input) => row(job, input, n, options)))
  return { title: `${title} by size and workers`, contenders }
}

function row(job: string, input: Input, workers: number, options: BenchOptions): Contender {
  const size = `${(input.bytes / 2 ** 20).toFixed(input.bytes < 2 ** 24 ? 2 : 0)} MiB`
  const name = `${size}, ${workers} worker${workers === 1 ? '' : 's'}`
  return { ...quernJob(input, [job], options, { name: `${job}-${name}`, workers }), name, inputBytes: input.bytes }
}
