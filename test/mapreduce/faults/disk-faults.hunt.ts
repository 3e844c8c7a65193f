import { describe, expect, it } from 'vitest'
import { DiskTrials, trialNames, type WorkerFault } from './disk-trials.ts'

const FOR_EVER = 1e9
/** QUERN_HUNT_ALL=1 goes through every call of every job in every way: half an hour. */
const everything = process.env['QUERN_HUNT_ALL'] === '1'

/** 1 to `count`: all of them of a full disk under the first job, which does everything; a sample of the rest. */
function* nths(count: number, name: string, full = false): Generator<number> {
  const step = everything || (full && name === trialNames[0]) ? 1 : Math.ceil(count / (name === trialNames[0] ? 20 : 4))
  for (let at = 1; at <= count; at += step) yield at
}

/** Each stage of a flow begins with new threads, which count anew: a call that no stage reaches is no fault. */
const reaches = (name: string): boolean => !name.startsWith('a flow')

describe.each(trialNames)('%s, whose disk', (name) => {
  it('is full from the Nth write on, for every N', async () => {
    await using trials = await DiskTrials.of(name)
    for (const at of nths((await trials.run()).calls.length, name, true)) {
      const { report } = await trials.check({ calls: 'write', at, fault: 'ENOSPC', last: FOR_EVER })
      if (reaches(name)) expect.soft(report, `write ${at}`).toBeUndefined()
    }
  })

  it('refuses the Nth write once, for every N', async () => {
    await using trials = await DiskTrials.of(name)
    const faults = ['EIO', 'ENOSPC', 'short', 'EMFILE'] as const
    for (const at of nths((await trials.run()).calls.length, name)) {
      const fault = faults[at % faults.length] ?? 'EIO'
      const { report } = await trials.check({ calls: 'write', at, fault })
      expect.soft(report, `${fault} at write ${at}: another attempt`).toBeDefined()
    }
  })

  it('is where a worker thread ends, at the Nth write, for every N', async () => {
    await using trials = await DiskTrials.of(name)
    for (const at of nths((await trials.run()).calls.length, name)) {
      // Opening and renaming count too: 'exit' ends the thread before them.
      const { report } = await trials.check({ calls: 'write', at, fault: 'exit' })
      if (reaches(name)) expect.soft(report?.counters['lost-attempts'], `write ${at}`).toBeGreaterThanOrEqual(1)
    }
  })

  it('refuses the Nth read, once and for ever, for every N', async () => {
    await using trials = await DiskTrials.of(name)
    const nth = (at: number): WorkerFault => ({ calls: 'read', at, fault: at % 3 === 0 ? 'short' : 'EIO' })
    for (const at of nths((await trials.run(nth(0))).calls.length, name)) {
      const { report } = await trials.check(nth(at))
      expect.soft(report, `read ${at}: another attempt`).toBeDefined()
      if (at % 5 === 0) await trials.check({ calls: 'read', at, fault: 'EIO', last: FOR_EVER })
    }
  })
})
