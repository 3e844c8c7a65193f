import fs from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import { counter } from '../../../mapreduce/base/counters.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)

let place: Place
beforeEach(async () => {
  place = await makePlace()
})
afterEach(async () => {
  await place[Symbol.asyncDispose]()
})

let runs = 0
/** Runs a job given as the text of its object; its output, part after part. */
async function run(
  job: string,
  options: Partial<RunJobOptions> = {},
): Promise<{ readonly parts: readonly string[]; readonly report: JobReport }> {
  const output = place.at(`out-${runs++}`)
  const module = await place.write(`job-${runs}.mjs`, `export default ${job}`)
  const report = await place.run(
    { moduleUrl: pathToFileURL(module).href, output: { kind: 'local', path: output }, ...options },
    { worker },
  )
  const names = (await fs.readdir(output)).filter((name) => name.startsWith('part-')).sort()
  return { parts: await Promise.all(names.map((name) => fs.readFile(`${output}/${name}`, 'utf8'))), report }
}

const failure = (job: string, options?: Partial<RunJobOptions>): Promise<unknown> =>
  run(job, options).then(
    () => 'it succeeded',
    (error: unknown) => error,
  )

const bySide =
  `{ input: { input: 'csv' }, map(row, emit) { emit(row.get('side'), row.get('n').toNumber()) }, reduce: 'sum' }`.replace(
    "'sum'",
    '(k, vs, emit) => { let s = 0; for (const v of vs) s += v; emit(k, s) }',
  )

/** Rows whose second field holds line ends, delimiters and quotes. */
const rows = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) => `"side ""${(from + i) % 3}""","a\n"",\n${'x'.repeat(i % 50)}",${from + i}\n`,
  ).join('')

describe('csv', () => {
  test('is cut anywhere, in files and in the DFS, and each file has its header', async () => {
    const files = {
      'a.csv': `side,text,n\n${rows(0, 3000)}`,
      'b.csv': `side,text,n\r\n${rows(3000, 3500)}`,
      'c.csv': 'side,text,n',
    }
    await using dfs = await openDfs({
      root: place.at('root'),
      create: true,
      datanodes: 2,
      blockSize: 64 * 1024,
      replication: 1,
    })
    for (const [name, content] of Object.entries(files)) {
      await place.write(`in/${name}`, content)
      const writer = await dfs.create(`/in/${name}`)
      await writer.write(Buffer.from(content))
      await writer.close()
    }
    await fs.writeFile(place.at('in/d.csv.gz'), gzipSync('side,text,n\n"side ""0""",,1000000\n'))
    const sums = [0, 0, 0]
    for (let n = 0; n < 3500; n++) sums[n % 3] = (sums[n % 3] ?? 0) + n
    const expected = (extra: number): string =>
      sums.map((sum, side) => `side "${side}"\t${sum + (side === 0 ? extra : 0)}\n`).join('')
    for (const splitBytes of [2_000_000, 10_007]) {
      const { parts, report } = await run(bySide, { splitBytes })
      expect(parts).toEqual([expected(1_000_000)])
      expect(report.counters[counter.mapInputRecords]).toBe(3501)
    }
    const found = await run(bySide, {
      inputs: [{ kind: 'dfs', path: '/in' }],
      openDfs: () => Promise.resolve(dfs),
      splitBytes: 10_007,
      checked: true,
    })
    expect(found.parts).toEqual([expected(0)])
  })

  test('of files with other columns is refused before a task runs, by both names', async () => {
    await place.write('in/a.csv', 'side,n\n1,2\n')
    await fs.writeFile(place.at('in/b.csv.gz'), gzipSync('side,m\n1,2\n'))
    expect(await failure(bySide)).toMatchObject({
      code: 'MR_BAD_INPUT',
      message: expect.stringMatching(/b\.csv\.gz has other columns than .*a\.csv: side, m instead of side, n/),
    })
    await place.write('in/0.csv', '\ufeff')
    await place.write('in/b.csv.gz', 'no gzip at all')
    expect(await failure(bySide)).toMatchObject({
      code: 'MR_BAD_INPUT',
      message: expect.stringMatching(/not be inflated/),
    })
  })

  test('tells of user code that throws and of bad records by file, byte and head', async () => {
    await place.write('in/a.csv', 'side,n\n1,2\n3,4\n')
    const throwing = `{ input: { input: 'csv' }, map(row) { if (row.get('n').equals('4')) row.get('sides') } }`
    expect(await failure(throwing, { taskAttempts: 1 })).toMatchObject({
      code: 'MR_USER_CODE',
      message: expect.stringMatching(/a\.csv, byte 11 .*begins "3,4".*no column "sides".*Did you mean side/s),
    })
    await place.write('in/a.csv', 'side,n\n1,2\n3,4,5\n')
    expect(await failure(throwing)).toMatchObject({
      code: 'MR_BAD_INPUT',
      message: expect.stringMatching(
        /a\.csv, byte 11: the record has 3 fields, and there are 2 columns.*begins "3,4,5"/,
      ),
    })
  })

  test('shows a row that was kept as spoilt, when the job is checked', async () => {
    await place.write('in/a.csv', 'side,n\n1,2\n"3""",4\n')
    const keeping = `{ input: { input: 'csv' }, map(row, emit) { if (globalThis.kept) emit(globalThis.kept.get('n')); globalThis.kept = row; row.get('side') } }`
    expect((await run(keeping, { checked: true })).parts).toEqual(['#\n'])
  })
})

