import { describe, expect, test } from 'vitest'
import { counter } from '../../../mapreduce/base/counters.ts'
import { Engine, type EngineOptions, type Input, total } from './engine.ts'

const lines = Array.from({ length: 400 }, (_, i) => `line ${i}${i % 50 === 7 ? ' is bad' : ''}`)
const inputs: Input[] = [{ name: 'in', bytes: lines.join('\n') }]

async function run(options: Omit<EngineOptions, 'job'>, cut = 1000) {
  using engine = new Engine({ job: 'contains', reducers: 0, ...options }, inputs)
  const { parts, done } = await engine.job(engine.cut(cut))
  const called = done.reduce((sum, { userCounters }) => sum + (userCounters['called'] ?? 0), 0)
  return { lines: parts.join('').split('\n').slice(0, -1), called, done }
}

async function failure(options: Omit<EngineOptions, 'job'>) {
  using engine = new Engine({ job: 'contains', reducers: 0, ...options }, inputs)
  const result = await engine.run(engine.mapTask(0, engine.whole().flat()))
  if (result.ok) throw new Error('the task did not fail')
  return result
}

describe('lines without the bytes a job asks for', () => {
  test.each([[{}], [{ checked: true }], [{ skipBad: 5 }], [{ kernels: 'wasm' as const }]])(
    'are counted and not handed to map, with %j',
    async (options) => {
      const found = await run({ ...options, params: { needle: '1' } })
      const expected = lines.filter((line) => line.includes('1'))
      expect(found.lines).toEqual(expected)
      expect(found.called).toBe(expected.length)
      expect(total(found.done, counter.mapInputRecords)).toBe(lines.length)
    },
  )

  test.each([[undefined], ['']])('are none when the needle is %j', async (needle) => {
    expect((await run({ params: needle === undefined ? {} : { needle } })).lines).toEqual(lines)
  })

  test('count in what is told of a record that fails', async () => {
    const { message } = await failure({ params: { needle: 'bad', fault: 'map' } })
    expect(message).toContain(`byte ${lines.slice(0, 7).join('\n').length + 1} (record 8 of the task)`)
  })

  test('can be set aside no more than they are seen', async () => {
    const found = await run({ params: { needle: '7', fault: 'map' }, skipBad: 100 })
    expect(found.lines).toEqual(lines.filter((line) => line.includes('7') && !line.includes('bad')))
    expect(total(found.done, counter.skippedRecords)).toBe(8)
    expect(total(found.done, counter.mapInputRecords)).toBe(lines.length)
  })

  test.each([
    ['throws', 'contains threw: Error: no needle'],
    ['number', 'contains returned 7; it has to be a string, bytes or undefined'],
  ])('fault of the function: %s', async (fault, said) => {
    expect(await failure({ params: { fault } })).toMatchObject({
      code: 'MR_USER_CODE',
      message: expect.stringContaining(said),
    })
  })
})
