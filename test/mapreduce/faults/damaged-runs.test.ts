import { describe, expect, it } from 'vitest'
import { DiskTrials, type Harm } from './disk-trials.ts'

const gone = { how: 'gone', at: 0 } as const
const cut = (at: number) => ({ how: 'cut', at }) as const
const flip = (at: number) => ({ how: 'flip', at }) as const

/** A run file is its header (8 bytes), then blocks: length, checksum (4 bytes each), records. */
describe('a run of a finished map that is damaged before the reduce reads it', () => {
  it('is made again wherever the damage is; output and counters are right, once', async () => {
    await using trials = await DiskTrials.of('a word count')
    const { report } = await trials.run()
    const maps = report?.counters['launched-maps'] ?? Number.NaN
    for (const harm of [gone, cut(5000), flip(9)]) {
      const harmed = await trials.checkHarmed({ name: '.run', ...harm })
      expect.soft(harmed.counters, JSON.stringify(harm)).toMatchObject({
        'launched-maps': maps + 1,
        'launched-reduces': 2,
      })
    }
  })
})

describe('a file that a task keeps for itself, damaged before it is read back', () => {
  it.each([
    ['.spill-0', gone],
    ['.pass-0', flip(40)],
  ] as const)('%s: another attempt makes it again', async (name: Harm['name'], harm) => {
    await using trials = await DiskTrials.of('a job that spills, combines, merges in passes and writes a named output')
    const report = await trials.checkHarmed({ name, ...harm })
    expect(report.counters['failed-attempts']).toBe(1)
  })
})
