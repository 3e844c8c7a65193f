import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledQuern } from '../bin/support/compiled.ts'

/** The output of `quern run join` against `select * from l … join r using (…)` of DuckDB over the same files. */

let directory = ''
let duckdb: DuckDBConnection

type Row = readonly (string | null)[]
const words = ['', 'a', 'b c', 'with, comma', 'a "quote"', 'two\nlines', 'Größe', '\r', null]
const columns = { left: ['place', 'day', 'note'], right: ['day', 'weather', 'place', 'wind'] } as const

/** Few keys, so that they repeat; null ones; fields of every kind that CSV has to quote. */
function rows(side: keyof typeof columns, count: number, seed: number): Row[] {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const word = (): string | null => words[random(words.length)] ?? null
  const value = (column: string): string | null => {
    if (column === 'place') return random(12) === 0 ? null : random(8) === 0 ? word() : `p${random(count / 2)}`
    if (column === 'day') return random(8) === 0 ? null : `${random(3)}`
    return word()
  }
  return Array.from({ length: count }, () => columns[side].map(value))
}

const field = (value: string | null): string => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)
const csvOf = (names: readonly string[], all: readonly Row[], delimiter = ','): string =>
  [names.join(delimiter), ...all.map((row) => row.map(field).join(delimiter))].map((line) => `${line}\n`).join('')
const jsonOf = (names: readonly string[], all: readonly Row[]): string =>
  all.map((row) => `${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]])))}\n`).join('')

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-join-'))
  const left = rows('left', 150, 1)
  const right = rows('right', 120, 2)
  const write = (name: string, bytes: string | Buffer): void => fs.writeFileSync(path.join(directory, name), bytes)
  write('left.csv', csvOf(columns.left, left))
  write('right.csv', csvOf(columns.right, right))
  write('left.jsonl', jsonOf(columns.left, left))
  fs.mkdirSync(path.join(directory, 'mixed'))
  write('mixed/1.csv', csvOf(columns.right, right.slice(0, 40)))
  write('mixed/2.TSV.gz', gzipSync(csvOf(columns.right, right.slice(40, 80), '\t')))
  write('mixed/3.ndjson', jsonOf(columns.right, right.slice(80)))
  const duck = await DuckDBInstance.create(':memory:', { threads: '1' })
  duckdb = await duck.connect()
})

afterAll(() => {
  duckdb.closeSync()
  fs.rmSync(directory, { recursive: true, force: true })
})

/** DuckDB reads both sides: quoted fields are never null. Lone CRs are data, so line ends are named. */
const read = (file: string, header: boolean): string =>
  `read_csv('${path.join(directory, file)}', header = ${header}, all_varchar = true, nullstr = '', allow_quoted_nulls = false,
    auto_detect = false, new_line = '\\n', delim = ',', quote = '"', escape = '"'`

async function ask(query: string): Promise<string[]> {
  const result = await duckdb.runAndReadAll(query)
  return result
    .getRows()
    .map((row) => JSON.stringify(row))
    .sort()
}

const columnsOf = (names: readonly string[]): string =>
  `columns = {${names.map((name) => `'${name}': 'varchar'`).join()}}`
const sideOf = (side: keyof typeof columns): string => `${read(`${side}.csv`, true)}, ${columnsOf(columns[side])})`

/** What the join puts out, as DuckDB reads it: in columns of the width that a row has. */
async function joined(width: number, left: string, right: string, ...words: string[]): Promise<string[]> {
  const sides = ['-i', `left=${left}`, '-i', `right=${right}`]
  const given = [...sides, '-o', 'out', '--overwrite', '--quiet', '--check', ...words]
  const { code, err } = await compiledQuern(['run', 'join', ...given], { cwd: directory })
  expect(err).toBe('')
  expect(code).toBe(0)
  const parts = fs.readdirSync(path.join(directory, 'out')).filter((name) => name.startsWith('part-'))
  fs.writeFileSync(
    path.join(directory, 'out.csv'),
    Buffer.concat(parts.map((part) => fs.readFileSync(path.join(directory, 'out', part)))),
  )
  const names = Array.from({ length: width }, (_, i) => `c${i}`)
  return await ask(`select * from ${read('out.csv', false)}, ${columnsOf(names)})`)
}

