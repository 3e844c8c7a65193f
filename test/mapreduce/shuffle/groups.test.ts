import { afterAll, describe, expect, test } from 'vitest'
import { MrError } from '../../../mapreduce/base/errors.ts'
import type { TaskContext } from '../../../mapreduce/job.ts'
import { Encoder } from '../../../mapreduce/record/encode.ts'
import type { RecordSink } from '../../../mapreduce/record/record-stream.ts'
import { Text } from '../../../mapreduce/record/text.ts'
import { sum } from '../../../mapreduce/shuffle/aggregate.ts'
import { Groups } from '../../../mapreduce/shuffle/groups.ts'
import {
  isAsyncFunction,
  type ReduceStep,
  reduceGroups,
  reduceGroupsNow,
  showKey,
} from '../../../mapreduce/shuffle/reduce-groups.ts'
import { byKey, type Row, removeFiles, streamOf } from './runs.ts'

afterAll(removeFiles)

function encoded(key: unknown, value: unknown): Row {
  const keys = new Encoder()
  const values = new Encoder()
  const keyKind = keys.key(key)
  const valueKind = values.value(value)
  return {
    keyKind,
    key: Buffer.from(keys.bytes.subarray(0, keys.length)),
    valueKind,
    value: Buffer.from(values.bytes.subarray(0, values.length)),
  }
}

const plain = (value: unknown): unknown =>
  value instanceof Text ? value.toString() : Array.isArray(value) ? value.map(plain) : value

const groupsOf = (pairs: readonly (readonly [unknown, unknown])[], groupBy = 0): Groups =>
  new Groups(streamOf(pairs.map(([key, value]) => encoded(key, value)).toSorted(byKey)), {
    groupBy,
    beat: () => {},
    checked: false,
  })

/** Every group as [key, values], `take` of the values at most. */
function walk(groups: Groups, take = Number.POSITIVE_INFINITY): unknown[] {
  const seen: unknown[] = []
  while (groups.nextGroup()) {
    const values: unknown[] = []
    const key = plain(groups.key())
    if (take > 0) {
      for (const value of groups) {
        values.push(plain(value))
        if (values.length >= take) break
      }
    }
    // The key is still the group's, wherever the stream stands.
    expect(plain(groups.key())).toEqual(key)
    seen.push([key, values])
  }
  return seen
}

const pairs = [
  ['a', 1],
  ['a', 2],
  ['b', 3],
  ['', 4],
  ['ab', 5],
  ['b', 6],
  [null, 7],
  [null, 8],
  [1, 9],
  ['a\0', 10],
] as const

