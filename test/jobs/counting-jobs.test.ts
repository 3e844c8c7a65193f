import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measurements } from '../../datasets/measurements.ts'
import { zipfText } from '../../datasets/zipf.ts'
import { compiledQuern } from '../bin/support/compiled.ts'

/** The jobs distinct, top and stats against sort, uniq, awk and DuckDB. */

let directory = ''

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-counting-'))
  const write = (name: string, chunks: Iterable<Uint8Array>) =>
    fs.writeFileSync(path.join(directory, name), Buffer.concat([...chunks].map((chunk) => Buffer.from(chunk))))
  write('words', zipfText({ bytes: 1_500_000, vocabulary: 20_000 }))
  write('measures', measurements({ rows: 60_000 }))
  // Repeated lines, fields that are not there, numbers of every kind, bytes that are not UTF-8.
  const lines = Array.from({ length: 9000 }, (_, i) => {
    const n = (i * 7919) % 613
    return `k${n % 41} ${n % 3 === 0 ? -n / 8 : n}${i % 97 === 0 ? 'x' : ''}${i % 11 === 0 ? '' : `\t${n % 7}\u00e9`}`
  })
  write('lines', [Buffer.from(lines.join('\n'), 'latin1'), Buffer.from('\n\n\u0000\n')])
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

let runs = 0

async function run(words: readonly string[]): Promise<Buffer> {
  const output = `out-${runs++}`
  const { code, err } = await compiledQuern(['run', ...words, '-o', output, '--quiet'], { cwd: directory })
  expect(err).toBe('')
  expect(code).toBe(0)
  const parts = fs.readdirSync(path.join(directory, output)).filter((name) => name.startsWith('part-'))
  return Buffer.concat(parts.sort().map((name) => fs.readFileSync(path.join(directory, output, name))))
}

const shell = (script: string): Buffer =>
  execFileSync('bash', ['-c', script], { cwd: directory, env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 2 ** 28 })

const little = ['--workers', '2', '--memory', '8MB']

function expectSame(ours: Buffer, theirs: Buffer): void {
  expect(theirs.length).toBeGreaterThan(0)
  expect(ours.toString('latin1').slice(0, 2000)).toBe(theirs.toString('latin1').slice(0, 2000))
  expect(ours.equals(theirs)).toBe(true)
}

describe('of lines and words, in little memory and as it comes', () => {
  it('distinct leaves what sort -u leaves', async () => {
    expectSame(await run(['distinct', '-i', 'lines', '-r', '1']), shell('sort -u lines'))
    expectSame(await run(['distinct', '-i', 'words', '-r', '1', ...little]), shell('sort -u words'))
  })

  it('top leaves what sort | uniq -c | sort -nr | head leaves', async () => {
    const counted = (lines: string, n: number) =>
      shell(`${lines} | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)$/\\2\\t\\1/' | sort -s -t'\t' -k2,2nr | head -${n}`)
    expectSame(await run(['top', '-i', 'words']), counted(`tr -s '[:space:]' '\\n' < words`, 10))
    const many = ['top', '-i', 'words', '-p', 'n=1500', ...little]
    expectSame(await run(many), counted(`tr -s '[:space:]' '\\n' < words`, 1500))
  })
})

describe('of a field', () => {
  it('distinct is what cut | sort -u leaves, in any number of parts', async () => {
    const parts = await run(['distinct', '-i', 'lines', '-p', 'key=2', '-p', 'separator=\\t', '-r', '3'])
    const sorted = execFileSync('sort', { input: parts, env: { ...process.env, LC_ALL: 'C' } })
    expectSame(sorted, shell('cut -s -f2 lines | sort -u'))
    const blanks = await run(['distinct', '-i', 'lines', '-p', 'key=2', '-r', '1'])
    expectSame(blanks, shell("mawk 'NF > 1 { print $2 }' lines | sort -u"))
  })

  it('top counts values, and whole lines', async () => {
    const count = `sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)$/\\2\\t\\1/'`
    const key = ['top', '-i', 'lines', '-p', 'key=1', '-p', 'n=7']
    expectSame(await run(key), shell(`mawk 'NF > 0 { print $1 }' lines | ${count} | sort -s -t'\t' -k2,2nr | head -7`))
    const lines = (await run(['top', '-i', 'lines', '-p', 'lines', '-p', 'n=50'])).toString('latin1').trimEnd()
    const expected = shell(
      `sort lines | uniq -c | sort -s -k1,1nr | head -50 | sed -E 's/^ *([0-9]+) (.*)$/\\2\\t\\1/'`,
    )
    expect(lines).toBe(expected.toString('latin1').trimEnd())
  })

  it('top by a number gives the lines with the greatest, ties by bytes, and counts what has none', async () => {
    for (const n of [40, 20_000]) {
      const ours = await run(['top', '-i', 'measures', '-p', 'by=2', '-p', 'separator=;', '-p', `n=${n}`, ...little])
      expectSame(ours, shell(`sort -t';' -k2,2nr measures | head -${n}`))
    }
    const words = ['run', 'top', '-i', 'lines', '-o', 'by', '-p', 'by=2', '-p', 'n=3', '--json']
    const { out } = await compiledQuern(words, { cwd: directory })
    expect(JSON.stringify(JSON.parse(out))).toContain('"lines without a number":')
    const best = fs.readFileSync(path.join(directory, 'by', 'part-r-00000'), 'latin1').split('\n')
    expect(best.map((line) => line.split(/[ \t]/)[1]).slice(0, 3)).toEqual(['611', '611', '611'])
  })
})

