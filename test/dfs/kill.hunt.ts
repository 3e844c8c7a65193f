/** Reliability row 1: `kill -9` of a real process at a hundred random moments each. */
import { afterAll, test } from 'vitest'
import { removeRoots } from './harness.ts'
import { killRepeatedly, killWhileMaking, seeded } from './kill-trials.ts'

afterAll(removeRoots)

test.each(['put', 'checkpoint', 'publish'] as const)(
  'kill -9 during a %s, 100 times: what was acknowledged is whole, nothing else is left',
  { timeout: 600_000 },
  async (mode) => {
    await killRepeatedly(mode, 100, seeded(Date.now()))
  },
)

test('kill -9 while a root is made: it can be opened, and is empty or holds what was acknowledged', async () => {
  await killWhileMaking(100, seeded(Date.now()))
})
