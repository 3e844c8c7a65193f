import fs from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { type FakeSeams, makePlace, type Place } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const job = (name: string): string => new URL(`./fixtures/${name}.mjs`, import.meta.url).href

let place: Place
let runs = 0
beforeEach(async () => {
  place = await makePlace()
})
afterEach(() => place[Symbol.asyncDispose]())

async function run(
  options: Partial<RunJobOptions> = {},
  seams: FakeSeams = {},
): Promise<{ report: JobReport; files: Record<string, string> }> {
  const out = place.at(`out-${runs++}`)
  const output = { kind: 'local', path: out } as const
  const moduleUrl = job('bad-records-job')
  const report = await place.run({ moduleUrl, skipBad: 1000, output, ...options }, { worker, ...seams })
  const files: Record<string, string> = {}
  for (const name of await fs.readdir(out)) files[name] = await fs.readFile(`${out}/${name}`, 'latin1')
  return { report, files }
}

/** Lines of which about one in nine is bad, a few of them with bytes that are no UTF-8. */
function lines(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 9 === 4)
      return i % 2 === 0 ? Buffer.from(`bad ${i} \u00e4`) : Buffer.from([...Buffer.from(`bad ${i} `), 0xff, 0])
    return Buffer.from(`line ${i} ${'x'.repeat(i % 13)}`)
  })
}

const isBad = (line: Buffer): boolean => line.toString('latin1').startsWith('bad')
const joined = (all: readonly Buffer[]): Buffer => Buffer.concat(all.flatMap((line) => [line, Buffer.from('\n')]))

/** What `_skipped` has to hold of a file, by a loop over its lines. */
function expectedSkipped(file: string, all: readonly Buffer[]): unknown[] {
  const skipped: unknown[] = []
  let offset = 0
  for (const line of all) {
    if (isBad(line)) skipped.push({ file, offset, hex: line.toString('hex') })
    offset += line.length + 1
  }
  return skipped
}

function parseSkipped(text: string): { file: string; offset: number; hex: string; error: string }[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { file, offset, length, error, text: utf8, base64 } = JSON.parse(Buffer.from(line, 'latin1').toString())
      const bytes = utf8 === undefined ? Buffer.from(base64, 'base64') : Buffer.from(utf8)
      expect(bytes.length).toBe(length)
      return { file, offset, hex: bytes.toString('hex'), error }
    })
}

