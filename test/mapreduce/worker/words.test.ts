import { describe, expect, test } from 'vitest'
import { counter } from '../../../mapreduce/base/counters.ts'
import type { TaskDone } from '../../../mapreduce/master/task.ts'
import { Engine, type EngineOptions, type Input, MiB, total } from './engine.ts'

const sentences: Input[] = [
  { name: 'one', bytes: 'a rose is a rose\r\n\nis a  rose\n' },
  { name: 'two', bytes: `${'word '.repeat(30)}\nno line end` },
]
const LINES = 5

interface Ran {
  readonly parts: readonly string[]
  readonly done: readonly TaskDone[]
  readonly called: number
}

async function run(options: EngineOptions, cut?: number, inputs: readonly Input[] = sentences): Promise<Ran> {
  using engine = new Engine(options, inputs)
  const { parts, done } = await engine.job(cut === undefined ? undefined : engine.cut(cut))
  return { parts, done, called: done.reduce((sum, { userCounters }) => sum + (userCounters['called'] ?? 0), 0) }
}

describe('the built-in map `words`', () => {
  test.each(['words-sum', 'words-count', 'words-crlf'])(
    '%s counts chunk by chunk what the function counts line by line, with the same counters',
    async (job) => {
      for (const kernels of ['plain', 'wasm'] as const) {
        for (const cut of [undefined, 7, 40]) {
          const fast = await run({ job, kernels, reducers: 2 }, cut)
          const slow = await run({ job, kernels, reducers: 2, checked: true }, cut)
          expect(fast.parts).toEqual(slow.parts)
          const { mapInputRecords, mapInputBytes, mapOutputRecords, combineInputRecords } = counter
          for (const name of [mapInputRecords, mapInputBytes, mapOutputRecords, combineInputRecords])
            expect([name, total(fast.done, name)]).toEqual([name, total(slow.done, name)])
          expect([fast.called, slow.called]).toEqual([0, LINES])
        }
      }
    },
  )

  test.each(['words-max', 'words-distinct', 'words-contains', 'words-function', 'words-map-only', 'words-whole-file'])(
    '%s is called for each record',
    async (job) => {
      const { called, done } = await run({ job, reducers: job === 'words-map-only' ? 0 : 1 })
      const passed = job === 'words-contains' ? 3 : 0
      expect(called + passed).toBe(total(done, counter.mapInputRecords))
      expect(called).toBeGreaterThan(0)
    },
  )

  test('is called where bad records are set aside', async () => {
    const { called, parts } = await run({ job: 'words-sum', skipBad: 3 })
    expect(called).toBe(LINES)
    expect(parts).toEqual((await run({ job: 'words-sum' })).parts)
  })

  test('counts words and lines that no table and no chunk hold', async () => {
    const long = 'l'.repeat(20_000)
    const bytes = `${long} a ${long}\n${'a b '.repeat(100_000)}${long}\na${'x'.repeat(300_000)} b`
    for (const kernels of ['plain', 'wasm'] as const) {
      const found = await run({ job: 'words-sum', kernels, memoryBytes: 4 * MiB }, 150_000, [{ name: 'long', bytes }])
      expect(found.parts).toEqual([`a\t100001\na${'x'.repeat(300_000)}\t1\nb\t100001\n${long}\t3\n`])
      expect(total(found.done, counter.mapInputRecords)).toBe(3)
      expect(total(found.done, counter.mapOutputRecords)).toBe(200_006)
    }
  })
})
