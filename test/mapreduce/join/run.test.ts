import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { counter } from '../../../mapreduce/base/counters.ts'
import type { WorkerPool } from '../../../mapreduce/master/pool.ts'
import { type JoinCase, Joiner, type Row, sorted, source } from './join-fixture.ts'
import { hashedParts } from './parts.ts'

let joiner: Joiner
beforeAll(async () => {
  joiner = await Joiner.make()
})
afterAll(async () => {
  await joiner[Symbol.asyncDispose]()
})

const rows = (side: string, count: number, key: (n: number) => string): Row[] =>
  Array.from({ length: count }, (_, n) => ({ id: `${side}${n}`, a: key(n), b: '' }))
const sides = { left: rows('l', 900, (n) => (n % 9 === 0 ? '' : `k${n % 70}`)), right: rows('r', 80, (n) => `k${n}`) }
const failure = async (run: Promise<unknown>): Promise<{ code: string; message: string }> =>
  await run.then(
    () => expect.unreachable('it should have failed'),
    ({ code, message }: { code: string; message: string }) => ({ code, message }),
  )

/** Both sides as files of so many sorted parts. */
async function partFiles(left: readonly string[], right: readonly string[]) {
  const write = async (name: 'left' | 'right', parts: readonly string[]) => {
    const directory = `parts-${name}-${Math.random()}`
    for (const [n, text] of parts.entries()) await joiner.place.write(`${directory}/part-r-0000${n}`, text)
    return { kind: 'local', name, path: joiner.place.at(directory) } as const
  }
  return [await write('left', left), await write('right', right)]
}

