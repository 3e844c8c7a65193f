import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DiskTrials, firsts, type TrialName } from './disk-trials.ts'

const job: TrialName = 'a job that spills, combines, merges in passes and writes a named output'
/** The first write of a spill, of a merge of spills, of a pass, of the output and of a named one. */
const writes = /^write .*(spill-N|run|pass-N|part-r-N\.N|frequent)$/

let trials: DiskTrials
beforeAll(async () => {
  trials = await DiskTrials.of(job)
})
afterAll(() => trials[Symbol.asyncDispose]())

describe('a worker thread that ends in the middle of what it writes', () => {
  it('once: its task runs again, with the same bytes and counters, and what it wrote is gone', async () => {
    const at = firsts((await trials.run()).calls, writes)
    expect(at).toHaveLength(5)
    // Of the run and of the output; the hunt of the disk's faults has them all.
    for (const nth of [at[1] ?? 0, at[3] ?? 0]) {
      const { report } = await trials.check({ calls: 'write', at: nth, fault: 'exit' })
      expect(report?.counters['lost-attempts'], `write ${nth}`).toBe(1)
    }
    // By the memory its heap may take: that is the task's own failure.
    const { report } = await trials.check({ calls: 'write', at: at[0] ?? 0, fault: 'memory' }, { workerHeapMiB: 64 })
    expect(report?.counters['failed-attempts']).toBe(1)
  })

  it('every time: the job fails with that, the old output is as it was, and nothing is left', async () => {
    for (const fault of ['exit', 'memory'] as const) {
      const { report } = await trials.check({ calls: 'write', at: 2, fault, last: 1e9 }, { workerHeapMiB: 64 })
      expect(report, fault).toBeUndefined()
    }
  })
})

describe('a task that hangs', () => {
  const hangs = (where: string, attempts: number) => ({
    taskTimeoutMs: 500,
    params: { hangs: where, attempts: String(attempts) },
  })

  it.each(['map', 'combine', 'reduce'])('in %s is ended and runs again', async (where) => {
    const { report } = await trials.check({ calls: 'write', at: 0, fault: 'hang' }, hangs(where, 1))
    expect(report?.counters['timed-out-attempts']).toBe(1)
  })

  it('again and again fails the job, and nothing is left', async () => {
    const { report } = await trials.check({ calls: 'write', at: 0, fault: 'hang' }, hangs('combine', 9))
    expect(report).toBeUndefined()
  })
})
