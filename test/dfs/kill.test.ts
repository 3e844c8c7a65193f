/** Reliability row 1, in short; the hunt beside it does the same a hundred times each. */
import { afterAll, test } from 'vitest'
import { removeRoots } from './harness.ts'
import { killRepeatedly, killWhileMaking, seeded } from './kill-trials.ts'

afterAll(removeRoots)

test.each([
  ['put', 5],
  ['checkpoint', 5],
  ['publish', 4],
] as const)(
  'kill -9 during a %s, %i times: what was acknowledged is whole, nothing else is left',
  async (mode, kills) => {
    await killRepeatedly(mode, kills, seeded(Date.now()))
  },
)

test('kill -9 while a root is made: it can be opened, and is empty or holds what was acknowledged', async () => {
  await killWhileMaking(5, seeded(Date.now()))
})
