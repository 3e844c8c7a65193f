import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joinTypes, Joiner, type JoinCase, Oracle, type Row, sorted } from './join-fixture.ts'

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
  'duplicates, nulls and a hot key': { left: rows('l', 60, 1), right: rows('r', 40, 2) },
  'an empty left': { left: [], right: rows('r', 20, 3) },
  'an empty right': { left: rows('l', 20, 4), right: [] },
}

describe.each(['sort-merge', 'broadcast', 'partitioned', 'auto'] as const)('a %s join', (strategy) => {
  it.each(joinTypes)('%s gives the rows DuckDB gives', async (type) => {
    if (strategy === 'broadcast' && type === 'full') return
    for (const [name, sides] of Object.entries(data)) {
      for (const composite of [false, true]) {
        const join: JoinCase = { ...sides, type, strategy, composite }
        const { parts } = await joiner.run(join, strategy === 'sort-merge' || strategy === 'partitioned' ? { reducers: 3 } : {})
        expect(sorted(parts), `${name}, composite: ${composite}`).toEqual(await oracle.rows(join))
      }
    }
  })
})
