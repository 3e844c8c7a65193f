import { rmSync } from 'node:fs'
import path from 'node:path'
import { zipfVocabulary } from '../../datasets/zipf.ts'
import { commandPath } from '../absent.ts'
import type { BenchOptions, Contender, Family } from '../family.ts'
import { type Input, zipfFile } from '../inputs.ts'
import { hashFiles, hashParts, quernJob, quernOutput } from '../quern-job.ts'

/** Of 100,000 words by frequency, one that few lines have. */
const RANK = 30_000

/** Lines with a word that few have: how fast the others are passed over. MB/s of one worker are those of a thread. */
export const grep: Family = {
  name: 'grep',
  about: 'lines that hold a rare word, with one worker and with all',
  size: 1024,
  async tables(options) {
    const input = zipfFile(options.sizeBytes, options)
    const word = zipfVocabulary(100_000)[RANK] ?? ''
    const workers = [...new Set([1, options.workers])]
    return [
      {
        title: `grep ${word}, ${Math.round(input.bytes / 2 ** 20)} MiB`,
        inputBytes: input.bytes,
        contenders: [
          ...workers.map((n) => quernRow(input, word, n, options)),
          startRow(word, options),
          grepRow(input, word, options),
        ],
      },
    ]
  },
}

function quernRow(input: Input, word: string, workers: number, options: BenchOptions): Contender {
  const name = `grep-${workers}`
  return {
    ...quernJob(input, ['grep', '-p', `pattern=${word}`], options, { name, workers }),
    name: `quern, ${workers} worker${workers === 1 ? '' : 's'}`,
    answer: (attempt) => hashParts(quernOutput(options, name, attempt)),
  }
}

/** What of the rows above is no search. */
function startRow(word: string, options: BenchOptions): Contender {
  const input = zipfFile(1000, options)
  return {
    ...quernJob(input, ['grep', '-p', `pattern=${word}`], options, { name: 'grep-start', workers: 1 }),
    name: 'quern, 1 KB',
    how: 'the same job, for nearly nothing',
    inputBytes: input.bytes,
  }
}

function grepRow(input: Input, word: string, options: BenchOptions): Contender {
  const output = (attempt: number) => path.join(options.scratch, `grep-${attempt}`)
  const absent = commandPath('grep')
  return {
    name: 'grep',
    how: 'grep -F, LC_ALL=C, one thread',
    ...(absent !== undefined && { absent }),
    // A small input may have no such line, which is exit code 1 and no failure.
    run: (attempt) => ({
      command: 'sh',
      args: ['-c', 'grep -F -e "$1" "$2" || [ $? = 1 ]', 'sh', word, input.path],
      env: { LC_ALL: 'C' },
      stdout: output(attempt),
    }),
    answer: (attempt) => hashFiles([output(attempt)]),
    discard: (attempt) => rmSync(output(attempt), { force: true }),
  }
}
