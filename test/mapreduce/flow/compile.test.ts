import { describe, expect, it } from 'vitest'
import { compileFlow } from '../../../mapreduce/flow/compile.ts'
import { flowOf } from '../../../mapreduce/flow/graph.ts'
import { type BuildFlow, count, defineFlow, sum, text } from '../../../mapreduce/index.ts'

const planOf = (build: BuildFlow) => {
  const flow = flowOf(defineFlow(build))
  if (flow === undefined) return expect.unreachable('defineFlow makes a flow')
  return compileFlow(flow)
}
const stagesOf = (build: BuildFlow) => planOf(build).stages.map(({ name, inputs }) => [name, Object.values(inputs)])
const pair = (line: { toString(): string }): [string, number] => [line.toString(), 1]

describe('a flow becomes', () => {
  it('one stage where nothing is shuffled, however many the steps and inputs', () => {
    expect(
      stagesOf((flow) =>
        flow
          .read()
          .map(pair)
          .filter(() => true)
          .flatMap((row) => [row, row]),
      ),
    ).toEqual([['read input, map, filter, flatMap', [{ source: 'input' }]]])
    expect(stagesOf((flow) => flow.read('a').union(flow.read('b'), flow.read('c')))).toEqual([
      ['read a, read b, read c', [{ source: 'a' }, { source: 'b' }, { source: 'c' }]],
    ])
  })

  it('a stage for each shuffle, with what follows it in the same', () => {
    expect(
      stagesOf((flow) =>
        flow
          .read()
          .map(pair)
          .groupBy(([k]) => k)
          .aggregate(sum, ([, n]) => n)
          .filter(([, n]) => n > 1)
          .sortBy(([, n]) => n)
          .map(([k]) => k),
      ),
    ).toEqual([
      ['read input, map, groupBy sum, filter', [{ source: 'input' }]],
      ['sortBy, map', [{ stage: 0 }]],
    ])
  })

  it('a join that reads both inputs itself, and one that reads a stage for each side that is shuffled', () => {
    const keys = { left: pair, right: pair }
    expect(
      stagesOf((flow) =>
        flow
          .read('a')
          .map(String)
          .join(
            flow.read('b').filter(() => true),
            keys,
          ),
      ),
    ).toEqual([['read a, map, read b, filter, inner join', [{ source: 'a' }, { source: 'b' }]]])
    expect(stagesOf((flow) => flow.read('a').distinct().join(flow.read('b'), keys))).toEqual([
      ['read a, distinct', [{ source: 'a' }]],
      ['read b, inner join', [{ stage: 0 }, { source: 'b' }]],
    ])
  })

  it('a stage for what is cached, once, whatever reads it; without it the work is done again, and that is told', () => {
    const twice = (flow: Parameters<BuildFlow>[0], cached: boolean) => {
      const counts = flow
        .read(text())
        .groupBy((line) => line)
        .aggregate(count)
      const kept = cached ? counts.cache() : counts
      return kept.union(kept.map(([k, n]) => [k, -n] as const))
    }
    const plan = planOf((flow) => twice(flow, true))
    expect(plan.stages.map(({ name, inputs }) => [name, inputs])).toEqual([
      ['read input, groupBy count, cache', { input: { source: 'input' } }],
      ['map', { 'stage 1': { stage: 0 }, 'stage 1 (2)': { stage: 0 } }],
    ])
    expect(plan.notes).toEqual([])
    const again = planOf((flow) => twice(flow, false))
    expect(again.stages).toHaveLength(3)
    expect(again.notes.join()).toContain('groupBy count is done 2 times')
  })
})

describe('defineFlow refuses', () => {
  it.each<[string, BuildFlow, string]>([
    ['an input read twice', (flow) => flow.read().union(flow.read()), 'there is a read of that name already'],
    ['a name that no command line can hold', (flow) => flow.read('a=b'), "can't be empty or hold ="],
    ['an async function', (flow) => flow.read().map(async (line) => line), 'rows are not waited for'],
    ['a top of nothing', (flow) => flow.read().topN(0, (line) => line), 'a whole number from 1'],
  ])('%s', (_what, build, message) => {
    expect(() => defineFlow(build)).toThrow(message)
  })

  it('a function that returns no rows', () => {
    const build: unknown = () => 7
    // @ts-expect-error As a module in JavaScript can.
    expect(() => defineFlow(build)).toThrow('has to return rows')
  })
})
