import { describe, expect, it } from 'vitest'
import { jobProblem } from '../../../mapreduce/master/load-shape.ts'
import { count, first, max, min, sum } from '../../../mapreduce/shuffle/aggregate.ts'

const map = (): void => undefined
const aggregates = [sum, count, min, max, first]

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
        expect(jobProblem({ default: { map, combine, reduce } })).toMatch(/`combine` is \w+ but `reduce` is \w+/)
      }
    }
  })

  it('goes with a function, unless it is count, which would count what it has counted', () => {
    for (const combine of [sum, min, max, first]) {
      expect(jobProblem({ default: { map, combine, reduce: map } })).toBeUndefined()
    }
    expect(jobProblem({ default: { map, combine: count, reduce: map } })).toMatch(/would count what it has counted/)
  })
})
