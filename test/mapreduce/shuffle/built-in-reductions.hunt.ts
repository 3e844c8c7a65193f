import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledQuern } from '../../bin/support/compiled.ts'

/** Aggregates as combine and reduce of whole jobs: with and without spills, in filters, against a Map in memory. */

let directory = ''
const ROWS = 60_000
const rows = Array.from({ length: ROWS }, (_, i): readonly [string, number] => [
  `key ${(i * 7919) % 977}`,
  ((i * 104_729) % 1009) / 4,
])

const map =
  "map(line, emit) { const [k, v] = String(line).split('\\t'); emit(k, v === undefined ? undefined : Number(v)) }"
const jobs: Readonly<Record<string, string>> = {
  distinct: `import { distinct } from 'quern'\nexport default { ${map}, combine: distinct, reduce: distinct }`,
  top: `import { top } from 'quern'\nexport default { ${map}, reduce: top(3) }`,
  bottom: `import { bottom } from 'quern'\nexport default { ${map}, reduce: bottom(3) }`,
  stats: `import { stats } from 'quern'\nexport default { ${map}, reduce: stats }`,
  merged: `import { mergeStats, stats } from 'quern'
    export default { ${map}, combine: stats, reduce(key, values, emit) { emit(key, mergeStats(values)) } }`,
  mean: `import { mean } from 'quern'\nexport default { ${map}, combine: mean, reduce: mean }`,
}

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-reductions-'))
  // Keys without a value between those with one: the table holds them, the record buffer the others. One is too long for it.
  const long = 'k'.repeat(300_000)
  const bare = (i: number): string => (i % 7000 === 0 ? `${long}\n` : i % 9 === 0 ? `key ${i % 977}\n` : '')
  const lines = rows.slice(0, 20_000).map(([key, value], i) => `${key}\t${value}\n${bare(i)}`)
  fs.writeFileSync(path.join(directory, 'mixed'), lines.join(''))
  fs.writeFileSync(path.join(directory, 'rows'), rows.map(([key, value]) => `${key}\t${value}\n`).join(''))
  for (const [name, source] of Object.entries(jobs)) fs.writeFileSync(path.join(directory, `${name}.mjs`), source)
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

async function run(job: string, input: string, ...words: string[]): Promise<string> {
  const command = ['run', `./${job}.mjs`, '-i', input, '-o', 'out', '-r', '1', '--overwrite', '--quiet', ...words]
  const { code, err } = await compiledQuern(command, { cwd: directory })
  expect(err).toBe('')
  expect(code).toBe(0)
  return fs.readFileSync(path.join(directory, 'out', 'part-r-00000'), 'utf8')
}

/** `key TAB value` lines of what is chosen of each key's values, keys by bytes. */
function expected(choose: (values: readonly number[]) => readonly (number | string)[]): string {
  const groups = new Map<string, number[]>()
  for (const [key, value] of rows) groups.set(key, [...(groups.get(key) ?? []), value])
  const keys = [...groups.keys()].sort()
  return keys.flatMap((key) => choose(groups.get(key) ?? []).map((value) => `${key}\t${value}\n`)).join('')
}

const rising = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const oracles: readonly (readonly [string, () => string])[] = [
  ['distinct', () => expected((values) => rising([...new Set(values)]))],
  ['top', () => expected((values) => rising(values).reverse().slice(0, 3))],
  ['bottom', () => expected((values) => rising(values).slice(0, 3))],
  // Quarters add up exactly in any order.
  ['mean', () => expected((values) => [values.reduce((sum, value) => sum + value, 0) / values.length])],
  // Three of four values are no integers, and go past the table.
  ['stats', statsOracle],
  ['merged', statsOracle],
]

function statsOracle(): string {
  return expected((values) => {
    const sum = values.reduce((total, value) => total + value, 0)
    const [count, min, max] = [values.length, Math.min(...values), Math.max(...values)]
    return [JSON.stringify({ count, min, max, sum, mean: sum / count })]
  })
}

describe.each(oracles)('%s', (job, oracle) => {
  it('is what a Map in memory gives, with and without spills', async () => {
    const want = oracle()
    expect(await run(job, 'rows')).toBe(want)
    expect(await run(job, 'rows', '--workers', '2', '--memory', '8MB')).toBe(want)
  })

  // `merged` goes the same way as `stats`, and its reduce is a function besides; `bottom` as `top`.
  it.skipIf(job === 'stats' || job === 'bottom')(
    'is the same through filters, with combine in between any number of times',
    () => {
      const quern = `"${process.execPath}" "${path.resolve(import.meta.dirname, '../../../dist/bin/quern.js')}"`
      const script = `${quern} map ./${job}.mjs < rows | sort | ${quern} combine ./${job}.mjs | sort | ${quern} reduce ./${job}.mjs`
      const env = { ...process.env, LC_ALL: 'C' }
      expect(execFileSync('bash', ['-c', script], { cwd: directory, env, encoding: 'utf8' })).toBe(oracle())
    },
  )
})

it('distinct has a key without a value once, before its values, wherever the two were held', async () => {
  const all = [...new Set(fs.readFileSync(path.join(directory, 'mixed'), 'utf8').trimEnd().split('\n'))]
  const parts = all.map((line) => line.split('\t')).map(([key = '', value]) => ({ key, value }))
  parts.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : Number(a.value ?? -1) - Number(b.value ?? -1)))
  const want = parts.map(({ key, value }) => (value === undefined ? `${key}\n` : `${key}\t${value}\n`)).join('')
  const little = ['--workers', '2', '--memory', '8MB']
  for (const words of [little, ['--check']]) expect((await run('distinct', 'mixed', ...words)) === want).toBe(true)
})
