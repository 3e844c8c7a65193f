import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limitsOf } from '../../../mapreduce/master/job-limits.ts'
import { importJob } from '../../../mapreduce/master/job-module.ts'
import { masterLimits } from '../../../mapreduce/master/limits.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

let place: Place
beforeEach(async () => {
  place = await makePlace()
})
afterEach(() => place[Symbol.asyncDispose]())

const job = (limits: string): Promise<string> =>
  place.write(`job-${limits.length}.mjs`, `export default { limits: ${limits}, map() {}, reduce() {} }`)

describe('the limits of a job', () => {
  it('hold for its run, and the command line has the last word', async () => {
    await place.write('in/a', 'x\n')
    const moduleUrl = await job('{ attempts: 2 }')
    const params = { script: JSON.stringify({ 'map-0': Array.from({ length: 9 }, () => 'fail') }) }
    const options = { moduleUrl: new URL('./fixtures/limited-job.mjs', import.meta.url).href, params }
    await expect(place.run(options)).rejects.toThrow('map task 0 had 2 attempts')
    await expect(place.run({ ...options, taskAttempts: 3 })).rejects.toThrow('map task 0 had 3 attempts')
    expect((await importJob(moduleUrl, 'limited')).limits).toEqual({ attempts: 2 })
  })

  it('are in the units their names say', async () => {
    const options = optionsOfRun()
    const limits = { attempts: 7, timeoutSeconds: 90, heapMB: 2048 }
    expect(limitsOf(masterLimits, limits, options)).toMatchObject({
      taskAttemptsMax: 7,
      taskTimeoutMs: 90_000,
      workerHeapMiB: 2048,
    })
    expect(limitsOf(masterLimits, limits, { ...options, taskTimeoutMs: 5, workerHeapMiB: 64 })).toMatchObject({
      taskTimeoutMs: 5,
      workerHeapMiB: 64,
    })
    expect(limitsOf(masterLimits, undefined, options)).toEqual(masterLimits)
  })

  it.each([
    ['{ attempts: 0 }', '`limits.attempts` has to be a whole number from 1 to 1000, but is the number 0'],
    ['{ timeoutSeconds: "60" }', '`limits.timeoutSeconds` has to be a whole number'],
    ['{ heap: 1 }', '`limits.heap` is unknown. Did you mean heapMB? Known are: attempts, timeoutSeconds, heapMB'],
    ['{ constructor: 1 }', '`limits.constructor` is unknown'],
    ['4', '`limits` has to be an object such as'],
  ])('%s are refused', async (limits, message) => {
    await expect(importJob(await job(limits), 'limited')).rejects.toThrow(message)
  })
})

function optionsOfRun(): Parameters<typeof limitsOf>[2] {
  return {
    moduleUrl: '',
    jobName: '',
    params: {},
    inputs: [],
    output: { kind: 'local', path: '' },
    overwrite: false,
    workers: 1,
    memoryBytes: 1,
    openDfs: () => Promise.reject(new Error('no DFS')),
  }
}
