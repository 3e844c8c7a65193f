/** Datanodes that die, fall silent or garble while a file is written through them. */
import { afterAll, describe, expect, test } from 'vitest'
import { removeRoots } from '../harness.ts'
import { dieAtEachStep, isWhole, isWholeOrNot } from './write-trials.ts'

afterAll(removeRoots)

describe('datanodes that die at a step of a write', () => {
  test('one of any place in the chain: the write goes on, the file is whole and replicated again', async () => {
    expect(await dieAtEachStep((step) => [step % 3], 3, isWhole)).toBeGreaterThan(20)
  })

  test('two at once: the write goes on', async () => {
    await dieAtEachStep((step) => [step % 3, (step + 1) % 3], 7, isWhole)
  })

  test('all of the chain: the file is whole, or refused and not there', async () => {
    await dieAtEachStep(() => [0, 1, 2], 9, isWholeOrNot)
  })
})
