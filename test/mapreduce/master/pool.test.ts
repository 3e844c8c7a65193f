import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AttemptOutcome, WorkerPool } from '../../../mapreduce/master/pool.ts'
import type { Task } from '../../../mapreduce/master/task.ts'

let directory: string
let pool: WorkerPool | undefined
beforeEach(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), 'quern-pool-test-'))
})
afterEach(async () => {
  await pool?.close()
  await fs.rm(directory, { recursive: true, force: true })
})

const statuses: string[] = []
const strays: string[] = []

function open(steps: readonly string[], worker = 'obedient-worker.mjs', slots = ['', '']): WorkerPool {
  pool = new WorkerPool({
    plan: {
      jobId: 'job',
      moduleUrl: 'file:///none',
      params: { script: JSON.stringify({ 'map-0': steps }) },
      files: [],
      reducers: 0,
      memoryBytes: 1,
      scratch: directory,
      sides: [],
      checked: false,
    },
    slots,
    module: { url: new URL(`./fixtures/${worker}`, import.meta.url).href, execArgv: [] },
    heapMiB: 48,
    watchdog: { timeoutMs: 300, startMs: 5000, intervalMs: 50 },
    onStray: (message) => strays.push(message),
    onStatus: (slot, text) => statuses.push(`${slot}: ${text}`),
  })
  return pool
}

const map = (attempt: number, task = 0): Task => ({
  kind: 'map',
  task,
  attempt,
  segments: [],
  outputFile: path.join(directory, `map-${task}.${attempt}.run`),
  skippedFile: path.join(directory, `map-${task}.${attempt}.skipped`),
})

const brief = (outcome: AttemptOutcome): string =>
  outcome.type !== 'result' ? outcome.type : outcome.result.ok ? 'ok' : outcome.result.code

describe('a worker thread', () => {
  it.each([
    { step: 'throw', outcome: 'MR_USER_CODE' },
    { step: 'stray', outcome: 'MR_USER_CODE' },
    { step: 'fail', outcome: 'MR_USER_CODE' },
    { step: 'exit 0', outcome: 'lost' },
    { step: 'exit 7', outcome: 'lost' },
    { step: 'out-of-memory', outcome: 'MR_WORKER_OUT_OF_MEMORY' },
    { step: 'hang', outcome: 'timed-out' },
    { step: 'spin', outcome: 'timed-out' },
  ])('that does this: $step, gives $outcome, and the slot works on', async ({ step, outcome }) => {
    const opened = open([step])
    expect(brief(await opened.run(1, map(1)))).toBe(outcome)
    expect(brief(await opened.run(1, map(2)))).toBe('ok')
    expect(brief(await opened.run(0, map(3)))).toBe('ok')
  })

  it('that can not even be loaded is a failure each time, not a hang', async () => {
    const opened = open([], 'broken-worker.mjs')
    for (const attempt of [1, 2, 3]) {
      const outcome = await opened.run(0, map(attempt))
      expect(outcome).toMatchObject({
        type: 'result',
        result: { ok: false, message: expect.stringContaining('this entry can not be loaded') },
      })
    }
  })

  it('that is killed while it works loses its attempt and writes no more', async () => {
    const opened = open(['spin'])
    const running = opened.run(0, map(1))
    while (opened.progress(0, 'beat') === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    opened.kill(0, 'the test said so')
    expect(await running).toEqual({ type: 'lost', reason: 'the test said so' })
    expect(brief(await opened.run(0, map(2)))).toBe('ok')
  })

  it('keeps a slow task that moves on, longer than the timeout', async () => {
    expect(brief(await open(['slow 25']).run(0, map(1)))).toBe('ok')
  })

  it('that an earlier task blows up while it idles is told of and replaced', async () => {
    const opened = open(['stray-later'])
    expect(brief(await opened.run(0, map(1)))).toBe('ok')
    await vi.waitFor(() => expect(strays).toContain('thrown after the task'))
    expect(brief(await opened.run(0, map(2)))).toBe('ok')
  })

  it('tells its status', async () => {
    await open(['say half way']).run(1, map(1))
    await vi.waitFor(() => expect(statuses).toContain('1: half way'))
  })
})

describe('the pool', () => {
  it('runs one attempt a slot at a time, and none on a slot it has not', async () => {
    const opened = open(['slow 3'])
    const running = opened.run(0, map(1))
    await expect(opened.run(0, map(2))).rejects.toThrow('slot 0 is busy')
    await expect(opened.run(2, map(2))).rejects.toThrow('no slot 2')
    expect(brief(await running)).toBe('ok')
  })

  it('ends what runs when it is closed, and takes nothing after', async () => {
    const opened = open(['spin'])
    const running = opened.run(0, map(1))
    await opened.close()
    await opened.close()
    expect(await running).toMatchObject({ type: 'lost' })
    expect(await opened.run(0, map(2))).toMatchObject({ type: 'lost' })
  })
})
