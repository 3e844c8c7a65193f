import { describe, expect, it } from 'vitest'
import { DiskTrials, type TrialName } from './disk-trials.ts'

/** Where each kind of call on each kind of file is met first, from 1; disk-faults.hunt.ts goes through all of them. */
function firsts(calls: readonly string[], of: RegExp): number[] {
  const seen = new Map<string, number>()
  for (const [index, call] of calls.entries()) {
    const kind = call.replace(/ .*\//, ' ').replace(/\d+/g, 'N')
    if (of.test(kind) && !seen.has(kind)) seen.set(kind, index + 1)
  }
  return [...seen.values()]
}

const all: TrialName = 'a job that spills, combines, merges in passes and writes a named output'
const held: TrialName = 'a join by hash tables that outgrow memory'

describe('a disk that refuses one call, of each kind a job makes', () => {
  it.each([
    [all, /./, 13],
    [held, /held|found/, 4],
  ] as const)('%s: another attempt succeeds, with the same bytes', async (name, of, kinds) => {
    await using trials = await DiskTrials.of(name)
    const at = firsts((await trials.run()).calls, of)
    expect(at).toHaveLength(kinds)
    for (const [turn, nth] of at.entries()) {
      const fault = turn % 3 === 0 ? 'short' : 'ENOSPC'
      expect((await trials.check({ calls: 'write', at: nth, fault })).report).toBeDefined()
    }
  })

  it('to read: the map whose run it was runs again, or another attempt reads', async () => {
    await using trials = await DiskTrials.of(all)
    const at = firsts((await trials.run({ calls: 'read', at: 0, fault: 'EIO' })).calls, /^read|open a|open .*run$/)
    expect(at).toHaveLength(8)
    for (const nth of at) expect((await trials.check({ calls: 'read', at: nth, fault: 'EIO' })).report).toBeDefined()
  })
})

describe('a disk that is full from some write on', () => {
  it('fails the job with where and what to do; the old output is as it was, and nothing is left', async () => {
    await using trials = await DiskTrials.of(all)
    for (const at of [2, 70, 110, 140]) {
      expect((await trials.check({ calls: 'write', at, fault: 'ENOSPC', last: 1e9 })).report, `${at}`).toBeUndefined()
    }
  })
})
