import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JoinSideName, JoinStrategy, JoinType } from '../../../mapreduce/job.ts'
import { runJoin } from './join-engine.ts'
import { type JoinCase, joinTypes, lines, Oracle, type Row, sorted } from './join-fixture.ts'
import { hashedParts } from './parts.ts'

let oracle: Oracle
beforeAll(async () => {
  oracle = await Oracle.open()
})
afterAll(() => {
  oracle.close()
})

function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Keys repeat, some are null, one is hot; ids say which side and row. */
function rows(side: string, count: number, seed: number): Row[] {
  const next = numbers(seed)
  return Array.from({ length: count }, (_, n) => {
    const kind = next()
    const a = kind < 0.1 ? '' : kind < 0.3 ? 'hot' : `k${Math.floor(next() * count)}`
    return { id: `${side}${n}`, a, b: next() < 0.1 ? '' : `${Math.floor(next() * 3)}` }
  })
}

const data: Record<string, Pick<JoinCase, 'left' | 'right'>> = {
  'duplicates, nulls and a hot key': { left: rows('l', 90, 1), right: rows('r', 60, 2) },
  'an empty left': { left: [], right: rows('r', 20, 3) },
  'an empty right': { left: rows('l', 20, 4), right: [] },
  'one key alone': {
    left: rows('l', 30, 5).map((row) => ({ ...row, a: 'k' })),
    right: rows('r', 30, 6).map((row) => ({ ...row, a: 'k' })),
  },
}

/** The sides that may be broadcast. */
const broadcastable: Readonly<Record<JoinType, readonly JoinSideName[]>> = {
  inner: ['left', 'right'],
  left: ['right'],
  right: ['left'],
  full: [],
  semi: ['right'],
  anti: ['right'],
}
const bothSides: readonly JoinSideName[] = ['left', 'right']
const strategies: readonly JoinStrategy[] = ['sort-merge', 'partitioned', 'broadcast', 'merge']

describe.each(strategies)('a %s join gives the rows DuckDB gives', (strategy) => {
  it.each(joinTypes)('%s', async (type) => {
    for (const [name, { left, right }] of Object.entries(data)) {
      for (const composite of [false, true]) {
        const expected = await oracle.rows({ left, right, type, strategy, composite })
        for (const held of strategy === 'broadcast' ? broadcastable[type] : bothSides) {
          for (const reducers of strategy === 'broadcast' ? [1] : [3]) {
            const files = (side: readonly Row[]): string[] =>
              strategy === 'merge'
                ? hashedParts(side, reducers, composite)
                : [lines(side.slice(0, 7)), lines(side.slice(7))]
            const { parts } = await runJoin({
              type,
              strategy,
              held,
              composite,
              reducers,
              splitBytes: 200,
              left: files(left),
              right: files(right),
            })
            expect(sorted(parts), `${name}, composite: ${composite}, ${held} held, ${reducers} parts`).toEqual(expected)
          }
        }
      }
    }
  })
})
