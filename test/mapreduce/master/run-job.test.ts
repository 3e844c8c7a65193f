import fs from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobProgress } from '../../../mapreduce/master/run-job.ts'
import { makePlace, mapOnlyJob, type Place } from './run-job-fixture.ts'

let place: Place
beforeEach(async () => {
  place = await makePlace()
})
afterEach(async () => {
  await place[Symbol.asyncDispose]()
})

const script = (steps: Record<string, string[]>): { params: Record<string, string> } => ({
  params: { script: JSON.stringify(steps) },
})

describe('a job from input to committed output', () => {
  it('makes a part a reducer, _SUCCESS, and leaves nothing else behind', async () => {
    await place.write('in/a.txt', 'one\n')
    await place.write('in/b.txt', 'two\n')
    const report = await place.run({ reducers: 3 })
    expect(await place.tree()).toEqual([
      'in/',
      'in/a.txt',
      'in/b.txt',
      'out/',
      'out/_SUCCESS',
      'out/part-r-00000',
      'out/part-r-00001',
      'out/part-r-00002',
      'tmp/',
    ])
    expect(await fs.readFile(place.at('out/part-r-00000'), 'utf8')).toBe('one\ntwo\n')
    expect(report).toMatchObject({ inputFiles: 2, inputBytes: 8, maps: 1, reducers: 3, output: { files: 3, bytes: 8 } })
  })
  it('makes a part a split when there is no reduce', async () => {
    await place.write('in/a.txt', 'one\n')
    await place.run({ moduleUrl: mapOnlyJob, splitBytes: 2 })
    expect(await fs.readFile(place.at('out/part-m-00000'), 'utf8')).toBe('on')
    expect(await fs.readFile(place.at('out/part-m-00001'), 'utf8')).toBe('e\n')
  })
  it('makes an empty part of an input without bytes', async () => {
    await place.write('in/a.txt', '')
    await place.run({ moduleUrl: mapOnlyJob })
    expect(await fs.readdir(place.at('out'))).toEqual(['_SUCCESS', 'part-m-00000'])
  })
  it.each(['fail', 'throw', 'stray', 'exit 1', 'out-of-memory'])(
    'survives one attempt that does this: %s',
    async (step) => {
      await place.write('in/a.txt', 'one\ntwo\n')
      const report = await place.run({ splitBytes: 4, ...script({ 'map-1': [step], 'reduce-0': [step] }) })
      expect(await fs.readFile(place.at('out/part-r-00000'), 'utf8')).toBe('one\ntwo\n')
      expect(report.notes).toHaveLength(2)
      expect(report.userCounters).toEqual({ maps: 2 })
    },
  )
})

