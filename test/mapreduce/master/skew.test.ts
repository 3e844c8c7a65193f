import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { masterLimits } from '../../../mapreduce/master/limits.ts'
import { explainJob, type JobReport, type RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const job = (name: string): string => new URL(`./fixtures/${name}.mjs`, import.meta.url).href

/** Two of five lines have one key, one of ten another; the rest have keys of their own. */
const LINES = 20_000
const keyOf = (line: number): string => (line % 5 < 2 ? 'hot' : line % 10 === 9 ? 'warm' : `key-${line}`)
const filler = 'x'.repeat(420)

let place: Place
let runs = 0
beforeAll(async () => {
  place = await makePlace()
  const lines = Array.from({ length: LINES }, (_, n) => `${keyOf(n)} ${n % 3} ${filler}`)
  await place.write('skewed/a', `${lines.join('\n')}\n`)
  await place.write('even/a', `${lines.map((line, n) => line.replace(/^\S+/, `key-${n}`)).join('\n')}\n`)
})
afterAll(() => place[Symbol.asyncDispose]())

const optionsFor = (name: string, input: string, more: Partial<RunJobOptions>): RunJobOptions => ({
  moduleUrl: job(name),
  jobName: name,
  params: {},
  inputs: [{ kind: 'local', path: place.at(input) }],
  output: { kind: 'local', path: place.at(`out-${runs++}`) },
  overwrite: false,
  workers: 2,
  memoryBytes: 64 * 1024 * 1024,
  reducers: 4,
  openDfs: () => Promise.reject(new Error('this job has nothing to do with the DFS')),
  ...more,
})

const run = (name: string, input: string, more: Partial<RunJobOptions> = {}): Promise<JobReport> =>
  place.run(optionsFor(name, input, more), { worker })

const explain = (name: string, input: string, more: Partial<RunJobOptions> = {}, explainMsMax = 10_000) =>
  explainJob(optionsFor(name, input, more), { worker, limits: { ...masterLimits, explainMsMax } })

describe('the report of a job whose keys are skewed', () => {
  it('names the keys with their share, and the partition they make large', async () => {
    const { skew, notes } = await run('skewed-job', 'skewed')
    expect(skew?.hotKeys).toEqual([{ key: '"hot"', share: 0.4 }])
    expect(skew?.partition?.records).toBeGreaterThan(0.4 * LINES)
    expect(skew?.partition?.share).toBeGreaterThan(0.5)
    expect(notes).toEqual([
      expect.stringMatching(
        /^Skewed partition: part-r-0000\d got 5\d % of the shuffled bytes \(\d MiB\), [34]\.\d times/,
      ),
      expect.stringMatching(/^Hot key: "hot" has 40 % of the records to reduce\./),
    ])
  })

  it('counts what a reduce did not ask for, and groups as the job does', async () => {
    const { skew } = await run('skewed-tuple-job', 'skewed', { reducers: 8 })
    expect(skew?.hotKeys).toEqual([{ key: '["hot"]', share: 0.4 }])
  })

  it('names the partition alone where keys are not looked at', async () => {
    const { skew } = await run('skewed-sort-job', 'skewed')
    expect(skew?.partition).toBeDefined()
    expect(skew?.hotKeys).toEqual([])
  })

  it('says nothing of even keys, of what is folded while mapping, and of a single reduce', async () => {
    for (const report of [
      await run('skewed-job', 'even'),
      await run('skewed-sum-job', 'skewed'),
      await run('skewed-job', 'skewed', { reducers: 1 }),
    ]) {
      expect(report).not.toHaveProperty('skew')
      expect(report.notes).toEqual([])
    }
  })
})

describe('the explanation of a job', () => {
  it('names likely hot keys and partitions, by a sample', async () => {
    const before = await place.tree()
    const { stages, notes } = await explain('skewed-job', 'skewed')
    expect(await place.tree(), 'nothing is made').toEqual(before)
    expect(stages[0]?.skew?.hotKeys[0]).toMatchObject({ key: '"hot"', share: expect.closeTo(0.4, 1) })
    expect(stages[0]?.skew?.partition?.share).toBeGreaterThan(0.45)
    expect(notes).toEqual([
      expect.stringMatching(/^Skewed partition: part-r-0000\d would get about 5\d % of the records, by a sample/),
      expect.stringMatching(/^Hot key, by a sample: "hot" has (39|40|41) % of what map emits\. All records/),
    ])
  })

  it('says of keys that are folded while mapping that they cost nothing', async () => {
    const { stages, notes } = await explain('skewed-sum-job', 'skewed')
    expect(stages[0]?.skew).toMatchObject({ combined: true, hotKeys: [{ key: '"hot"' }] })
    expect(stages[0]?.skew).not.toHaveProperty('partition')
    expect(notes).toEqual([expect.stringMatching(/costs nothing extra/)])
  })

  it.each([
    ['setup', 'the setup is broken'],
    ['map', 'the map is broken'],
    ['cleanup', 'the cleanup is broken'],
  ])('is there when %s throws, with what went wrong', async (fail, message) => {
    const { stages, notes } = await explain('skewed-job', 'skewed', { params: { fail } })
    expect(stages[0]).toMatchObject({ reducers: 4 })
    expect(notes).toEqual([expect.stringContaining(`the sample failed: ${fail} threw`)])
    expect(notes[0]).toContain(message)
    expect(notes[0]).not.toContain('The job failed')
  })

  it('is there when the job hangs, or a side file is missing', async () => {
    const [note] = (await explain('skewed-job', 'skewed', { params: { fail: 'hang' } }, 200)).notes
    expect(note).toMatch(/the sample failed: it took more than 0.2 s/)
    const sides = { names: { kind: 'local', path: place.at('nowhere') } } as const
    expect((await explain('skewed-job', 'skewed', { sides })).notes[0]).toMatch(/the sample failed: .*nowhere/)
  })

  it('ends with the error of whoever cancels it', async () => {
    const signal = AbortSignal.timeout(100)
    await expect(explain('skewed-job', 'skewed', { params: { fail: 'hang' }, signal })).rejects.toMatchObject({
      code: 'MR_CANCELLED',
    })
  })
})
