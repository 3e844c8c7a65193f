import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Figure } from '../../bench/family.ts'
import { formatFigures, runFigures } from '../../bench/figures.ts'
import { fillPageCache } from '../../bench/page-cache.ts'
import { benchOptions } from './options.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'quern-figures-test-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const options = benchOptions(scratch)

/** A program that prints `values` one after the other, a value a run. */
function figure(values: readonly string[], target: Figure['target']): Figure {
  const run = (attempt: number) => ({ command: 'echo', args: [values[attempt] ?? ''] })
  return { name: 'a figure', how: 'echo', unit: 'per s', target, published: 'others 7', run }
}

describe('a table of figures', () => {
  it('takes the middle of what its programs print, and says whether that is what was meant', async () => {
    const figures = [
      figure(['10', '30000', '12'], { atLeast: 11 }),
      figure(['1', '2', '3'], { atMost: 1.5 }),
      figure(['1', '2', '3'], undefined),
    ]
    const result = await runFigures({ title: 'figures', figures }, options)
    expect(result.figures.map(({ median, met }) => [median, met])).toEqual([
      [12, true],
      [2, false],
      [2, undefined],
    ])
    const text = formatFigures(result)
    expect(text).toMatch(/a figure +12\.0 +per s +>= 11\.0 +yes +others 7 +echo/)
    expect(text).toMatch(/<= 1\.50 +NO/)
  })

  it('refuses what is no number, and closes what it opened', async () => {
    const events: string[] = []
    const table = {
      title: 'figures',
      figures: [figure(['nothing'], undefined)],
      open: () => void events.push('opened'),
      close: () => void events.push('closed'),
    }
    await expect(runFigures(table, options)).rejects.toThrow('a figure: expected one number, found "nothing"')
    expect(events).toEqual(['opened', 'closed'])
  })
})

it('only shows that it works without filling the page cache', () => {
  fillPageCache({ ...options, smoke: true })
  expect(existsSync(path.join(scratch, 'ballast-1'))).toBe(false)
})
