import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { counter } from '../../../mapreduce/base/counters.ts'
import { hashKey, partitionOf } from '../../../mapreduce/record/hash.ts'
import { kind } from '../../../mapreduce/record/kind.ts'
import { Engine, type EngineOptions, type Input, MiB, total } from './engine.ts'

/** What a text says in bytes, a character each. */
const latin1 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('latin1')

function linesOf(inputs: readonly Input[]): string[] {
  return inputs.flatMap(({ bytes }) => {
    const lines = latin1(bytes).split('\n')
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines
  })
}

function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

/** The whole of MapReduce in memory: groups in the order of their bytes, values in the order they came. */
function reference(
  pairs: readonly (readonly [string, string])[],
  reducers: number,
  reduce: (key: string, values: string[]) => string,
): string[] {
  const groups = grouped(pairs, ([key]) => key)
  const parts = Array.from({ length: reducers }, () => '')
  for (const key of [...groups.keys()].sort()) {
    const bytes = Buffer.from(key, 'latin1')
    const part = partitionOf(hashKey(bytes, kind.Text, 0, bytes.length), reducers)
    parts[part] += reduce(
      key,
      (groups.get(key) ?? []).map(([, value]) => value),
    )
  }
  return parts
}

const wordPairs = (inputs: readonly Input[]): [string, string][] =>
  linesOf(inputs).flatMap((line) =>
    line
      .split(/[ \t\v\f\r]+/)
      .filter((word) => word !== '')
      .map((word): [string, string] => [word, '1']),
  )
const counted = (key: string, values: string[]): string => `${key}\t${values.length}\n`

/** Fails with the place rather than with megabytes. */
function expectParts(found: readonly string[], expected: readonly string[]): void {
  expect(found.length).toBe(expected.length)
  expected.forEach((part, i) => {
    if (found[i] !== part) {
      const [a, b] = [part.split('\n'), (found[i] ?? '').split('\n')]
      const at = a.findIndex((line, n) => line !== b[n])
      expect.fail(
        `part ${i}, line ${at}: ${JSON.stringify(b[at]?.slice(0, 80))}, not ${JSON.stringify(a[at]?.slice(0, 80))}`,
      )
    }
  })
}

async function run(options: EngineOptions, inputs: readonly Input[], cut?: number): Promise<string[]> {
  using engine = new Engine(options, inputs)
  const { parts } = await engine.job(cut === undefined ? engine.whole() : engine.cut(cut))
  return parts
}

const texts = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        'a',
        'b ',
        'the ',
        ' longer-than-eight ',
        '\n',
        '\r\n',
        '\t',
        '\0',
        'é',
        '\u{1f600} ',
        'x'.repeat(50),
      ),
      { maxLength: 120 },
    )
    .map((parts) => Buffer.from(parts.join(''))),
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
)
const inputs = fc
  .array(texts, { minLength: 1, maxLength: 3 })
  .map((all) => all.map((bytes, i): Input => ({ name: `in-${i}`, bytes })))
const reducers = fc.integer({ min: 1, max: 7 })

describe('a word count gives what counting in memory gives', () => {
  test.each([
    'wordcount-aggregates',
    'wordcount-functions',
    'wordcount-async',
    'wordcount-uncombined',
    'wordcount-count',
    'words-sum',
    'words-count',
  ])('%s', async (job) => {
    await fc.assert(
      fc.asyncProperty(
        inputs,
        reducers,
        fc.integer({ min: 20, max: 400 }),
        fc.boolean(),
        async (given, parts, cut, checked) => {
          const expected = reference(wordPairs(given), parts, counted)
          expectParts(await run({ job, reducers: parts, checked, memoryBytes: 4 * MiB }, given, cut), expected)
        },
      ),
      { numRuns: 12 },
    )
  })
})