describe('groups', () => {
  test('have all values of their key, in order', () => {
    expect(walk(groupsOf(pairs))).toEqual([
      [null, [7, 8]],
      [1, [9]],
      ['', [4]],
      ['a', [1, 2]],
      ['a\0', [10]],
      ['ab', [5]],
      ['b', [3, 6]],
    ])
  })

  test.each([0, 1])('whose values are not asked for beyond %d are passed over', (take) => {
    const seen = walk(groupsOf(pairs), take)
    expect(seen.map((group) => (Array.isArray(group) ? group[0] : undefined))).toEqual([
      null,
      1,
      '',
      'a',
      'a\0',
      'ab',
      'b',
    ])
  })

  test('of no records are none', () => {
    const groups = groupsOf([])
    expect(groups.nextGroup()).toBe(false)
    expect(groups.nextGroup()).toBe(false)
  })

  test('have no values for a second loop, and the rest for one after a break', () => {
    const groups = groupsOf(pairs)
    while (groups.nextGroup()) {
      const first = [...groups]
      expect(first.length).toBeGreaterThan(0)
      expect([...groups]).toEqual([])
    }
    const again = groupsOf([
      ['k', 1],
      ['k', 2],
      ['k', 3],
      ['l', 4],
    ])
    again.nextGroup()
    for (const _ of again) break
    expect([...again].map(plain)).toEqual([2, 3])
    again.nextGroup()
    expect([...again].map(plain)).toEqual([4])
    expect(again.nextGroup()).toBe(false)
    expect([...again]).toEqual([])
  })

  test('count every value, asked for or not', () => {
    const groups = groupsOf(pairs)
    groups.nextGroup()
    while (groups.nextGroup());
    expect(groups.records).toBe(pairs.length)
  })

  test('do not hold their values', () => {
    const stream = streamOf(Array.from({ length: 100_000 }, (_, i) => encoded('k', i)))
    const groups = new Groups(stream, { groupBy: 0, beat: () => {}, checked: false })
    groups.nextGroup()
    expect(stream.advanced).toBe(1)
    expect(groups.next().value).toBe(0)
    expect(stream.advanced).toBe(1)
    let total = 0
    for (const value of groups) total += Number(value)
    expect(total).toBe((99_999 * 100_000) / 2)
  })

  test('of large keys after small ones keep their keys', () => {
    const keys = [1, 100, 1000, 100_000].map((length) => 'k'.repeat(length))
    const seen = walk(
      groupsOf(
        keys.flatMap(
          (key) =>
            [
              [key, 1],
              [key, 2],
            ] as const,
        ),
      ),
    )
    expect(seen).toEqual(keys.map((key) => [key, [1, 2]]))
  })

  test('are seen to be alive while they last', () => {
    let beats = 0
    const rows = Array.from({ length: 100_000 }, () => encoded('k', 1))
    const groups = new Groups(streamOf(rows), { groupBy: 0, beat: () => beats++, checked: false })
    groups.nextGroup()
    while (groups.step());
    expect(beats).toBeGreaterThan(2)
  })

  test('checked: a key or value that is kept is spoilt when the next is asked for', () => {
    const rows = [encoded('key', 'one'), encoded('key', 'two'), encoded('other', 'three')]
    const groups = new Groups(streamOf(rows), { groupBy: 0, beat: () => {}, checked: true })
    groups.nextGroup()
    const key = groups.key()
    const kept: unknown[] = []
    for (const value of groups) {
      kept.push(value)
      expect(String(value)).toMatch(/one|two/)
    }
    groups.nextGroup()
    expect(String(groups.key())).toBe('other')
    expect([key, ...kept].map(String)).toEqual(['###', '###', '###'])
  })
})

describe('groups of tuples by their first fields', () => {
  const tuples = [
    [['a'], 0],
    [['a', 1], 1],
    [['a', 2, 'x'], 2],
    [['a', 2, 'y'], 3],
    [['a\0'], 4],
    [['b', 1], 5],
    [[], 6],
    ['a', 7],
  ] as const

  test('by one field: every tuple that begins with it', () => {
    expect(walk(groupsOf(tuples, 1))).toEqual([
      ['a', [7]],
      [[], [6]],
      [['a'], [0, 1, 2, 3]],
      [['a\0'], [4]],
      [['b', 1], [5]],
    ])
  })

  test('by two: a tuple with fewer is a group of its own and takes in no other', () => {
    expect(walk(groupsOf(tuples, 2))).toEqual([
      ['a', [7]],
      [[], [6]],
      [['a'], [0]],
      [['a', 1], [1]],
      [
        ['a', 2, 'x'],
        [2, 3],
      ],
      [['a\0'], [4]],
      [['b', 1], [5]],
    ])
  })
})

