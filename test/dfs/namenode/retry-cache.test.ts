/** A request that comes again is told what it was told, for ten minutes or twenty thousand requests. */
import { expect, test } from 'vitest'
import { answerAgeMax, answersMax, RetryCache } from '../../../dfs/namenode/retry-cache.ts'

const answer = (client: string, sequence: number, time: number) => ({ client, sequence, time, answer: `"${sequence}"` })

test('answers are told apart by client and number', () => {
  const cache = new RetryCache()
  cache.remember(answer('a', 1, 0))
  cache.remember(answer('b', 1, 0))
  cache.remember({ ...answer('a 1', 2, 0), answer: '"other"' })
  expect(cache.lookup('a', 1)).toBe('"1"')
  expect(cache.lookup('1', 1)).toBeUndefined()
  expect(cache.lookup('a', 2)).toBeUndefined()
})

test('the oldest go by age, told by the records’ times, and by number', () => {
  const cache = new RetryCache()
  cache.remember(answer('a', 1, 0))
  cache.remember(answer('a', 2, 1000))
  cache.remember(answer('a', 3, answerAgeMax))
  expect(cache.size).toBe(3)
  cache.remember(answer('a', 4, answerAgeMax + 1))
  expect(cache.lookup('a', 1)).toBeUndefined()
  expect(cache.lookup('a', 2)).toBe('"2"')
  for (let i = 0; i < answersMax + 5; i++) cache.remember(answer('b', i, answerAgeMax + 2))
  expect(cache.size).toBe(answersMax)
  expect(cache.lookup('b', 4)).toBeUndefined()
  expect(cache.lookup('b', 5)).toBe('"5"')
})

test('a clock that went back takes nothing away before its time', () => {
  const cache = new RetryCache()
  cache.remember(answer('a', 1, 5_000_000))
  cache.remember(answer('a', 2, 0))
  expect(cache.size).toBe(2)
})
