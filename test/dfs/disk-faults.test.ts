import { afterAll, expect, test } from 'vitest'
import { checkpoint, publish, put, trial } from './disk-fault-trials.ts'
import { removeRoots } from './harness.ts'

afterAll(removeRoots)

test.each([
  ['ENOSPC', 'put', 'once'],
  ['ENOSPC', 'checkpoint', 'once'],
  ['EIO', 'checkpoint', 'for ever'],
  ['EIO', 'publish', 'once'],
] as const)(
  '%s at each disk call of %s in turn, %s: acknowledged is whole, refused leaves nothing',
  async (code, name, lasting) => {
    const workload = { put, checkpoint, publish }[name]
    // Every third; the hunt has all, and more of them.
    let call = 1
    while (await trial(workload, code, call, lasting === 'for ever')) call += 3
    expect(call).toBeGreaterThan(5)
  },
)