describe('jsonl', () => {
  const job = `{ input: { input: 'jsonl' }, map(value, emit) { emit(typeof value === 'object' ? value.id : 'other', value) } }`

  test('hands out the values, passing over blank lines', async () => {
    await place.write('in/a.jsonl', '\ufeff{"id":"a","list":[1,{"x":null}]}\n\n  \r\n{"id":"b"}\r\n"text"')
    const { parts, report } = await run(job, { checked: true, splitBytes: 10 })
    expect(parts.join('')).toBe('a\t{"id":"a","list":[1,{"x":null}]}\nb\t{"id":"b"}\nother\ttext\n')
    expect(report.counters[counter.mapInputRecords]).toBe(3)
  })

  test('tells of a line that is not JSON by file, byte and head', async () => {
    await place.write('in/a.jsonl', '{"id":"a"}\n{"id":\n')
    expect(await failure(job)).toMatchObject({
      code: 'MR_BAD_INPUT',
      message: expect.stringMatching(/a\.jsonl, byte 11: the line is not JSON: .*begins "{\\"id\\":"/),
    })
  })
})

describe('fixed', () => {
  const job = (bytes: number): string =>
    `{ input: { input: 'fixed', bytes: ${bytes} }, map(record, emit) { emit(record) } }`

  test('cuts records of one length, wherever the splits are', async () => {
    const records = Array.from({ length: 50_000 }, (_, i) => String(i).padStart(7, '0'))
    await place.write('in/a.bin', records.join(''))
    for (const splitBytes of [5, 100_001, 10_000_000]) {
      const few = splitBytes === 5 ? records.slice(0, 20) : records
      await place.write('in/a.bin', few.join(''))
      const { parts } = await run(job(7), { splitBytes })
      expect(parts.join('')).toBe(few.map((record) => `${record}\n`).join(''))
    }
    // Larger than a chunk.
    await place.write('in/a.bin', 'x'.repeat(3_000_000))
    expect((await run(job(1_500_000), { splitBytes: 1_000_000 })).report.counters[counter.mapInputRecords]).toBe(2)
  })

  test('refuses a length that is no multiple, in a gzip file too', async () => {
    await place.write('in/a.bin', 'x'.repeat(23))
    const refused = {
      code: 'MR_BAD_INPUT',
      message: expect.stringMatching(/has 23 bytes, which are 3 records of 7 bytes and 2 bytes more/),
    }
    expect(await failure(job(7))).toMatchObject(refused)
    await fs.rm(place.at('in/a.bin'))
    await fs.writeFile(place.at('in/a.gz'), gzipSync('x'.repeat(23)))
    expect(await failure(job(7))).toMatchObject(refused)
  })
})

describe('lines', () => {
  const job = (count: number): string =>
    `{ input: { input: 'lines', lines: ${count} }, map(line, emit, ctx) { emit([ctx.task, line]) } }`

  test('gives every map task so many lines, of one file', async () => {
    await place.write('in/a', 'one\ntwo\n\nfour\nfive\n')
    await place.write('in/b', 'six\nseven')
    await fs.writeFile(place.at('in/c.gz'), gzipSync('eight\nnine\nten\n'))
    const { parts, report } = await run(job(2))
    expect(parts).toEqual([
      '[0,"one"]\n[0,"two"]\n',
      '[1,""]\n[1,"four"]\n',
      '[2,"five"]\n',
      '[3,"six"]\n[3,"seven"]\n',
      '[4,"eight"]\n[4,"nine"]\n[4,"ten"]\n',
    ])
    expect(report.maps).toBe(5)
  })

  test('refuses more tasks than make sense', async () => {
    await place.write('in/a', '\n'.repeat(200_000))
    expect(await failure(job(1))).toMatchObject({
      code: 'MR_USAGE',
      message: expect.stringMatching(/more than 99999 map tasks/),
    })
  })
})

