import { afterAll, expect, test } from 'vitest'
import { checkpoint, publish, put, trial } from './disk-fault-trials.ts'
import { removeRoots } from './harness.ts'

afterAll(removeRoots)

test.each([
  ['ENOSPC', 'put', 'once'],
  ['ENOSPC', 'put', 'for ever'],
  ['EIO', 'put', 'once'],
  ['EIO', 'put', 'for ever'],
  ['ENOSPC', 'checkpoint', 'once'],
  ['ENOSPC', 'checkpoint', 'for ever'],
  ['EIO', 'checkpoint', 'once'],
  ['EIO', 'checkpoint', 'for ever'],
  ['ENOSPC', 'publish', 'once'],
  ['EIO', 'publish', 'once'],
  ['ENOSPC', 'publish', 'for ever'],
  ['EIO', 'publish', 'for ever'],
] as const)(
  '%s at each disk call of %s in turn, %s: acknowledged is whole, refused leaves nothing',
  async (code, name, lasting) => {
    const workload = { put, checkpoint, publish }[name]
    let call = 1
    while (await trial(workload, code, call, lasting === 'for ever')) call++
    expect(call).toBeGreaterThan(5)
  },
)
