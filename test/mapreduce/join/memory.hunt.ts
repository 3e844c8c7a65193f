import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JoinSideName, JoinStrategy } from '../../../mapreduce/job.ts'
import { type EngineJoinCase, type JoinResult, runJoin } from './join-engine.ts'
import { joinTypes, lines, type Row, sorted } from './join-fixture.ts'
import { hashedParts } from './parts.ts'

const MiB = 2 ** 20
const rows = (side: string, count: number, key: (n: number) => string): Row[] =>
  Array.from({ length: count }, (_, n) => ({ id: `${side}${n}`, a: key(n), b: '' }))
const digest = ({ parts }: JoinResult): string[] => parts.map((part) => createHash('sha256').update(part).digest('hex'))

/** A short reference: every pair looked at. */
function reference(left: readonly Row[], right: readonly Row[], type: EngineJoinCase['type']): string[] {
  const matches = (l: Row, r: Row): boolean => l.a !== '' && l.a === r.a
  const out: string[] = []
  for (const l of left) {
    const found = right.filter((r) => matches(l, r))
    if (type === 'semi' ? found.length > 0 : type === 'anti' ? found.length === 0 : false) out.push(`${l.id}|-`)
    if (type === 'semi' || type === 'anti') continue
    for (const r of found) out.push(`${l.id}|${r.id}`)
    if (found.length === 0 && (type === 'left' || type === 'full')) out.push(`${l.id}|-`)
  }
  if (type === 'right' || type === 'full') {
    for (const r of right) if (!left.some((l) => matches(l, r))) out.push(`-|${r.id}`)
  }
  return out.sort()
}

describe('a held side beyond memory', () => {
  // Five megabytes of rows a side, into workers of four: tables are filled again and again, and rows of a key go to disk.
  const left = rows('l', 870, (n) => (n % 13 === 0 ? '' : n % 3 === 0 ? 'hot' : `k${n % 230}`))
  const right = rows('r', 840, (n) => (n % 11 === 0 ? '' : n % 300 === 0 ? 'hot' : `k${n % 300}`))

  it.each(joinTypes)('gives a %s join the same bytes by hash tables, in any memory', async (type) => {
    for (const held of ['left', 'right'] as const) {
      const join = {
        type,
        strategy: 'partitioned',
        held,
        wide: 6000,
        reducers: 1,
        left: [lines(left)],
        right: [lines(right)],
      } as const
      const small = await runJoin({ ...join, memoryBytes: 4 * MiB })
      expect(digest(small)).toEqual(digest(await runJoin({ ...join, memoryBytes: 64 * MiB })))
      expect(sorted(small.parts)).toEqual(reference(left, right, type))
    }
  })

  it.each(joinTypes)('gives a %s join the same bytes by sorting, in any memory', async (type) => {
    const hot = rows('r', 840, (n) => (n % 2 === 0 ? 'hot' : `k${n}`))
    const few = rows('l', 9, (n) => (n < 5 ? 'hot' : `k${n}`))
    for (const held of ['left', 'right'] as const) {
      const join = { type, strategy: 'sort-merge', held, wide: 6000, left: [lines(few)], right: [lines(hot)] } as const
      const small = await runJoin({ ...join, memoryBytes: 4 * MiB })
      expect(digest(small)).toEqual(digest(await runJoin({ ...join, memoryBytes: 64 * MiB })))
      expect(sorted(small.parts)).toEqual(reference(few, hot, type))
    }
  })

  it('holds the rows of a key in a merge join too', async () => {
    const hot = rows('r', 840, () => 'k')
    const few = rows('l', 3, () => 'k')
    const join = { type: 'inner', strategy: 'merge', held: 'right', wide: 6000 } as const
    const { parts } = await runJoin({ ...join, left: hashedParts(few, 2), right: hashedParts(hot, 2) })
    expect(sorted(parts)).toEqual(reference(few, hot, 'inner'))
  })

  it('writes no pairs out one by one for a key that is frequent on both sides', async () => {
    // 20 x 862 pairs of rows of 6,000 bytes would be 103 MB; what is written are the sides, and a reference a pair.
    const many = rows('r', 880, (n) => (n % 50 === 0 ? `k${n}` : 'hot'))
    const few = rows('l', 22, (n) => (n % 20 === 0 ? '' : 'hot'))
    const join = { type: 'full', strategy: 'partitioned', held: 'right', wide: 6000 } as const
    const sides = { left: [lines(few)], right: [lines(many)] }
    const small = await runJoin({ ...join, ...sides, memoryBytes: 4 * MiB })
    expect(digest(small)).toEqual(digest(await runJoin({ ...join, ...sides, memoryBytes: 64 * MiB })))
    expect(small.parts.join('').split('\n').length - 1).toBe(20 * 862 + 18 + 2)
    const spilled = small.done.map(({ counters }) => counters['spilled-bytes'] ?? 0)
    expect(spilled.at(-1)).toBeGreaterThan(1e6)
    expect(spilled.at(-1)).toBeLessThan(20e6)
  })

  it('takes rows that are larger than the table', async () => {
    const join = {
      type: 'full',
      held: 'right',
      wide: 5 * MiB,
      left: ['l0\tk\t\nl1\tx\t\n'],
      right: ['r0\tk\t\nr1\ty\t\nr2\tk\t\n'],
    } as const
    for (const strategy of ['partitioned', 'sort-merge'] as const) {
      const { parts } = await runJoin({ ...join, strategy })
      expect(sorted(parts), strategy).toEqual(['-|r1', 'l0|r0', 'l0|r2', 'l1|-'])
    }
  })

  it('says so when it is to be broadcast', async () => {
    const { parts, done } = await runJoin({
      type: 'inner',
      strategy: 'broadcast',
      held: 'right',
      wide: 6000,
      left: [lines(left)],
      right: [lines(right)],
      tableBytesMax: MiB,
    })
    expect(parts).toEqual([])
    expect(done[0]?.table).toBe('too large')
  })
})