describe('stats', () => {
  it('is what DuckDB computes in decimals, whatever the memory', async () => {
    const db = await DuckDBInstance.create(':memory:')
    const connection = await db.connect()
    const file = path.join(directory, 'measures').replaceAll("'", "''")
    const reader = await connection.runAndReadAll(`
      with sums as (
        select station, min(v) lo, max(v) hi, sum(v) total, count(*) n
        from (select station, cast(round(v * 10) as bigint) v
              from read_csv('${file}', delim = ';', header = false, columns = {'station': 'VARCHAR', 'v': 'DECIMAL(9,1)'}))
        group by station)
      select station, lo, total, hi, n from sums order by encode(station)`)
    const tenths = (value: number): string => (value / 10).toFixed(1)
    const expected = reader.getRows().map(([station, lo, total, hi, n]) => {
      // Small whole numbers: their quotient's half is exact in a double.
      const mean = Math.floor((2 * Number(total) + Number(n)) / (2 * Number(n)))
      return `${String(station)}\t${tenths(Number(lo))}\t${tenths(mean)}\t${tenths(Number(hi))}\t${String(n)}\n`
    })
    for (const memory of [[], little]) {
      const ours = await run(['stats', '-i', 'measures', '-p', 'separator=;', '-r', '1', ...memory])
      expectSame(ours, Buffer.from(expected.join('').replaceAll('-0.0', '0.0')))
    }
    connection.closeSync()
  })

  it('rounds halves upwards, keeps every digit, and passes over what is no number', async () => {
    fs.writeFileSync(
      path.join(directory, 'few'),
      [
        'a,0.1',
        'a,0.2',
        'b,-0.1',
        'b,-0.2',
        'c,5',
        'd,x',
        'd',
        'e,-999999999999.9',
        'e,999999999999.9',
        ...Array(9).fill('f,99999999999999.9'),
      ].join('\n'),
    )
    const ours = await run(['stats', '-i', 'few', '-p', 'separator=,', '-r', '1'])
    expect(ours.toString().split('\n')).toEqual([
      'a\t0.1\t0.2\t0.2\t2',
      'b\t-0.2\t-0.1\t-0.1\t2',
      'c\t5.0\t5.0\t5.0\t1',
      'e\t-999999999999.9\t0.0\t999999999999.9\t2',
      'f\t99999999999999.9\t99999999999999.9\t99999999999999.9\t9',
      '',
    ])
    fs.writeFileSync(path.join(directory, 'cents'), '1.25 x\n1.5 x\n2 x\n')
    const cents = ['-p', 'key=2', '-p', 'value=1', '-p', 'decimals=2']
    expect((await run(['stats', '-i', 'cents', ...cents])).toString()).toBe('x\t1.25\t1.58\t2.00\t3\n')
  })

  it('holds more keys than fit its table', async () => {
    const keys = 150_000
    fs.writeFileSync(
      path.join(directory, 'keys'),
      Array.from({ length: keys * 2 }, (_, i) => `k${i % keys} ${i % 10}\n`).join(''),
    )
    const lines = (await run(['stats', '-i', 'keys', '-p', 'decimals=0', '-r', '1'])).toString().split('\n')
    expect(lines.length).toBe(keys + 1)
    expect(lines[0]).toBe('k0\t0\t0\t0\t2')
    expect(new Set(lines).size).toBe(keys + 1)
  })
})

describe('what is refused', () => {
  it.each([
    ['distinct', 'key=0', 2, 'it is the number of a field, and the first is 1'],
    ['top', 'n=0', 2, '-p n=0: it is a whole number from 1'],
    ['top', 'by=1.5', 2, 'it is the number of a field'],
    ['stats', 'decimals=10', 2, 'it is a whole number from 0 to 9'],
    ['stats', 'separator=', 2, 'is empty'],
    ['stats', 'decimals=0', 1, 'has 1 digits after the point, not 0'],
  ])('%s -p %s', async (job, param, code, message) => {
    const separator = param.startsWith('separator') ? [] : ['-p', 'separator=;']
    const words = ['run', job, '-i', 'measures', '-o', 'no', '-p', param, ...separator, '--quiet']
    const ended = await compiledQuern(words, { cwd: directory })
    expect(ended.code).toBe(code)
    expect(ended.err).toContain(message)
    expect(fs.existsSync(path.join(directory, 'no'))).toBe(false)
  })

  it('top with two things to count, and in more than one part', async () => {
    const both = ['run', 'top', '-i', 'lines', '-o', 'no', '-p', 'lines', '-p', 'key=1']
    expect((await compiledQuern(both, { cwd: directory })).err).toContain('there can be one')
    const ended = await compiledQuern(['run', 'top', '-i', 'lines', '-o', 'no', '-r', '2'], { cwd: directory })
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('right with 1 alone') })
  })
})