const types = ['inner', 'left', 'right', 'full', 'semi', 'anti']
const word = (type: string): string => (type === 'full' ? 'full outer' : type)
const alone = (type: string): boolean => type === 'semi' || type === 'anti'

describe('join puts out the rows DuckDB puts out', () => {
  it.each(types)('%s, by one column', async (type) => {
    const right = alone(type) ? '' : ', r.day, weather, wind'
    const key = alone(type) ? 'l.place' : 'coalesce(l.place, r.place)'
    const on = 'l.place = r.place'
    const expected = await ask(
      `select ${key}, l.day, note${right} from ${sideOf('left')} l ${word(type)} join ${sideOf('right')} r on ${on}`,
    )
    expect(expected.length).toBeGreaterThan(10)
    const width = alone(type) ? 3 : 6
    for (const strategy of ['auto', 'sort-merge']) {
      const reducers = strategy === 'auto' ? [] : ['-r', '2']
      const words = ['-p', 'on=place', '-p', `type=${type}`, '-p', `strategy=${strategy}`, ...reducers]
      expect(await joined(width, 'left.csv', 'right.csv', ...words), strategy).toEqual(expected)
    }
  })

  it.each(types)('%s, by two columns, of JSON lines and files in several formats', async (type) => {
    const right = alone(type) ? '' : ', wind'
    const key = alone(type) ? 'l.day, l.place' : 'coalesce(l.day, r.day), coalesce(l.place, r.place)'
    const on = 'l.place = r.place and l.day = r.day'
    const expected = await ask(
      `select ${key}, note${right} from ${sideOf('left')} l ${word(type)} join ${sideOf('right')} r on ${on}`,
    )
    const chosen = ['-p', 'leftColumns=note', '-p', 'rightColumns=wind']
    const words = ['-p', 'leftKey=day, place', '-p', 'rightKey=day,place', '-p', `type=${type}`, ...chosen]
    expect(await joined(alone(type) ? 3 : 4, 'left.jsonl', 'mixed', ...words)).toEqual(expected)
  })
})

describe('join refuses', () => {
  it.each([
    [['on=plaza'], 'The left input has no column "plaza"; it has place, day, note'],
    [['leftKey=place'], 'The right input needs a key: -p on=COLUMN'],
    [['leftKey=place', 'rightKey=place,day'], 'The key has 1 columns on the left, 2 on the right'],
    [['on=place', 'type=outer'], `The join's type came out as "outer"; there are inner, left`],
    [['on=place', 'strategy=hash'], `The join's strategy came out as "hash"; there are auto`],
    [['on=place', 'leftColumns=day,night'], 'has no column "night"'],
  ])('-p %s', async (params, message) => {
    const words = ['run', 'join', '-i', 'left=left.csv', '-i', 'right=right.csv', '-o', 'no', '--quiet']
    const given = params.flatMap((param) => ['-p', param])
    const { code, err } = await compiledQuern([...words, ...given], { cwd: directory })
    expect(err).toContain(message)
    expect(code).toBe(2)
    expect(fs.existsSync(path.join(directory, 'no'))).toBe(false)
  })

  it('JSON lines of which nobody said what to write, and files whose names end otherwise', async () => {
    const words = ['run', 'join', '-o', 'no', '--quiet', '-p', 'on=place', '-i', 'right=right.csv']
    const json = await compiledQuern([...words, '-i', 'left=left.jsonl'], { cwd: directory })
    expect(json.err).toContain('The left input has no header: say what of it is to be written, -p leftColumns=')
    expect(json.code).toBe(2)
    fs.copyFileSync(path.join(directory, 'left.csv'), path.join(directory, 'left.txt'))
    const text = await compiledQuern([...words, '-i', 'left=left.txt'], { cwd: directory })
    expect(text.err).toMatch(/left\.txt: the end of its name says .* Known are \.csv, \.tsv, \.jsonl, \.ndjson/)
    expect(text.code).toBe(1)
  })
})
