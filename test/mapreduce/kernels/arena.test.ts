import { expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'

test('reserves aligned regions that do not overlap, and takes them back', () => {
  const arena = new Arena(100_000)
  const first = arena.reserve(1)
  const mark = arena.mark
  const second = arena.reserve(100)
  expect([first % 64, second % 64]).toEqual([0, 0])
  expect(second).toBeGreaterThanOrEqual(first + 64)
  arena.release(mark)
  expect(arena.reserve(5)).toBe(second)
})

test('offset zero is never given out, since kernels look just before the first entry', () => {
  expect(new Arena(10).reserve(1)).toBeGreaterThan(32)
})

test('refuses what does not fit', () => {
  const arena = new Arena(100_000)
  expect(() => arena.reserve(arena.free + 1)).toThrow(/no room/)
})