/** What a job that failed ends with. */
const failureOf = (job: Promise<unknown>): Promise<unknown> =>
  job.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a job that fails', () => {
  beforeEach(() => place.write('in/a.txt', 'one\n'))
  const untouched = ['in/', 'in/a.txt', 'tmp/']

  it.each([
    { step: 'fail told so', code: 'MR_USER_CODE', says: 'told so' },
    { step: 'hang', code: 'MR_TASK_TIMEOUT', says: 'made no progress for 0.2 s', timeout: 200 },
    { step: 'out-of-memory', code: 'MR_WORKER_OUT_OF_MEMORY', says: '48 MiB heap' },
    { step: 'full', code: 'MR_NO_SPACE', says: 'no space left' },
  ])('after its attempts with $code says why, and leaves nothing', async ({ step, code, says, timeout = 20_000 }) => {
    const steps = [step, step]
    const error = await failureOf(
      place.run(
        { taskAttempts: 2, taskTimeoutMs: timeout, ...script({ 'map-0': steps }) },
        // On a busy machine a thread takes its time to start: only what has to time out is hurried.
        { limits: { threadStartMs: timeout, workerHeapMiB: 48 } },
      ),
    )
    expect(error).toMatchObject({ code, message: expect.stringContaining(says) })
    expect(error).toMatchObject({ message: expect.stringContaining('map task 0 had 2 attempts') })
    expect(await place.tree()).toEqual(untouched)
  })

  it('names the input of a map that stands still', async () => {
    const error = await failureOf(
      place.run(
        { taskAttempts: 1, taskTimeoutMs: 150, ...script({ 'map-0': ['spin'] }) },
        { limits: { threadStartMs: 150 } },
      ),
    )
    expect(error).toMatchObject({ message: expect.stringContaining(`begins at byte 0 of ${place.at('in/a.txt')}`) })
  })

  it('at once when trying again can not help', async () => {
    const error = await failureOf(place.run(script({ 'map-0': ['permanent'] })))
    expect(error).toMatchObject({ code: 'MR_RECORD_TOO_LARGE', message: expect.stringContaining('1 attempt made') })
    expect(await place.tree()).toEqual(untouched)
  })

  it('when its workers are lost again and again, in any number of attempts', async () => {
    const error = await failureOf(
      place.run({ taskAttempts: 1, ...script({ 'map-0': Array.from({ length: 9 }, () => 'exit 3') }) }),
    )
    expect(error).toMatchObject({ code: 'MR_TASK_LOST', message: expect.stringContaining('process.exit') })
    expect(await place.tree()).toEqual(untouched)
  })

  it('when it is cancelled, whatever it is doing', async () => {
    const abort = new AbortController()
    const error = await failureOf(
      place.run({
        signal: abort.signal,
        onProgress: ({ phase }) => {
          if (phase === 'map') abort.abort()
        },
        ...script({ 'map-0': ['spin'] }),
      }),
    )
    expect(error).toMatchObject({ code: 'MR_CANCELLED' })
    expect(await failureOf(place.run({ signal: abort.signal }))).toMatchObject({ code: 'MR_CANCELLED' })
    expect(await place.tree()).toEqual(untouched)
  })

  it('before it begins, on wrong usage', async () => {
    await place.write('module/none.mjs', 'export const map = 1')
    await place.write('module/broken.mjs', 'throw new Error("at the top")')
    const fails = (options: Parameters<Place['run']>[0]): Promise<unknown> => failureOf(place.run(options))
    expect(await fails({ inputs: [{ kind: 'local', path: place.at('nowhere') }] })).toMatchObject({
      code: 'MR_NO_INPUT',
    })
    expect(await fails({ params: { colour: 'red' } })).toMatchObject({ code: 'MR_BAD_PARAM' })
    expect(await fails({ memoryBytes: 1 })).toMatchObject({
      code: 'MR_MEMORY',
      message: expect.stringContaining('--memory 4MB'),
    })
    expect(await fails({ workers: 0 })).toMatchObject({ code: 'MR_USAGE' })
    expect(await fails({ reducers: 0 })).toMatchObject({ code: 'MR_USAGE' })
    expect(await fails({ reducers: 2, moduleUrl: mapOnlyJob })).toMatchObject({ code: 'MR_USAGE' })
    expect(await fails({ moduleUrl: place.at('module/none.mjs') })).toMatchObject({ code: 'MR_BAD_JOB' })
    expect(await fails({ moduleUrl: place.at('module/broken.mjs') })).toMatchObject({
      code: 'MR_BAD_JOB',
      message: expect.stringContaining('at the top'),
    })
    expect(await fails({ output: { kind: 'local', path: place.at('in/out') } })).toMatchObject({
      code: 'MR_USAGE',
      message: expect.stringContaining('lies in the input'),
    })
    expect(
      await fails({
        output: { kind: 'local', path: place.at('in') },
        overwrite: true,
        inputs: [{ kind: 'local', path: place.at('in/a.txt') }],
      }),
    ).toMatchObject({ code: 'MR_USAGE' })
    expect(await place.tree()).toEqual(['in/', 'in/a.txt', 'module/', 'module/broken.mjs', 'module/none.mjs'])
  })
})