describe('reducing', () => {
  const ctx: TaskContext = {
    params: {},
    count() {},
    status() {},
    write() {},
    columns: () => [],
    side() {
      throw new Error('no side files here')
    },
    inputFile: '',
    inputName: '',
    attempt: 1,
    task: 0,
    signal: new AbortController().signal,
  }
  const written: string[] = []
  const sink: RecordSink = {
    write(key, _keyKind, start, end, _value, kind) {
      written.push(`${key.toString('utf8', start, end)}:${kind}`)
    },
  }
  const step = (reduce: ReduceStep['reduce'], combining?: { partial: boolean }): ReduceStep => ({
    reduce,
    sink,
    ctx,
    ...(combining === undefined ? {} : { combining }),
    userError: (cause, key) => new Error(`at ${showKey(key)}`, { cause }),
  })
  const run = (reduce: ReduceStep['reduce'], combining?: { partial: boolean }): Promise<number> => {
    const stream = streamOf(pairs.map(([key, value]) => encoded(key, value)).toSorted(byKey))
    return reduceGroups(
      new Groups(stream, { groupBy: 0, beat: () => {}, checked: false }),
      () => stream.view,
      step(reduce, combining),
    )
  }
  const runNow = (reduce: ReduceStep['reduce'], combining?: { partial: boolean }): number => {
    const stream = streamOf(pairs.map(([key, value]) => encoded(key, value)).toSorted(byKey))
    return reduceGroupsNow(
      new Groups(stream, { groupBy: 0, beat: () => {}, checked: false }),
      () => stream.view,
      step(reduce, combining),
    )
  }

  test('a function, an async function and an aggregate see each group once', async () => {
    const seen: string[] = []
    expect(await run((key) => void seen.push(showKey(key)))).toBe(7)
    expect(
      await run(async (key, values, emit) => {
        await Promise.resolve()
        let n = 0
        for (const _ of values) {
          await Promise.resolve()
          n++
        }
        emit(key, n)
        seen.push(showKey(key))
      }),
    ).toBe(7)
    expect(seen.slice(0, 7)).toEqual(seen.slice(7))
    expect(await run(sum)).toBe(7)
    expect(runNow(sum)).toBe(7)
  })

  test('what is thrown is told with the key; the engine’s own errors pass as they are', async () => {
    const boom = (): never => {
      throw new Error('boom')
    }
    await expect(run(boom)).rejects.toThrow('at null')
    await expect(run(() => Promise.reject(new Error('later')))).rejects.toThrow('at null')
    expect(() => runNow(boom)).toThrow('at null')
    const own = new MrError('MR_NO_SPACE', 'full')
    await expect(run(() => Promise.reject(own))).rejects.toBe(own)
    await expect(
      run(() => {
        throw own
      }),
    ).rejects.toBe(own)
  })

  test('a combiner that changes the key is refused, whatever it changes', async () => {
    for (const other of ['x', '', ['a'], 1, null]) {
      const change: ReduceStep['reduce'] = (key, _values, emit) => emit(plain(key) === 'a' ? other : key, 1)
      await expect(run(change, { partial: false })).rejects.toMatchObject({
        message: 'at "a"',
        cause: expect.objectContaining({ code: 'MR_USER_CODE', message: expect.stringContaining('must keep the key') }),
      })
    }
    await expect(run((key, _values, emit) => emit(plain(key), 1), { partial: false })).resolves.toBe(7)
  })

  test('a combiner that returns a promise without being async is refused, whatever becomes of the promise', () => {
    expect(() => runNow(() => Promise.reject(new Error('nobody hears this')))).toThrow(/async combine/)
    expect(isAsyncFunction(async () => {})).toBe(true)
    expect(isAsyncFunction(() => Promise.resolve())).toBe(false)
    expect(isAsyncFunction(undefined)).toBe(false)
  })

  test('a value that does not add up is told with its key', async () => {
    const stream = streamOf([encoded('k', 'x')])
    const groups = new Groups(stream, { groupBy: 0, beat: () => {}, checked: false })
    await expect(reduceGroups(groups, () => stream.view, step(sum))).rejects.toThrow('at "k"')
  })
})

test.each([
  ['short', '"short"'],
  [Text.from('a\tb'), '"a\\tb"'],
  [12n, '12n'],
  [[1, 'a', null], '[1,"a",null]'],
  [['b', 5n], '["b","5n"]'],
  ['x'.repeat(200), `"${'x'.repeat(76)}...`],
  [undefined, 'undefined'],
])('a key shows well in messages: %#', (key, expected) => {
  expect(showKey(key)).toBe(expected)
})
