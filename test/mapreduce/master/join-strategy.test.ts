import { describe, expect, it } from 'vitest'
import type { JoinType } from '../../../mapreduce/job.ts'
import { hotKeys, sampleSegments } from '../../../mapreduce/master/join-sample.ts'
import { decideJoin } from '../../../mapreduce/master/join-strategy.ts'
import type { InputFile } from '../../../mapreduce/master/task.ts'

const file = (input: string, length: number, gzip = false): InputFile => ({
  kind: 'local',
  path: '/x',
  name: 'x',
  length,
  gzip,
  input,
})
const limits = { broadcastInputBytesMax: 1000 }
const decide = (type: JoinType, files: readonly InputFile[], more: Partial<Parameters<typeof decideJoin>[0]> = {}) => {
  const { strategy, held } = decideJoin({ type, strategy: 'auto', ...more }, files, limits)
  return `${strategy} ${held}`
}

describe('auto', () => {
  it('broadcasts the smaller side up to the limit, if the type allows that side', () => {
    const small = [file('left', 1000), file('right', 5000)]
    expect(decide('inner', small)).toBe('broadcast left')
    expect(decide('right', small)).toBe('broadcast left')
    for (const type of ['left', 'semi', 'anti', 'full'] as const)
      expect(decide(type, small), type).toBe('partitioned left')
    expect(decide('left', [file('left', 10), file('right', 900)])).toBe('broadcast right')
    expect(decide('inner', [file('left', 1001), file('right', 5000)])).toBe('partitioned left')
  })

  it('counts compressed files four times, and all files of a side', () => {
    expect(decide('inner', [file('left', 5000), file('right', 250, true)])).toBe('broadcast right')
    expect(decide('inner', [file('left', 5000), file('right', 251, true)])).toBe('partitioned right')
    expect(decide('inner', [file('left', 5000), file('right', 501), file('right', 500)])).toBe('partitioned right')
  })

  it('believes the job about which side is small', () => {
    expect(decide('inner', [file('left', 5000), file('right', 10)], { small: 'left' })).toBe('partitioned left')
  })
})

describe('hot keys', () => {
  const key = (name: string, rows: number) => ({ keyKind: 6, key: Buffer.from(name), shown: name, rows })
  const brief = (samples: Parameters<typeof hotKeys>[0], reducers: number) =>
    hotKeys(samples, reducers).map(({ shown, side, spread }) => `${shown} ${side} ${spread}`)

  it('are those with half of a partition and more, spread by their share', () => {
    const samples = [{ side: 'left', rows: 1000, keys: [key('a', 400), key('b', 130), key('c', 100)] }] as const
    expect(brief(samples, 4)).toEqual(['a left 4', 'b left 2'])
    expect(brief(samples, 20)).toEqual(['a left 16', 'b left 6', 'c left 4'])
  })

  it('are not made of a handful of rows', () => {
    expect(brief([{ side: 'left', rows: 30, keys: [key('a', 19)] }], 8)).toEqual([])
    expect(brief([{ side: 'left', rows: 0, keys: [] }], 8)).toEqual([])
  })

  it('are dealt out on the side with the larger share, if both have them', () => {
    const left = { side: 'left', rows: 100, keys: [key('a', 30)] } as const
    const right = { side: 'right', rows: 100, keys: [key('a', 60)] } as const
    expect(brief([left, right], 2)).toEqual(['a right 2'])
    expect(brief([right, left], 2)).toEqual(['a right 2'])
  })

  it('are looked for all over the files of a side, never in compressed ones', () => {
    const files = [
      file('left', 40 * 2 ** 20),
      file('right', 99),
      file('left', 24 * 2 ** 20),
      file('left', 2 ** 30, true),
    ]
    const segments = sampleSegments('left', files, () => true)
    expect(segments).toHaveLength(32)
    expect(segments.filter((segment) => segment.file === 0)).toHaveLength(20)
    expect(segments.filter((segment) => segment.file === 2)).toHaveLength(12)
    for (const { file: index, start, length } of segments)
      expect(start + length).toBeLessThanOrEqual(files[index]?.length ?? 0)
    expect(sampleSegments('full', files, () => true)).toEqual([])
    expect(sampleSegments('right', files, () => true)).toEqual([{ file: 1, start: 0, length: 99 }])
  })
})