describe('a join', () => {
  it.each(['sort-merge', 'partitioned', 'broadcast'] as const)(
    'by %s leaves the same bytes with 1, 2 and 4 workers and little memory, with a worker killed too',
    async (strategy) => {
      const join: JoinCase = { ...sides, type: 'left', strategy }
      const options = strategy === 'broadcast' ? {} : { reducers: 2 }
      const { parts } = await joiner.run(join, { ...options, workers: 1 })
      expect(parts.join('').split('\n').length).toBeGreaterThan(900)
      expect((await joiner.run(join, { ...options, workers: 2, memoryBytes: 8 * 2 ** 20 })).parts).toEqual(parts)
      let pool: WorkerPool | undefined
      let kills = 0
      const killed = await joiner.run(
        join,
        {
          ...options,
          workers: 4,
          splitBytes: strategy === 'broadcast' ? 64 * 2 ** 20 : 4000,
          onProgress: ({ phase, running }) => {
            if (phase === 'map' && running > 0 && kills++ === 0) pool?.kill(0, 'a test')
          },
        },
        {
          limits: { progressIntervalMs: 1 },
          poolStarted: (started) => {
            pool = started
            // What is done before the maps is ended too.
            setTimeout(() => started.kill(0, 'a test'), 10)
          },
        },
      )
      expect(killed.report.counters['lost-attempts']).toBe(1)
      expect(killed.parts).toEqual(parts)
    },
  )

  it('says in its report how it was done and why', async () => {
    const { report } = await joiner.run({ ...sides, type: 'inner', strategy: 'auto' })
    expect(report.join).toEqual({
      strategy: 'broadcast',
      held: 'right',
      why: 'right has 1 KiB, at most 16 MiB are broadcast',
    })
    expect(report.reducers).toBe(0)
  })

  it('that was to be broadcast and is too large is partitioned instead, and says so', async () => {
    const join: JoinCase = { ...sides, type: 'left', strategy: 'broadcast' }
    const { parts } = await joiner.run(join)
    const fallen = await joiner.run(join, { reducers: 2 }, { limits: { broadcastTableBytesMax: 2048 } })
    expect(sorted(fallen.parts)).toEqual(sorted(parts))
    expect(fallen.report.join).toMatchObject({ strategy: 'partitioned', held: 'right' })
    expect(fallen.report.notes.join()).toMatch(
      /the table of right outgrew the 2 KiB that are broadcast, so the join was partitioned/,
    )
  })

  it('without a function of its own puts out both rows under their key', async () => {
    const side = `{ key: (line) => line.field(1) }`
    const text = `export default { join: { type: 'left', strategy: 'auto', left: ${side}, right: ${side} } }`
    const join: JoinCase = {
      left: rows('l', 2, (n) => `k${n}`),
      right: rows('r', 1, () => 'k0'),
      type: 'left',
      strategy: 'auto',
    }
    const { parts } = await joiner.run(join, {}, {}, text)
    expect(parts).toEqual([
      `k0\t${JSON.stringify(['l0\tk0\t', 'r0\tk0\t'])}\nk1\t${JSON.stringify(['l1\tk1\t', null])}\n`,
    ])
  })

  it('tells where its functions threw', async () => {
    const inJoin = source({ type: 'inner', strategy: 'sort-merge' }).replace(
      'emit(id',
      'throw new RangeError("no"); emit(id',
    )
    const thrown = await failure(
      joiner.run({ ...sides, type: 'inner', strategy: 'sort-merge' }, { taskAttempts: 1 }, {}, inJoin),
    )
    expect(thrown).toMatchObject({ code: 'MR_USER_CODE' })
    expect(thrown.message).toMatch(/join threw at key "k0": RangeError: no/)
    const inKey = `export default { join: { type: 'inner', strategy: 'broadcast', left: { key() { throw new RangeError('key') } }, right: { key: (line) => line } } }`
    const key = await failure(
      joiner.run({ ...sides, type: 'inner', strategy: 'broadcast' }, { taskAttempts: 1 }, {}, inKey),
    )
    expect(key.message).toMatch(/threw at .*left-\d+, byte 0 .*RangeError: key/s)
    const inTable = inKey.replace('left: {', 'small: "left", left: {')
    const table = await failure(
      joiner.run({ ...sides, type: 'inner', strategy: 'broadcast' }, { taskAttempts: 2 }, {}, inTable),
    )
    expect(table.message).toMatch(
      /threw at .*left-\d+, byte 0 .*RangeError: key.*while its maps were prepared \(2 attempts made\)/s,
    )
  })

  it.each(['merge', 'sort-merge'] as const)(
    'by %s has no rows of lines without what a side asks for, which count all the same',
    async (strategy) => {
      const asking = source({ type: 'inner', strategy }).replace(
        'left: {',
        "left: { input: { input: 'text', contains: () => 'k1\\t' },",
      )
      const { parts, report } = await joiner.runFiles(
        asking,
        await partFiles(hashedParts(sides.left, 2), hashedParts(sides.right, 2)),
      )
      const left = sides.left.filter(({ a }) => a === 'k1')
      const expected = await joiner.run({ ...sides, left, type: 'inner', strategy: 'sort-merge' })
      expect(left.length).toBeLessThan(sides.left.length)
      expect(sorted(parts)).toEqual(sorted(expected.parts))
      expect(sorted(parts).join('')).not.toBe('')
      expect(report.counters[counter.mapInputRecords]).toBe(sides.left.length + sides.right.length)
    },
  )

  it('can not broadcast a side whose rows it keeps without a match', async () => {
    for (const [type, small] of [
      ['full', undefined],
      ['left', 'left'],
      ['anti', 'left'],
    ] as const) {
      const join: JoinCase = { ...sides, type, strategy: 'broadcast', ...(small === undefined ? {} : { small }) }
      const { code, message } = await failure(joiner.run(join))
      expect(code).toBe('MR_USAGE')
      expect(message).toMatch(new RegExp(`^A ${type} join can't broadcast`))
    }
  })
})

