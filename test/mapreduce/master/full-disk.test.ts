import { spawnSync } from 'node:child_process'
import fs from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const moduleUrl = new URL('./fixtures/word-index-job.mjs', import.meta.url).href

let place: Place
let mounted = false
beforeEach(async () => {
  place = await makePlace()
  await fs.mkdir(place.at('small'))
  mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', place.at('small')]).status === 0
})
afterEach(async () => {
  if (mounted) spawnSync('umount', [place.at('small')])
  await place[Symbol.asyncDispose]()
})

/** Every word is another, so that neither runs nor output get small: some 3 MB. */
const text = (): string =>
  Array.from({ length: 40_000 }, (_, line) => `a${line} b${line} c${line} d${line} e${line}\n`).join('')

/** Where only root may mount, the same refusals come from test/mapreduce/output/local-committer.test.ts. */
describe('a disk of 1 MiB', () => {
  it('that holds the temporary files fails the job with MR_NO_SPACE and is empty afterwards', async ({ skip }) => {
    skip(!mounted, 'no tmpfs can be mounted here')
    await place.write('in/a', text())
    const job = place.run({ moduleUrl, taskAttempts: 2 }, { worker, scratchBase: place.at('small/tmp') })
    await expect(job).rejects.toMatchObject({ code: 'MR_NO_SPACE', message: expect.stringContaining('QUERN_TMP') })
    expect(await fs.readdir(place.at('small/tmp'))).toEqual([])
    expect((await place.tree()).filter((name) => name.includes('out'))).toEqual([])
  })

  it('that the output goes to fails the job with MR_NO_SPACE and is empty afterwards', async ({ skip }) => {
    skip(!mounted, 'no tmpfs can be mounted here')
    await place.write('in/a', text())
    const output = { kind: 'local', path: place.at('small/deep/out') } as const
    const job = place.run({ moduleUrl, taskAttempts: 2, output }, { worker })
    await expect(job).rejects.toMatchObject({ code: 'MR_NO_SPACE' })
    expect(await fs.readdir(place.at('small'))).toEqual([])
  })
})
