import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runJoin } from './join-engine.ts'
import { type JoinCase, Joiner, lines, Oracle, type Row, sorted } from './join-fixture.ts'

let joiner: Joiner
let oracle: Oracle
beforeAll(async () => {
  joiner = await Joiner.make()
  oracle = await Oracle.open()
})
afterAll(async () => {
  oracle.close()
  await joiner[Symbol.asyncDispose]()
})

const rows = (side: string, count: number, key: (n: number) => string): Row[] =>
  Array.from({ length: count }, (_, n) => ({ id: `${side}${n}`, a: key(n), b: '' }))
const hotLeft = rows('l', 600, (n) => (n % 2 === 0 ? 'hot' : n % 31 === 0 ? '' : `k${n % 90}`))
const right = rows('r', 90, (n) => (n < 3 ? 'hot' : n === 5 ? '' : `k${n}`))
const sides: Record<string, Pick<JoinCase, 'left' | 'right'>> = {
  left: { left: hotLeft, right },
  right: { left: right, right: hotLeft },
  'both sides': { left: hotLeft, right: hotLeft.slice(0, 80) },
}

/** The sides whose rows of a key may be dealt out. */
const dealt = { inner: ['left', 'right'], left: ['left'], right: ['right'], semi: ['left'], anti: ['left'] } as const

describe.each(['sort-merge', 'partitioned'] as const)('a %s join with a hot key', (strategy) => {
  it.each(['inner', 'left', 'right', 'semi', 'anti'] as const)('gives the rows DuckDB gives: %s', async (type) => {
    for (const [name, { left, right: other }] of Object.entries(sides)) {
      const expected = await oracle.rows({ left, right: other, type, strategy })
      for (const side of dealt[type]) {
        const hot = [{ side, keyKind: 6, key: Buffer.from('hot'), shown: 'hot', share: 0.5, spread: 3 }]
        for (const held of ['left', 'right'] as const) {
          const files = { left: [lines(left)], right: [lines(other)] }
          const { parts } = await runJoin({ type, strategy, held, hot, reducers: 4, splitBytes: 1000, ...files })
          expect(sorted(parts), `hot on ${name}, dealt out on ${side}, ${held} held`).toEqual(expected)
        }
      }
    }
  })

  it('deals its rows out over the partitions, and says so', async () => {
    const join: JoinCase = { left: hotLeft, right, type: 'left', strategy }
    const { parts, report } = await joiner.run(join, { reducers: 4 })
    expect(report.notes.join('\n')).toMatch(
      /Hot key "hot": about 50 % of the left rows; they were dealt out over 4 partitions, and the right rows of it copied to each\./,
    )
    const hot = parts.map((part) => part.split('\n').filter((line) => /^l\d*[02468]\|r[012]$/.test(line)).length)
    for (const own of hot) expect(own).toBeGreaterThan(100)
  })

  it('gives the same bytes for any workers, memory and splits', async () => {
    const join: JoinCase = { left: hotLeft, right, type: 'inner', strategy }
    const { parts } = await joiner.run(join, { reducers: 3, workers: 1 })
    expect((await joiner.run(join, { reducers: 3, workers: 4, splitBytes: 700 })).parts).toEqual(parts)
    expect((await joiner.run(join, { reducers: 3, workers: 2, memoryBytes: 9 * 2 ** 20 })).parts).toEqual(parts)
  })
})

describe('where dealing out would be wrong', () => {
  it('nothing is: a full join, and the side whose match decides about the other', async () => {
    for (const join of [
      { ...sides['left'], type: 'full' },
      { ...sides['right'], type: 'left' },
      { ...sides['right'], type: 'anti' },
    ] as const) {
      const { report } = await joiner.run({ left: hotLeft, right, ...join, strategy: 'partitioned' }, { reducers: 4 })
      expect(report.notes).toEqual([])
    }
  })
})