/** Far more distinct keys than fit 4 MiB, of lengths around eight bytes and long, some often. */
function manyWords(lines: number): Buffer {
  const out: string[] = []
  for (let i = 0; i < lines; i++) {
    const n = (i * 2654435761) % 4294967296
    out.push(
      `w${n % 50_000} the ${n % 3 === 0 ? 'k'.repeat(n % 90) : ''}${n.toString(36)} of${n % 7}\t-${(n % 997) ** 3}`,
    )
  }
  return Buffer.from(`${out.join('\n')}\n`)
}

describe('spills change nothing', () => {
  const given: Input[] = [{ name: 'many', bytes: manyWords(30_000) }]
  const expected = reference(wordPairs(given), 3, counted)

  test.each([
    ['wordcount-aggregates', 'plain', 4],
    ['wordcount-aggregates', 'wasm', 4],
    ['wordcount-aggregates', 'wasm', 256],
    ['wordcount-functions', 'source', 4],
    ['wordcount-functions', 'wasm', 64],
    ['wordcount-async', 'wasm', 4],
    ['wordcount-uncombined', 'plain', 4],
    ['wordcount-count', 'wasm', 4],
    ['words-sum', 'plain', 4],
    ['words-sum', 'wasm', 4],
    ['words-count', 'wasm', 256],
  ] as const)('%s with %s kernels in %d MiB', async (job, kernels, memory) => {
    using engine = new Engine({ job, reducers: 3, memoryBytes: memory * MiB, kernels }, given)
    const { parts, done } = await engine.job()
    expectParts(parts, expected)
    if (memory === 4) expect(total(done, counter.spills)).toBeGreaterThan(1)
    else expect(total(done, counter.mergePasses)).toBe(0)
    expect(total(done, counter.mapOutputRecords)).toBe(total(done, counter.mapInputRecords) * 5 - emptyFields(given))
    expect(total(done, counter.outputRecords)).toBe(parts.join('').split('\n').length - 1)
  })

  function emptyFields(of: readonly Input[]): number {
    return linesOf(of).length * 5 - wordPairs(of).length
  }

  test('in one task as in many, in any size of split', async () => {
    for (const cut of [100_000, 700_001, undefined]) {
      expectParts(
        await run({ job: 'wordcount-aggregates', reducers: 3, memoryBytes: 4 * MiB, kernels: 'wasm' }, given, cut),
        expected,
      )
    }
  })

  test('more runs than can be merged at a time, in maps and in reduces', async () => {
    const wide = [
      {
        name: 'wide',
        bytes: Buffer.from(
          Array.from({ length: 25_000 }, (_, i) => `${'k'.repeat(200)}${(i * 7919) % 24_989}\n`).join(''),
        ),
      },
    ]
    const wanted = reference(wordPairs(wide), 1, counted)
    using engine = new Engine({ job: 'wordcount-uncombined', memoryBytes: 4 * MiB, kernels: 'wasm' }, wide)
    const { parts, done } = await engine.job(engine.cut(50_000))
    expectParts(parts, wanted)
    expect(total(done, counter.mergePasses)).toBeGreaterThan(0)
  })
})

