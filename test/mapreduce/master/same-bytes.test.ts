import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorkerPool } from '../../../mapreduce/master/pool.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { type FakeSeams, makePlace, type Place } from './run-job-fixture.ts'

/** The workers as users have them: compiled. */
const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const job = (name: string): string => new URL(`./fixtures/${name}.mjs`, import.meta.url).href

/** A small generator, so that a failure can be run again. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function text(seed: number, lines: number): string {
  const next = numbers(seed)
  const made: string[] = []
  for (let line = 0; line < lines; line++) {
    const words = Array.from(
      { length: Math.floor(next() * 12) },
      () => `w${Math.floor(next() ** 3 * 4000).toString(36)}`,
    )
    made.push(words.join(next() < 0.1 ? '\t' : ' '))
  }
  // The last line of a file may have no end.
  return made.join('\n')
}

let place: Place
let runs = 0
beforeAll(async () => {
  place = await makePlace()
  for (let file = 0; file < 12; file++)
    await place.write(`in/${file % 3}/f${file}`, text(file, file === 5 ? 9_000 : 250 * file))
})
afterAll(() => place[Symbol.asyncDispose]())

type Digests = Record<string, string>

/** Runs a job on the common input; its output directory is one digest a file. */
async function run(
  options: Partial<RunJobOptions>,
  seams: FakeSeams = {},
): Promise<{ report: JobReport; files: Digests }> {
  const out = place.at(`out-${runs++}`)
  const report = await place.run(
    { moduleUrl: job('word-index-job'), output: { kind: 'local', path: out }, ...options },
    { worker, ...seams },
  )
  const files: Digests = {}
  for (const name of await fs.readdir(out)) {
    files[name] = createHash('sha256')
      .update(await fs.readFile(path.join(out, name)))
      .digest('hex')
  }
  await fs.rm(out, { recursive: true })
  return { report, files }
}

const digest = async (options: Partial<RunJobOptions>): Promise<Digests> =>
  (await run({ reducers: 3, ...options })).files

const MiB = 1024 * 1024
let expected: Digests
beforeAll(async () => {
  expected = await digest({ workers: 1, memoryBytes: 256 * MiB })
})

describe('the output has the same bytes', () => {
  it.each([4])('with %d workers', async (workers) => {
    expect(await digest({ workers })).toEqual(expected)
  })

  it.each([8, 1024])('with %d MiB of memory', async (mebibytes) => {
    expect(await digest({ memoryBytes: mebibytes * MiB })).toEqual(expected)
  })

  it.each([20_000, 200_001])('with splits of %d bytes', async (splitBytes) => {
    expect(await digest({ splitBytes, workers: 2 })).toEqual(expected)
  })

  it('when maps end their own threads, and their counters count once', async () => {
    const { files, report } = await run(
      { reducers: 3, params: { killEvery: '170' }, splitBytes: 60_000 },
      { limits: { lossesInARowMax: 8 } },
    )
    expect(files).toEqual(expected)
    expect(report.counters['lost-attempts']).toBeGreaterThan(3)
    expect(report.userCounters).toEqual((await run({})).report.userCounters)
  })

  it('when threads are killed at random while it runs', async () => {
    let kills = 0
    const next = numbers(1)
    let timer: NodeJS.Timeout | undefined
    const poolStarted = (pool: WorkerPool): void => {
      const strike = (): void => {
        const slot = Math.floor(next() * pool.size)
        if (pool.progress(slot, 'beat') > 0) {
          kills++
          pool.kill(slot, 'struck by the test')
        }
        // Ever rarer, so that the job gets through.
        timer = setTimeout(strike, 20 + next() * 60 * (1 + kills))
      }
      timer = setTimeout(strike, next() * 100)
    }
    const { files } = await run({ reducers: 3, splitBytes: 40_000 }, { poolStarted, limits: { lossesInARowMax: 50 } })
    clearTimeout(timer)
    expect(files).toEqual(expected)
    expect(kills).toBeGreaterThan(0)
  })

  it('for a map-only job: as many parts, whatever the workers and the memory', async () => {
    const mapOnly = { moduleUrl: job('upper-case-job') }
    const { files } = await run({ ...mapOnly, workers: 1 })
    expect((await run({ ...mapOnly, workers: 4, memoryBytes: 16 * MiB })).files).toEqual(files)
    expect(Object.keys(files)).toEqual(['_SUCCESS', 'part-m-00000'])
  })
})
