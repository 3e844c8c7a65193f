import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DiskTrials, firsts, type TrialName } from './disk-trials.ts'

// Of the first call of each kind every third; disk-faults.hunt.ts goes through all of them, and other jobs.
const all: TrialName = 'a job that spills, combines, merges in passes and writes a named output'
const some = (at: readonly number[]): readonly number[] => at.filter((_nth, turn) => turn % 3 === 0)

let first: DiskTrials
beforeAll(async () => {
  first = await DiskTrials.of(all)
})
afterAll(() => first[Symbol.asyncDispose]())

describe('a disk that refuses one call, of each kind a job makes', () => {
  it('to write: another attempt succeeds, with the same bytes', async () => {
    const at = firsts((await first.run()).calls, /./)
    expect(at).toHaveLength(13)
    for (const [turn, nth] of some(at).entries()) {
      const fault = turn % 2 === 0 ? 'short' : 'ENOSPC'
      expect((await first.check({ calls: 'write', at: nth, fault })).report).toBeDefined()
    }
  })

  it('to read: the map whose run it was runs again, or another attempt reads', async () => {
    const at = firsts((await first.run({ calls: 'read', at: 0, fault: 'EIO' })).calls, /^read|open a|open .*run$/)
    expect(at).toHaveLength(8)
    for (const nth of some(at)) {
      expect((await first.check({ calls: 'read', at: nth, fault: 'EIO' })).report).toBeDefined()
    }
  })
})

describe('a disk that is full from some write on', () => {
  it('fails the job with where and what to do; the old output is as it was, and nothing is left', async () => {
    for (const at of [2, 110]) {
      expect((await first.check({ calls: 'write', at, fault: 'ENOSPC', last: 1e9 })).report, `${at}`).toBeUndefined()
    }
  })
})