describe('aggregates', () => {
  const numbers = [
    '0',
    '1',
    '-1',
    '2.5',
    '-0.25',
    '9007199254740991',
    '9007199254740993',
    '1e300',
    '-1e300',
    '0.1',
    '0.2',
    '5e-324',
    '123456789012',
  ]
  const rows = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'longer than eight'), fc.constantFrom(...numbers)), {
    minLength: 1,
    maxLength: 60,
  })

  test.each([
    'sum-of-number',
    'sum-of-text',
    'min-of-number',
    'max-of-number',
    'min-of-text',
    'max-of-text',
    'first-of-number',
    'first-of-text',
    'count-of-text',
  ])('%s does not depend on splits, memory or partitions', async (job) => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 30 }), async (given, cut) => {
        const input = [{ name: 'in', bytes: given.map((row) => `${row.join('\t')}\n`).join('') }]
        const whole = await run({ job, memoryBytes: 4 * MiB }, input)
        const pieces = await run({ job, memoryBytes: 4 * MiB }, input, cut * 10)
        expect(pieces).toEqual(whole)
        const spread = await run({ job, reducers: 4, memoryBytes: 16 * MiB, kernels: 'wasm' }, input, 77)
        expect(spread.join('').split('\n').sort()).toEqual(whole.join('').split('\n').sort())
      }),
      { numRuns: 6 },
    )
  })

  test('min, max and first are those of the values', async () => {
    const input = [{ name: 'in', bytes: 'k\t3\nk\t-7.5\nk\t12\nk\t-7.5\nl\t1\n' }]
    expect(await run({ job: 'min-of-number' }, input, 5)).toEqual(['k\t-7.5\nl\t1\n'])
    expect(await run({ job: 'max-of-number' }, input, 5)).toEqual(['k\t12\nl\t1\n'])
    expect(await run({ job: 'max-of-text' }, input, 5)).toEqual(['k\t3\nl\t1\n'])
    expect(await run({ job: 'first-of-text' }, input, 5)).toEqual(['k\t3\nl\t1\n'])
    expect(await run({ job: 'count-of-number' }, input, 5)).toEqual(['k\t4\nl\t1\n'])
  })

  test('integers beyond 2^53 keep every digit', async () => {
    const input = [{ name: 'in', bytes: 'k\t9007199254740991\n'.repeat(1000) }]
    for (const kernels of ['plain', 'wasm'] as const) {
      expect(await run({ job: 'sum-of-number', kernels }, input, 333)).toEqual([`k\t${9007199254740991n * 1000n}\n`])
    }
  })
})