describe('a merge join', () => {
  const text = source({ type: 'full', strategy: 'merge' })

  it('joins sorted parts without a shuffle', async () => {
    const inputs = await partFiles(hashedParts(sides.left, 3), hashedParts(sides.right, 3))
    const { parts, report } = await joiner.runFiles(text, inputs)
    expect(report).toMatchObject({ maps: 3, reducers: 0, join: { strategy: 'merge' } })
    expect(sorted(parts)).toEqual(sorted((await joiner.run({ ...sides, type: 'full', strategy: 'partitioned' })).parts))
  })

  it('joins parts that are ranges of keys', async () => {
    const inputs = await partFiles(
      ['l0\ta\t\nl1\tb\t\n', 'l2\tm\t\n', 'l3\tz\t\n'],
      ['r0\tb\t\n', '', 'r1\tz\t\nr2\tz\t\n'],
    )
    const { parts } = await joiner.runFiles(text, inputs)
    expect(parts.map((part) => part.split('\n').slice(0, -1))).toEqual([
      ['l0|-', 'l1|r0'],
      ['l2|-'],
      ['l3|r1', 'l3|r2'],
    ])
  })

  it.each([
    [
      'a record out of order',
      ['l0\tb\t\nl1\ta\t\n'],
      ['r0\ta\t\n'],
      'MR_BAD_INPUT',
      /The left side is not sorted: the record at byte 6 of .*part-r-00000 has the key "a" after the key "b"/,
    ],
    [
      'a key parted by a row with a null',
      ['l0\ta\t\n'],
      ['r0\ta\t\nr1\t\t\nr2\ta\t\n'],
      'MR_BAD_INPUT',
      /The right side is not sorted/,
    ],
    [
      'parts that are neither ranges nor hashed',
      ['l0\ta\t\n', 'l1\tm\t\n', 'l2\tz\t\n'],
      ['r0\tz\t\n', 'r1\ta\t\n', 'r2\tm\t\n'],
      'MR_BAD_INPUT',
      /not partitioned alike/,
    ],
    ['more parts on one side', ['l0\ta\t\n', 'l1\tb\t\n'], ['r0\ta\t\n'], 'MR_USAGE', /the left has 2, the right 1/],
  ] as const)('refuses %s', async (_what, left, right, code, message) => {
    const failed = await failure(joiner.runFiles(text, await partFiles(left, right)))
    expect(failed.code).toBe(code)
    expect(failed.message).toMatch(message)
  })

  it('refuses parts of which each looks partitioned, but not all in one way', async () => {
    // By its hash a key of the second part; the first alone could be a range, the second alone could be hashed.
    const hashed = hashedParts(
      rows('l', 40, (n) => `k${n + 10}`),
      2,
    )
    const [, second = ''] = hashed
    const least = second.split('\n')[0]?.split('\t')[1] ?? ''
    const right = [`r0\t${least}\t\n`, '']
    const left = [hashed[0] ?? '', second]
    const failed = await failure(joiner.runFiles(text, await partFiles(left, right)))
    expect(failed.message).toMatch(/not partitioned alike/)
  })
})

describe('the shape of a join', () => {
  it.each([
    [`{ type: 'outer', strategy: 'auto', left: {}, right: {} }`, 'the join\'s `type` is the string "outer"'],
    [`{ type: 'inner', strategy: 'hash', left: {}, right: {} }`, 'the join\'s `strategy` is the string "hash"'],
    [`{ type: 'inner', strategy: 'auto', small: 1, left: {}, right: {} }`, "the join's `small` side is the number 1"],
    [`{ type: 'inner', strategy: 'auto', left: 3, right: {} }`, "the join's `left` has to be { input, key, value }"],
    [
      `{ type: 'inner', strategy: 'auto', left: { key() {} }, right: {} }`,
      "the join's `right` has to have a function `key`",
    ],
    [`{ type: 'inner', strategy: 'auto', left: { key() {}, on: 1 }, right: {} }`, "the join's `left` has a field `on`"],
    [
      `{ type: 'inner', strategy: 'auto', left: { key() {}, value: 1 }, right: {} }`,
      "the join's `left` has to have a function as `value`",
    ],
    [
      `{ type: 'inner', strategy: 'auto', left: { key() {}, input: 1 }, right: {} }`,
      "the join's `left`: `input` has to be a format",
    ],
    [
      `{ type: 'inner', strategy: 'auto', left: { key() {} }, right: { key() {} }, join: 1 }`,
      "the join's `join` has to be a function",
    ],
    [`7`, '`join` has to be what defineJoin makes'],
    [
      `{ type: 'inner', strategy: 'auto', left: { key() {} }, right: { key() {} } }, reduce() {}`,
      'it is a join, and has a `reduce` beside it',
    ],
  ])('is refused when it is %s', async (join, message) => {
    const failed = await failure(
      joiner.run({ ...sides, type: 'inner', strategy: 'auto' }, {}, {}, `export default { join: ${join} }`),
    )
    expect(failed).toMatchObject({ code: 'MR_BAD_JOB' })
    expect(failed.message).toContain(message)
  })
})