describe('records on which map throws', () => {
  it('are set aside, counted exactly and kept; nothing of them is in the output, whatever workers, memory and splits', async () => {
    const all = lines(1000)
    await fs.mkdir(place.at('in'))
    await fs.writeFile(place.at('in', 'a'), joined(all))
    await fs.writeFile(place.at('good'), joined(all.filter((line) => !isBad(line))))
    const good = await run({ inputs: [{ kind: 'local', path: place.at('good') }], reducers: 2 })
    const one = await run({ reducers: 2, workers: 1 })
    const two = await run({ reducers: 2, splitBytes: 3000, memoryBytes: 8 * 1024 * 1024 })
    const slow = await run({ reducers: 2, splitBytes: 9000, params: { async: 'true' }, checked: true })

    const { _skipped: skipped = '', ...parts } = one.files
    expect(parts).toEqual(good.files)
    const found = parseSkipped(skipped)
    expect(found.map(({ error: _, ...rest }) => rest)).toEqual(expectedSkipped(place.at('in', 'a'), all))
    expect(found[0]?.error).toMatch(/^TypeError: no good: bad 4 .*\n {4}at .*bad-records-job\.mjs:\d+:\d+$/)
    expect(two.files).toEqual(one.files)
    expect(slow.files['part-r-00000']).toBe(one.files['part-r-00000'])
    expect(parseSkipped(slow.files['_skipped'] ?? '').map(({ hex }) => hex)).toEqual(found.map(({ hex }) => hex))
    for (const { report } of [one, two, slow]) {
      expect(report.counters).toMatchObject({ 'skipped-records': found.length, 'map-input-records': 1000 })
      expect(report.userCounters).toEqual({ lines: 1000 - found.length })
    }
  })

  it('of a map-only job are in neither its parts nor its named outputs', async () => {
    const all = lines(60)
    await fs.mkdir(place.at('in'))
    await fs.writeFile(place.at('in', 'a'), joined(all))
    const { report, files } = await run({ moduleUrl: job('bad-records-map-only-job') })
    const good = all.filter((line) => !isBad(line))
    expect(files['part-m-00000']).toBe(joined(good).toString('latin1'))
    expect(files['lengths-m-00000']).toBe(good.map((line) => `${line}\t${line.length}\n`).join(''))
    expect(report).toMatchObject({
      userCounters: { lines: good.length },
      counters: { 'skipped-records': 60 - good.length },
    })
  })

  it('are kept in the DFS as well, in the one step of the commit', async () => {
    await place.write('in/a', 'good\nbad 1\nfine\n')
    const dfs = await openDfs({ root: place.at('root'), datanodes: 3 })
    const report = await place.run(
      {
        moduleUrl: job('bad-records-map-only-job'),
        skipBad: 1,
        output: { kind: 'dfs', path: '/out' },
        openDfs: () => Promise.resolve(dfs),
      },
      { worker },
    )
    const names = (await dfs.list('/out')).map((entry) => entry.path)
    await dfs.close()
    expect(names).toEqual(['/out/_SUCCESS', '/out/_skipped', '/out/lengths-m-00000', '/out/part-m-00000'])
    expect(report.output.files).toBe(2)
  })

  it('fail the job when there are more than allowed, in one task or in all together; nothing is left', async () => {
    await place.write('in/a', `bad 1\n${'good\n'.repeat(3000)}bad 2\n`)
    const before = await place.tree()
    for (const options of [{}, { splitBytes: 4000 }]) {
      await expect(run({ skipBad: 1, ...options })).rejects.toMatchObject({
        code: 'MR_SKIPPED_TOO_MANY',
        message: expect.stringMatching(/--skip-bad allows/),
      })
    }
    expect((await place.tree()).filter((name) => !name.startsWith('tmp/'))).toEqual(before)
    expect(await fs.readdir(place.scratchBase)).toEqual([])
    const { report } = await run({ skipBad: 2, splitBytes: 4000 })
    expect(report.counters['skipped-records']).toBe(2)
  })

  it('fail the job when it was not asked to skip them', async () => {
    await place.write('in/a', 'good\nbad 1\n')
    const { skipBad: _, ...without } = { skipBad: 1, moduleUrl: job('bad-records-job') }
    await expect(place.run(without, { worker })).rejects.toMatchObject({ code: 'MR_USER_CODE' })
  })
})

describe('a record on which map', () => {
  it.each([
    ['never settles, or spins', 'hang', 'spin', 'map made no progress until the task timeout'],
    ['ends its thread', 'exit', 'exit', 'map ended its worker thread'],
    ['throws from a timer', 'stray', 'stray', 'an error reached no handler while the task ran: from a timer'],
  ])('%s is found by the attempts that end at it, and set aside', async (_, word, other, error) => {
    await place.write('in/a', `one\n${word} 1\ntwo\nbad\n${other} 2\nthree\n`)
    const { files, report } = await run({ taskAttempts: 2 }, { limits: { taskTimeoutMs: 1500, threadStartMs: 10_000 } })
    expect(files['part-r-00000']?.match(/^\w+\t\d+$/gm)).toEqual(['one\t1', 'three\t1', 'two\t1'])
    const skipped = parseSkipped(files['_skipped'] ?? '')
    expect(skipped.map(({ hex }) => Buffer.from(hex, 'hex').toString())).toEqual([`${word} 1`, 'bad', `${other} 2`])
    expect(skipped[0]?.error.startsWith(error)).toBe(true)
    expect(report.counters['skipped-records']).toBe(3)
    expect(report.userCounters).toEqual({ lines: 3 })
  })
})
