import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sortRecords } from '../../datasets/sort-records.ts'
import { compiledQuern } from '../bin/support/compiled.ts'

/** The output of `quern run sort`, part after part, against GNU sort with -s. */

let directory = ''
const LINES = 4000

/** Few different words and numbers, so that there are equals; lines of every length, and bytes of every kind. */
function lines(seed: number): Buffer {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const words = ['', 'a', 'ab', 'b', 'Größe', '\u0001', 'zz zz', '-1.5', '10', '9', '-0', '1e3', '.5', '007', 'x9']
  const word = (): string => words[random(words.length)] ?? ''
  const all = Array.from({ length: LINES }, (_, i) => `${word()},${word()}\t${word()} ${word()} ${i % 97}`)
  return Buffer.concat([Buffer.from(all.join('\n')), Buffer.from([10, 0, 255, 10, 255, 0])])
}

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-sort-'))
  fs.mkdirSync(path.join(directory, 'in'))
  for (const seed of [1, 2, 3]) fs.writeFileSync(path.join(directory, 'in', `${seed}.txt`), lines(seed))
  const records = [...sortRecords({ records: 25_000 })].map((chunk) => Buffer.from(chunk))
  fs.writeFileSync(path.join(directory, 'records.txt'), Buffer.concat(records))
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

let runs = 0

async function sorted(input: string, ...words: string[]): Promise<readonly Buffer[]> {
  const output = `out-${runs++}`
  const { code, err } = await compiledQuern(['run', 'sort', '-i', input, '-o', output, '--quiet', ...words], {
    cwd: directory,
  })
  expect(err).toBe('')
  expect(code).toBe(0)
  const parts = fs.readdirSync(path.join(directory, output)).filter((name) => name.startsWith('part-'))
  return parts.sort().map((name) => fs.readFileSync(path.join(directory, output, name)))
}

function gnuSort(files: readonly string[], ...words: string[]): Buffer {
  const given = files.map((file) => path.join(directory, file))
  // Files without a last line end get one, as our lines do.
  const script = 'files=$1; shift; for f in $files; do cat "$f"; echo; done | sed "/^$/d" | sort -s "$@"'
  return execFileSync('bash', ['-c', script, '-', given.join(' '), ...words], {
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 2 ** 28,
  })
}

/** Comparing megabytes byte by byte takes the test library seconds. */
function expectSame(ours: Buffer | undefined, theirs: Buffer | undefined): void {
  expect(ours?.length).toBe(theirs?.length)
  expect(ours !== undefined && theirs !== undefined && ours.equals(theirs)).toBe(true)
}

const three = ['in/1.txt', 'in/2.txt', 'in/3.txt']

describe('sort gives one order over all parts, the one of GNU sort', () => {
  it.each([
    ['by all bytes', [], []],
    ['the other way round', ['-p', 'reverse'], ['-r']],
    ['by a field between blanks', ['-p', 'key=2'], ['-b', '-k2,2']],
    ['by the number in a field, equals in input order', ['-p', 'key=3', '-p', 'numeric'], ['-b', '-k3,3n']],
    ['by a number, the greatest first', ['-p', 'numeric', '-p', 'reverse'], ['-n', '-r']],
    ['by a field between separators', ['-p', 'key=2', '-p', 'separator=,'], ['-t,', '-k2,2']],
    ['by a field after a tab', ['-p', 'key=2', '-p', 'separator=\\t', '-p', 'reverse'], ['-t\t', '-k2,2', '-r']],
  ])('%s', async (_what, ours, theirs) => {
    const parts = await sorted('in', '-r', '5', ...ours)
    expect(parts.length).toBe(5)
    expectSame(Buffer.concat(parts), gnuSort(three, ...theirs))
  })

  it('in parts of about the same size', async () => {
    const parts = await sorted('records.txt', '-r', '4')
    expectSame(Buffer.concat(parts), gnuSort(['records.txt']))
    for (const part of parts) {
      expect(part.length).toBeGreaterThan(500_000)
      expect(part.length).toBeLessThan(750_000)
    }
  })

  it('the same bytes whatever the workers and the memory', async () => {
    const [one, two, three] = await sorted('records.txt', '-r', '3', '--workers', '1')
    for (const words of [
      ['--workers', '2', '--memory', '8MB'],
      ['--workers', '4', '--memory', '8MB', '--pack-runs'],
    ]) {
      const parts = await sorted('records.txt', '-r', '3', ...words)
      for (const [i, part] of [one, two, three].entries()) expectSame(parts[i], part)
    }
  })

  it('of compressed input too, which is sampled whole', async () => {
    fs.writeFileSync(path.join(directory, 'records.gz'), gzipSync(fs.readFileSync(path.join(directory, 'records.txt'))))
    const parts = await sorted('records.gz', '-r', '4')
    expectSame(Buffer.concat(parts), gnuSort(['records.txt']))
    expect(Math.min(...parts.map((part) => part.length))).toBeGreaterThan(500_000)
  })

  it('of nothing, and of one line', async () => {
    fs.writeFileSync(path.join(directory, 'empty'), '')
    fs.writeFileSync(path.join(directory, 'one'), 'one')
    expect(Buffer.concat(await sorted('empty', '-r', '3')).toString()).toBe('')
    expect(Buffer.concat(await sorted('one', '-r', '3')).toString()).toBe('one\n')
  })
})

describe('sort refuses', () => {
  it.each([
    ['key=0', 'it is the number of a field, and the first is 1'],
    ['key=1.5', 'it is the number of a field, and the first is 1'],
    ['separator=', 'is empty'],
  ])('-p %s', async (param, message) => {
    const { code, err } = await compiledQuern(['run', 'sort', '-i', 'in', '-o', 'no', '-p', param], { cwd: directory })
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(fs.existsSync(path.join(directory, 'no'))).toBe(false)
  })
})

describe('a job that throws while its input is sampled', () => {
  it('fails with the place in the input', async () => {
    fs.writeFileSync(
      path.join(directory, 'bad.mjs'),
      `import { range } from 'quern'
       export default { map(line, emit) { if (line.startsWith('zz')) throw new Error('no zz'); emit(line) },
                        reduce: (key, values, emit) => emit(key), partition: range() }`,
    )
    const words = ['run', './bad.mjs', '-i', 'in', '-o', 'no', '-r', '3', '--quiet']
    const { code, err } = await compiledQuern(words, { cwd: directory })
    expect(code).toBe(1)
    expect(err).toMatch(/map threw at .*in\/1\.txt, byte \d+/)
    expect(err).toContain('no zz')
    expect(fs.existsSync(path.join(directory, 'no'))).toBe(false)
  })
})
