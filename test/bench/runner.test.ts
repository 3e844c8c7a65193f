import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commandPath, packageInstalled } from '../../bench/absent.ts'
import type { Contender, Table } from '../../bench/family.ts'
import { measure } from '../../bench/measure.ts'
import { formatTable } from '../../bench/report.ts'
import { median, runTable } from '../../bench/runner.ts'
import { benchOptions } from './options.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'quern-bench-test-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const noted: string[] = []
const options = benchOptions(scratch, (text) => noted.push(text))

function contender(name: string, answer: string, more: Partial<Contender> = {}): Contender {
  return { name, how: '', run: () => ({ command: process.execPath, args: ['-e', ''] }), answer: () => answer, ...more }
}

function table(...contenders: readonly Contender[]): Table {
  return { title: 'a table', inputBytes: 1_000_000, contenders }
}

describe('a benchmark table', () => {
  it('runs its contenders in turn, and removes what each left before the next runs', async () => {
    noted.length = 0
    const discarded: string[] = []
    const discard = (name: string) => (attempt: number) => void discarded.push(`${name}${attempt}`)
    const result = await runTable(
      table(contender('a', 'x', { discard: discard('a') }), contender('b', 'x', { discard: discard('b') })),
      options,
    )
    expect(discarded).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
    expect(result.rows.map((row) => row.runs.length)).toEqual([3, 3])
    expect(result.rows[0]?.timesFirst).toBe(1)
    expect(noted).toHaveLength(6)
  })

  it('reports no times when a peer gives another answer', async () => {
    const wrong = runTable(table(contender('a', 'x'), contender('b', 'x'), contender('c', 'y')), options)
    await expect(wrong).rejects.toThrow('c did not give the answer of a')
  })

  it('says which peer is absent and why, and goes on without it', async () => {
    const result = await runTable(table(contender('a', 'x'), contender('b', '', { absent: 'not installed' })), options)
    expect(result.rows[1]).toMatchObject({ name: 'b', runs: [], absent: 'not installed' })
    expect(formatTable(result)).toContain('b: skipped, not installed')
  })

  it('runs everything once when it only shows that it works', async () => {
    const result = await runTable(table(contender('a', 'x')), { ...options, smoke: true })
    expect(result.rows[0]?.runs).toHaveLength(1)
  })

  it('ends with what a program said when it fails', async () => {
    const failing = { command: process.execPath, args: ['-e', 'console.error("no such thing"); process.exit(3)'] }
    await expect(measure(failing, scratch)).rejects.toThrow(/ended with 3: no such thing/)
  })

  it('sees the memory of the program, not its own', async () => {
    const small = await measure({ command: process.execPath, args: ['-e', ''] }, scratch)
    const large = await measure({ command: process.execPath, args: ['-e', 'Buffer.alloc(200e6, 1)'] }, scratch)
    expect(small.peakBytes).toBeGreaterThan(10e6)
    expect(small.peakBytes).toBeLessThan(150e6)
    expect(large.peakBytes).toBeGreaterThan(200e6)
  })

  it('takes the middle of its runs', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([])).toBeUndefined()
  })
})

describe('peers', () => {
  it('are found by command and by package, or said to be absent', () => {
    expect(commandPath('sh')).toBeUndefined()
    expect(commandPath('no-such-command')).toContain('no no-such-command on the PATH')
    expect(packageInstalled('vitest')).toBeUndefined()
    expect(packageInstalled('no-such-package')).toContain('npm package no-such-package does not load')
  })
})
