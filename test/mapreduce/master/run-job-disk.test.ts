import fs from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type OutputDisk, outputDisk } from '../../../mapreduce/output/disk.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

let place: Place
beforeEach(async () => {
  place = await makePlace()
  await place.write('in/a', 'one\n')
})
afterEach(() => place[Symbol.asyncDispose]())

const refusal = (code: string): Error => Object.assign(new Error(`${code}: refused by the test`), { code })

/** The real disk, but one operation is refused as long as `when` says so. */
function refusing(
  operation: keyof OutputDisk,
  when: (path: string) => boolean,
  code = 'EIO',
): { disk: OutputDisk; refused: () => number } {
  let refused = 0
  const disk: OutputDisk = {
    ...outputDisk,
    [operation]: async (path: string, ...more: never[]): Promise<unknown> => {
      if (when(path)) {
        refused++
        throw refusal(code)
      }
      const act: (path: string, ...more: never[]) => Promise<unknown> = outputDisk[operation]
      return await act(path, ...more)
    },
  }
  return { disk, refused: () => refused }
}

const failureOf = (job: Promise<unknown>): Promise<unknown> =>
  job.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a disk that refuses', () => {
  it('a task commit once: the task runs again, and the job succeeds', async () => {
    const seen = new Set<string>()
    const { disk } = refusing('syncFile', () => seen.size < seen.add('first').size)
    const report = await place.run({}, { disk })
    expect(report.counters['launched-reduces']).toBe(2)
    expect(report.notes).toEqual([expect.stringContaining('could not commit')])
    expect(await fs.readFile(place.at('out/part-r-00000'), 'utf8')).toBe('one\n')
  })

  it('every task commit, for lack of space: the job fails with that and leaves nothing', async () => {
    const { disk, refused } = refusing('syncFile', () => true, 'ENOSPC')
    expect(await failureOf(place.run({ taskAttempts: 3 }, { disk }))).toMatchObject({ code: 'MR_NO_SPACE' })
    expect(refused()).toBe(3)
    expect(await place.tree()).toEqual(['in/', 'in/a', 'tmp/'])
  })

  it('the one step of the commit: the job fails, and nothing is to be seen', async () => {
    const { disk } = refusing('rename', (path) => path.includes('.out.quern-') && !path.includes('.attempts'))
    expect(await failureOf(place.run({}, { disk }))).toMatchObject({
      code: 'MR_IO',
      message: expect.stringContaining('committing'),
    })
    expect(await place.tree()).toEqual(['in/', 'in/a', 'tmp/'])
  })

  it('to remove temporary files after the commit: the job has succeeded, and says what is left', async () => {
    const { disk } = refusing('remove', (path) => path.startsWith(place.scratchBase))
    const report = await place.run({}, { disk })
    expect(report.notes).toEqual([expect.stringContaining('could not all be removed')])
  })

  it('to remove them after a failure: the failure stays the message, what is left comes after', async () => {
    const { disk } = refusing('remove', (path) => path.startsWith(place.scratchBase))
    const params = { script: JSON.stringify({ 'map-0': ['permanent'] }) }
    expect(await failureOf(place.run({ params }, { disk }))).toMatchObject({
      code: 'MR_RECORD_TOO_LARGE',
      message: expect.stringMatching(/^told to fail for good[\s\S]*could not all be removed/),
    })
  })

  it('to remove a failed attempt: the job says so rather than fill the disk with them', async () => {
    const { disk } = refusing('remove', (path) => path.includes('part-r-00000.1'))
    const params = { script: JSON.stringify({ 'reduce-0': ['fail'] }) }
    expect(await failureOf(place.run({ params }, { disk }))).toMatchObject({
      code: 'MR_IO',
      message: expect.stringContaining('failed attempt'),
    })
  })
})