test('keyValue cuts at a separator of any bytes', async () => {
  await place.write('in/a', 'k→v→w\r\n→\r\nnone\r\n')
  const job = `{ input: { input: 'keyValue', separator: '→', crlf: true }, map({ key, value }, emit) { emit([key, value]) } }`
  expect((await run(job)).parts).toEqual(['["k","v→w"]\n["",""]\n["none",""]\n'])
})

test('wholeFile hands out an empty file as a record', async () => {
  await place.write('in/a', 'abc')
  await place.write('in/b', '')
  await place.write('in/c', 'd')
  const { parts } = await run(
    `{ input: { input: 'wholeFile' }, map(file, emit, ctx) { emit(ctx.inputFile.slice(-1), file.length) } }`,
  )
  expect(parts.join('')).toBe('a\t3\nb\t0\nc\t1\n')
})

test.each<[string, RegExp]>([
  [`{ input: 'csv', delimiter: ',,' }`, /`delimiter` is one ASCII character.*it is ",,"/],
  [`{ input: 'csv', delimiter: 'é' }`, /one ASCII character/],
  [`{ input: 'csv', quote: '\\n' }`, /one ASCII character/],
  [`{ input: 'csv', delimiter: '"' }`, /three different characters/],
  [`{ input: 'csv', separator: ';' }`, /csv\(\) has no option `separator`/],
  [`{ input: 'csv', headers: [] }`, /`headers` is a list of names/],
  [`{ input: 'csv', headers: ['a', 'a'] }`, /`headers` names "a" twice/],
  [`{ input: 'csv', renameHeaders: true }`, /there is no list/],
  [`{ input: 'csv', trim: 'yes' }`, /`trim` is true or false/],
  [`{ input: 'byEnding', formats: {} }`, /there is no ending/],
  [`{ input: 'byEnding', formats: { '.csv': { input: 'csv' } } }`, /"\.csv" is no ending/],
  [`{ input: 'byEnding', formats: { gz: { input: 'csv' } } }`, /"gz" is no ending/],
  [`{ input: 'byEnding', formats: { csv: { output: 'tsv' } } }`, /the format of \.csv is not one/],
  [`{ input: 'byEnding', formats: { csv: { input: 'csv', delimiter: ',,' } } }`, /it is ",,"/],
  [`{ input: 'text', crlf: 1 }`, /`crlf` is true or false/],
  [`{ input: 'text', contains: 'x' }`, /`contains` is a function/],
  [`{ input: 'keyValue', separator: '' }`, /`separator` is a text/],
  [`{ input: 'fixed', bytes: 0 }`, /whole number from 1 to/],
  [`{ input: 'fixed' }`, /whole number from 1 to/],
  [`{ input: 'lines', lines: 1.5 }`, /whole number from 1/],
  [`{ input: 'jsonl', crlf: true }`, /It has none/],
  [`{ input: 'xml' }`, /known are text\(\), keyValue\(\), csv\(\)/],
])('a job with input %s is refused', async (input, message) => {
  await place.write('in/a', 'a')
  expect(await failure(`{ input: ${input}, map() {} }`)).toMatchObject({
    code: 'MR_BAD_JOB',
    message: expect.stringMatching(message),
  })
})

test('the built-in words takes texts, and no other records', async () => {
  await place.write('in/a', 'a b a')
  const map = `Object.assign((text, emit) => { for (const word of text.words()) emit(word, 1) }, { builtIn: 'words' })`
  const sum = `{ aggregate: 'sum' }`
  for (const job of [
    `{ input: { input: 'csv' }, map: ${map}, reduce: ${sum} }`,
    `{ inputs: { x: { input: { input: 'jsonl' }, map: ${map} } }, reduce: ${sum} }`,
  ]) {
    expect(await failure(job)).toMatchObject({
      code: 'MR_BAD_JOB',
      message: expect.stringMatching(/`map` is words, which takes lines/),
    })
  }
  const { parts } = await run(`{ input: { input: 'wholeFile' }, map: ${map}, reduce: ${sum} }`)
  expect(parts.join('')).toBe('a\t2\nb\t1\n')
})
