/** Reliability row 5 in full: the disk fails at every call of opening a root. */
import { afterAll, expect, test } from 'vitest'
import { removeRoots } from './harness.ts'
import { failWhileOpening, openings } from './open-fault-trials.ts'

afterAll(removeRoots)

test.each(openings)(
  'EIO at each disk call of opening %s, %s: a clean error or a DFS that works, and nothing lost',
  async (which, lasting) => {
    expect(await failWhileOpening(which, lasting, 1)).toBeGreaterThan(10)
  },
)
