import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Engine, type EngineOptions, type Input, MiB } from './engine.ts'

const words = fc.oneof(
  { weight: 30, arbitrary: fc.nat(5000).map((n) => `w${n}`) },
  {
    weight: 10,
    arbitrary: fc
      .tuple(fc.nat(100_000), fc.nat(60))
      .map(([n, length]) => `${'prefix'.repeat(length).slice(0, length)}${n}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('\0', '\0\0', 'a\0', 'é', '\u{1f600}', '\ufffd', 'the', 'the\r') },
  { weight: 1, arbitrary: fc.nat(40_000).map((length) => 'L'.repeat(length)) },
)
const lines = fc.array(words, { maxLength: 30 }).map((list) => list.join(' '))
const inputs = fc
  .array(fc.tuple(fc.array(lines, { maxLength: 60 }), fc.integer({ min: 1, max: 200 }), fc.constantFrom('\n', '')), {
    minLength: 1,
    maxLength: 3,
  })
  .map((files) =>
    files.map(
      ([list, times, end], i): Input => ({ name: `in-${i}`, bytes: `${list.join('\n')}\n`.repeat(times) + end }),
    ),
  )

const jobs = [
  'wordcount-aggregates',
  'wordcount-functions',
  'wordcount-async',
  'wordcount-uncombined',
  'wordcount-count',
]

async function parts(options: EngineOptions, given: readonly Input[], cut: number): Promise<string> {
  using engine = new Engine(options, given)
  return (await engine.job(engine.cut(cut))).parts.join('\n--\n')
}

test('any job that counts, kernels, memory, checking and cut give the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      inputs,
      fc.integer({ min: 1, max: 7 }),
      fc.array(
        fc.record({
          job: fc.constantFrom(...jobs),
          kernels: fc.constantFrom('source', 'plain', 'wasm'),
          memoryBytes: fc.constantFrom(4, 5, 7, 16, 64).map((n) => n * MiB),
          checked: fc.boolean(),
          cut: fc.integer({ min: 20_000, max: 3_000_000 }),
        }),
        { minLength: 3, maxLength: 3 },
      ),
      async (given, reducers, ways) => {
        const expected = await parts(
          { job: 'wordcount-uncombined', reducers, memoryBytes: 128 * MiB },
          given,
          100 * MiB,
        )
        for (const { cut, ...way } of ways) {
          expect((await parts({ ...way, reducers }, given, cut)) === expected, JSON.stringify({ cut, ...way })).toBe(
            true,
          )
        }
      },
    ),
    { numRuns: 120 },
  )
})