describe('any small tables', () => {
  const row = fc.record({ a: fc.constantFrom('', 'a', 'b', 'ab', 'c', 'a\u0001', 'é'), b: fc.constant('') })
  const table = (side: string) =>
    fc.array(row, { maxLength: 14 }).map((all) => all.map((fields, n) => ({ id: `${side}${n}`, ...fields })))
  const strategies: readonly JoinStrategy[] = ['sort-merge', 'partitioned', 'broadcast', 'merge']
  const sides: readonly JoinSideName[] = ['left', 'right']

  it('are joined as a nested loop joins them, by any strategy, with any splits', async () => {
    await fc.assert(
      fc.asyncProperty(
        table('l'),
        table('r'),
        fc.constantFrom(...joinTypes),
        fc.constantFrom(...strategies),
        fc.constantFrom(...sides),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 3, max: 60 }),
        fc.boolean(),
        async (left, right, type, strategy, side, reducers, splitBytes, flag) => {
          const held = strategy === 'broadcast' ? (type === 'right' ? 'left' : 'right') : side
          if (strategy === 'broadcast' && type === 'full') return
          const files = (all: readonly Row[]): string[] =>
            strategy === 'merge' ? hashedParts(all, reducers) : [lines(all)]
          const join = {
            type,
            strategy,
            held,
            reducers,
            splitBytes,
            async: flag,
            checked: !flag,
            left: files(left),
            right: files(right),
          }
          expect(sorted((await runJoin(join)).parts)).toEqual(reference(left, right, type))
        },
      ),
      { numRuns: 80 },
    )
  })

  it('are joined to the same bytes whatever the splits', async () => {
    await fc.assert(
      fc.asyncProperty(
        table('l'),
        table('r'),
        fc.constantFrom('sort-merge', 'partitioned'),
        fc.integer({ min: 3, max: 40 }),
        async (left, right, strategy, splitBytes) => {
          const join = {
            type: 'full',
            strategy,
            held: 'left',
            reducers: 3,
            left: [lines(left)],
            right: [lines(right)],
          } as const
          expect((await runJoin({ ...join, splitBytes })).parts).toEqual((await runJoin(join)).parts)
        },
      ),
      { numRuns: 15 },
    )
  })
})
