import { describe, expect, it } from 'vitest'
import { didYouMean, nearestName } from '../../../mapreduce/base/nearest-name.ts'

describe('nearestName', () => {
  const jobs = ['wordcount', 'grep', 'index']

  it.each([
    ['wordcuont', 'wordcount'],
    ['word', 'wordcount'],
    ['wordcounts', 'wordcount'],
    ['Grep', 'grep'],
    ['gerp', 'grep'],
    ['idnex', 'index'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearestName(typed, jobs)).toBe(meant)
  })

  it.each(['sort', '', 'x', 'join'])('has nothing to suggest for %j', (typed) => {
    expect(nearestName(typed, jobs)).toBeUndefined()
    expect(didYouMean(typed, jobs)).toBe('')
  })
})