describe('while a job runs', () => {
  beforeEach(() => place.write('in/a.txt', 'one\ntwo\n'))

  it('it tells how far it is: phases in order, bytes, tasks, status', async () => {
    const told: JobProgress[] = []
    await place.run(
      {
        splitBytes: 4,
        onProgress: (progress) => told.push(progress),
        ...script({ 'map-1': ['slow 20'], 'map-0': ['say half way'] }),
      },
      { limits: { progressIntervalMs: 20 } },
    )
    expect([...new Set(told.map(({ phase }) => phase))]).toEqual(['map', 'reduce', 'commit', 'done'])
    expect(told.some(({ mapsDone, mapsTotal, running }) => mapsDone === 1 && mapsTotal === 2 && running === 1)).toBe(
      true,
    )
    expect(
      told.some(({ bytesIn, bytesTotal, status }) => bytesIn === 4 && bytesTotal === 8 && status === 'half way'),
    ).toBe(true)
    expect(told.at(-1)).toMatchObject({ mapsDone: 2, reducesDone: 1, running: 0 })
  })

  it('a run file that is lost is made again at once; its first counters no longer count', async () => {
    const report = await place.run(script({ 'reduce-0': ['lost-run 0', 'lost-run 0'] }))
    expect(await fs.readFile(place.at('out/part-r-00000'), 'utf8')).toBe('one\ntwo\n')
    expect(report.counters).toMatchObject({ 'launched-maps': 3, 'launched-reduces': 3, 'map-input-bytes': 8 })
    expect(report.userCounters).toEqual({ maps: 1 })
  })

  it('an attempt that failed once moves to the other worker', async () => {
    await place.run({ params: { script: JSON.stringify({ 'map-0': ['fail'] }), trace: place.at('trace') } })
    const lines = (await fs.readFile(place.at('trace'), 'utf8')).split('\n')
    expect(lines).toContain('map-0.1 slot 0 fail')
    expect(lines).toContain('map-0.2 slot 0 ok')
  })

  it('a task that is slow gets a second attempt on an idle worker, and the first to commit is the task', async () => {
    const told: JobProgress[] = []
    const report = await place.run(
      {
        splitBytes: 4,
        speculate: true,
        onProgress: (progress) => told.push(progress),
        ...script({ 'map-1': ['hang', 'ok'] }),
      },
      { limits: { speculativeMsMin: 30, taskTimeoutMs: 20_000 } },
    )
    expect(await fs.readFile(place.at('out/part-r-00000'), 'utf8')).toBe('one\ntwo\n')
    expect(report.counters).toMatchObject({
      'speculative-attempts': 1,
      'speculative-won': 1,
      'failed-attempts': 0,
      'lost-attempts': 0,
    })
    expect(report.userCounters).toEqual({ maps: 2 })
    expect(report.tasks.map(({ outcome }) => outcome).sort()).toEqual(['done', 'done', 'done', 'superseded'])
    // An attempt that was overtaken is no incident, and no retry.
    expect(told.at(-1)?.failedAttempts).toBe(0)
    expect(report.notes).toEqual([])
  })

  it('a second attempt that hangs does no harm, and none is made unless asked', async () => {
    const slow = script({ 'reduce-1': ['slow 40', 'hang'] })
    const limits = { speculativeMsMin: 30, speculate: false }
    const report = await place.run({ splitBytes: 4, reducers: 2, speculate: true, ...slow }, { limits })
    expect(report.counters).toMatchObject({ 'speculative-attempts': 1, 'speculative-won': 0 })
    expect(await place.tree()).toContain('out/_SUCCESS')
    const without = await place.run({ splitBytes: 4, reducers: 2, overwrite: true, ...slow }, { limits })
    expect(without.counters['speculative-attempts']).toBe(0)
  })

  it('only as many threads are started as there is work and memory for', async () => {
    expect((await place.run({ workers: 7 })).workers).toBe(1)
    const few = await place.run({ workers: 7, memoryBytes: 8 * 1024 * 1024, splitBytes: 1, overwrite: true })
    expect(few.workers).toBe(2)
    expect(few.notes[0]).toContain('enough for 2 of 7 workers')
  })

  it('the output of an earlier job stays until the new one is there', async () => {
    await place.run()
    expect(await failureOf(place.run())).toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    expect(
      await failureOf(place.run({ overwrite: true, taskAttempts: 1, ...script({ 'map-0': ['fail'] }) })),
    ).toMatchObject({ code: 'MR_USER_CODE' })
    expect(await fs.readFile(place.at('out/part-r-00000'), 'utf8')).toBe('one\ntwo\n')
    await place.run({ overwrite: true, reducers: 2 })
    expect(await fs.readdir(place.at('out'))).toEqual(['_SUCCESS', 'part-r-00000', 'part-r-00001'])
  })
})
