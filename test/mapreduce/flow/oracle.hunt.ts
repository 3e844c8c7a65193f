import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Flows } from './flow-fixture.ts'
import { flows, linesOf, moduleOf, rowLists, rowsOf, type Step } from './random-flows.ts'

let all: Flows
beforeAll(async () => {
  all = await Flows.make()
})
afterAll(async () => {
  await all[Symbol.asyncDispose]()
})

const some = Array.from({ length: 60 }, (_, n): readonly [string, number] => [`k${(n * 7) % 11}`, ((n * 13) % 23) - 4])

describe('a flow gives the rows that the same steps over arrays give', () => {
  const check = async (flow: readonly Step[], left = some, right = some.slice(20, 45)): Promise<void> => {
    const { parts } = await all.run(
      moduleOf(flow),
      { left: linesOf(left), right: linesOf(right) },
      { workers: 2, memoryBytes: 16 * 2 ** 20, splitBytes: 100 },
    )
    expect(parts.join('')).toBe(linesOf(rowsOf(flow, left, right)))
  }

  it.each<[string, readonly Step[]]>([
    ['narrow steps alone', [{ op: 'map' }, { op: 'filter' }, { op: 'flatMap' }]],
    ['a count, the most frequent first', [{ op: 'flatMap' }, { op: 'count' }, { op: 'sort' }]],
    ['a sum of what a fold gave', [{ op: 'fold' }, { op: 'map' }, { op: 'sum' }]],
    ['several rows of a key', [{ op: 'unfold' }, { op: 'filter' }]],
    ['distinct rows and the first of each key', [{ op: 'flatMap' }, { op: 'distinct' }, { op: 'firsts' }]],
    ['the first rows of a sorted union', [{ op: 'union', with: [{ op: 'sum' }] }, { op: 'top' }, { op: 'map' }]],
    ['a join of an aggregate with a union', [{ op: 'sum' }, { op: 'join', with: [{ op: 'union', with: [] }] }]],
    [
      'cached rows used twice, and joined',
      [{ op: 'twice' }, { op: 'join', with: [{ op: 'flatMap' }, { op: 'filter' }] }],
    ],
    ['a union of shuffled rows, written as they are', [{ op: 'count' }, { op: 'union', with: [{ op: 'distinct' }] }]],
  ])('%s', async (_what, flow) => {
    await check(flow)
  })

  it('for any flow', async () => {
    await fc.assert(
      fc.asyncProperty(flows, rowLists, rowLists, async (flow, left, right) => {
        await check(flow, [...left], [...right])
      }),
      { numRuns: 3 },
    )
  }, 60_000)
})
