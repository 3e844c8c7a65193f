import { describe, expect, it } from 'vitest'
import { jobProblem } from '../../../mapreduce/master/load-shape.ts'
import { bottom, count, distinct, first, max, mean, min, sum, top } from '../../../mapreduce/shuffle/aggregate.ts'

const map = (): void => undefined
const aggregates = [sum, count, min, max, mean, first, distinct, top(3), top(4), bottom(3)]

/** How often a combiner runs depends on memory, so a result must not depend on it. */
describe('an aggregate as the combiner', () => {
  it('goes with the same as the reduce, and with none', () => {
    for (const reduce of aggregates) {
      expect(jobProblem({ default: { map, combine: reduce, reduce } })).toBeUndefined()
      expect(jobProblem({ default: { map, combine: { ...reduce }, reduce } })).toBeUndefined()
      expect(jobProblem({ default: { map, reduce } })).toBeUndefined()
      expect(jobProblem({ default: { map, combine: map, reduce } })).toBeUndefined()
    }
  })

  it('is refused with another', () => {
    for (const combine of aggregates) {
      for (const reduce of aggregates.filter((other) => other !== combine)) {
        expect(jobProblem({ default: { map, combine, reduce } })).toMatch(
          /`combine` is \w+(\(\d\))? but `reduce` is \w+/,
        )
      }
    }
  })

  it('goes with a function, unless it is count or mean, which take what they give for something else', () => {
    for (const combine of [sum, min, max, first, distinct, top(3), bottom(3)]) {
      expect(jobProblem({ default: { map, combine, reduce: map } })).toBeUndefined()
    }
    expect(jobProblem({ default: { map, combine: count, reduce: map } })).toMatch(/would count what it has counted/)
    expect(jobProblem({ default: { map, combine: mean, reduce: map } })).toMatch(/a mean of means is none/)
  })
})

it('a top without a number of values is no reduction', () => {
  for (const n of [undefined, 0, -1, 1.5, '3', 1_000_001]) {
    expect(jobProblem({ default: { map, reduce: { aggregate: 'top', n } } })).toMatch(
      /`reduce` has to be a function or/,
    )
  }
  expect(() => top(0)).toThrow('top(0): it has to be a whole number from 1 to 1000000')
  expect(() => bottom(Number.NaN)).toThrow('bottom(NaN): it has to be')
})