describe('values', () => {
  test('arrive in input order, over splits, spills and merges', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${'key'.repeat(1 + (i % 3) * 10)}${(i * 7) % 11}\t${i}`)
    const input = [{ name: 'in', bytes: `${lines.join('\n')}\n` }]
    const pairs = lines.map((line): [string, string] => [line.split('\t')[0] ?? '', line.split('\t')[1] ?? ''])
    const expected = reference(pairs, 2, (key, values) => `${key}\t${values.join(',')}\n`)
    expectParts(await run({ job: 'values-in-order', reducers: 2, memoryBytes: 4 * MiB }, input, 700_000), expected)
    expectParts(
      await run({ job: 'values-in-order', reducers: 2, memoryBytes: 64 * MiB, kernels: 'wasm' }, input, 100_000),
      expected,
    )
  })

  test('of records larger than all buffers arrive in order too, between small ones', async () => {
    const large = (letter: string, n: number): string => `key\t${letter.repeat(n)}`
    const lines = [
      'key\t1',
      large('a', 1_500_000),
      'key\t2',
      large('b', 900_000),
      'other\t3',
      large('c', 6_000_000),
      'key\t4',
    ]
    const input = [{ name: 'in', bytes: lines.join('\n') }]
    const pairs = lines.map((line): [string, string] => [line.split('\t')[0] ?? '', line.split('\t')[1] ?? ''])
    const expected = reference(pairs, 1, (key, values) => `${key}\t${values.join(',')}\n`)
    for (const kernels of ['plain', 'wasm'] as const) {
      for (const cut of [undefined, 1_000_000])
        expectParts(await run({ job: 'values-in-order', memoryBytes: 4 * MiB, kernels }, input, cut), expected)
    }
  })

  test('of keys as large as lines', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => 'long line '.repeat((i * 37) % 2000) + String(i % 13))
    const input = [{ name: 'in', bytes: lines.join('\n') }]
    const expected = [
      [...lines]
        .sort()
        .map((line) => `${line.length}\t${line}\n`)
        .join(''),
    ]
    expectParts(await run({ job: 'identity', memoryBytes: 4 * MiB }, input, 500_000), expected)
  })

  test('sort by the second field of a tuple, grouped by the first, in every partition', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('a', 'ab', 'b', '', 'a\0'), fc.integer({ min: -300, max: 300 })), {
          maxLength: 50,
        }),
        reducers,
        fc.integer({ min: 10, max: 200 }),
        async (rows, parts, cut) => {
          const input = [{ name: 'in', bytes: rows.map(([name, n], i) => `${name}\t${n}\tv${i}\n`).join('') }]
          const found = await run({ job: 'secondary-sort', reducers: parts, memoryBytes: 4 * MiB }, input, cut)
          const groups = grouped(
            rows.map(([name, n], i) => ({ name, n, i })),
            ({ name }) => name,
          )
          const expected = [...groups].map(
            ([name, of]) => `${name}\t${of.sort((x, y) => x.n - y.n || x.i - y.i).map(({ i }) => `v${i}`)}`,
          )
          expect(found.flatMap((part) => part.split('\n').slice(0, -1)).sort()).toEqual(expected.sort())
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('a task', () => {
  test('of a map-only job writes what is emitted, in order', async () => {
    const input = [{ name: 'in', bytes: 'b\n\na\nb' }]
    expect(await run({ job: 'map-only', reducers: 0 }, input)).toEqual(['b\t1\na\t1\nb\t1\n'])
    expect(await run({ job: 'map-only', reducers: 0, format: 'jsonl' }, input, 3)).toEqual([
      '{"key":"b","value":1}\n',
      '{"key":"a","value":1}\n{"key":"b","value":1}\n',
    ])
    expect(await run({ job: 'map-only', reducers: 0, format: 'raw' }, input)).toEqual(['b1a1b1'])
  })

  test('of no input, or of empty files, leaves empty parts', async () => {
    expect(await run({ job: 'wordcount-aggregates', reducers: 2 }, [{ name: 'in', bytes: '' }])).toEqual(['', ''])
    expect(await run({ job: 'wordcount-functions', reducers: 2 }, [])).toEqual(['', ''])
  })

  test('may have many segments of many files', async () => {
    const given = Array.from({ length: 30 }, (_, i): Input => ({ name: `f${i}`, bytes: `word${i % 4} again\nlast` }))
    using engine = new Engine({ job: 'wordcount-aggregates', kernels: 'wasm' }, given)
    const { parts, done } = await engine.job([engine.whole().flat()])
    expectParts(parts, reference(wordPairs(given), 1, counted))
    expect(total(done, counter.mapInputRecords)).toBe(60)
  })

  test('in checked mode shows a job the views it kept as spoilt, and in no mode crashes', async () => {
    const input = [{ name: 'in', bytes: 'one\ntwo\nthree\n' }]
    expect(await run({ job: 'keeps-views', checked: true }, input)).toEqual(['###\t2\n'])
  })

  test('runs setup and cleanup, counts, tells the state, and finds the job as this', async () => {
    using engine = new Engine({ job: 'life', reducers: 2 }, [
      { name: 'first', bytes: 'a\nb\n' },
      { name: 'second', bytes: 'a\n' },
    ])
    const { parts, done } = await engine.job([engine.whole().flat()])
    // 'seen ' has five letters, so everything but cleanup's own goes to part 1.
    expect(parts).toEqual(['lines\t0\n', 'seen a\t2\nseen b\t1\nseen lines\t3\nlines\t0\n'])
    expect(engine.statuses).toEqual(['setup of 0', 'setup of 0', 'setup of 1'])
    expect({ ...done[0]?.userCounters }).toEqual({ setups: 1, first: 2, second: 1, cleanups: 1 })
    expect({ ...done[2]?.userCounters }).toEqual({ setups: 1, constructor: 6, cleanups: 1 })
  })

  test('moves its row of the progress table, and no other', async () => {
    using engine = new Engine({ job: 'wordcount-aggregates' }, [{ name: 'in', bytes: 'a b\n'.repeat(1000) }])
    await engine.job()
    const rows = new Float64Array(engine.progress)
    expect([...rows.subarray(0, 8)]).toEqual(new Array(8).fill(0))
    expect(rows[8]).toBeGreaterThan(1000)
  })
})
