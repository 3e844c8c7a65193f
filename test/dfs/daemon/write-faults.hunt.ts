/** Every step of a write, every place of the chain. */
import { afterAll, describe, expect, test } from 'vitest'
import { removeRoots } from '../harness.ts'
import { dieAtEachStep, isWhole, isWholeOrNot } from './write-trials.ts'

afterAll(removeRoots)

describe('at each step of a write', () => {
  test.each([0, 1, 2])('the datanode at place %d of the chain dies: the write goes on', async (place) => {
    expect(await dieAtEachStep(() => [place], 1, isWhole)).toBeGreaterThan(20)
  })

  test.each([
    [0, 1],
    [0, 2],
    [1, 2],
  ])('the datanodes at places %d and %d die: the write goes on', async (one, other) => {
    await dieAtEachStep(() => [one, other], 1, isWhole)
  })

  test('the whole chain dies: the file is whole, or refused and not there', async () => {
    await dieAtEachStep(() => [0, 1, 2], 1, isWholeOrNot)
  })
})
