import fs from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import { importJob } from '../../../mapreduce/master/job-module.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const moduleUrl = new URL('./fixtures/named-outputs-job.mjs', import.meta.url).href

let place: Place
beforeEach(async () => {
  place = await makePlace()
  await place.write('in/a', '1\nx\n2\ny\n3\n')
})
afterEach(() => place[Symbol.asyncDispose]())

const run = (options: Partial<RunJobOptions> = {}): Promise<JobReport> =>
  place.run({ moduleUrl, reducers: 3, ...options }, { worker })

async function output(): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await fs.readdir(place.at('out'))).sort()) {
    files[name] = await fs.readFile(place.at('out', name), 'utf8')
  }
  return files
}

/** All files of one output, lines sorted: which partition a key is in is the hash's business. */
const lines = (files: Record<string, string>, name: string): string[] =>
  Object.entries(files)
    .filter(([file]) => file.startsWith(`${name}-r-`))
    .flatMap(([, text]) => text.trimEnd().split('\n'))
    .filter((line) => line !== '')
    .sort()

describe('named outputs', () => {
  it('stand beside the parts, only where something was written, in their own format', async () => {
    const report = await run()
    const files = await output()
    expect(Object.keys(files).filter((name) => name.startsWith('part'))).toHaveLength(3)
    expect(lines(files, 'part')).toEqual(['1', '2', '3'])
    expect(lines(files, 'errors')).toEqual(['x', 'y'])
    expect(Object.keys(files).some((name) => name.startsWith('never'))).toBe(false)
    const totals = lines(files, 'totals').map((line) => JSON.parse(line))
    expect(totals.reduce((sum: number, { value }) => sum + value, 0)).toBe(5)
    // A partition without keys wrote to none.
    expect(Object.keys(files).filter((name) => name.startsWith('totals'))).toHaveLength(totals.length)
    expect(report.named.map(({ name, records }) => [name, records])).toEqual([
      ['errors', 2],
      ['totals', totals.length],
    ])
    expect(report.output.files).toBe(Object.keys(files).length - 1)
    expect(report.output.bytes).toBe(Object.values(files).join('').length)
  })

  it('come from committed attempts only, here and in the DFS', async () => {
    await run()
    const expected = await output()
    await run({ params: { fails: 'true' }, overwrite: true })
    expect(await output()).toEqual(expected)
    const dfs = await openDfs({ root: place.at('root'), datanodes: 3 })
    const dfsOutput = { kind: 'dfs', path: '/out' } as const
    await run({ params: { fails: 'true' }, output: dfsOutput, openDfs: () => Promise.resolve(dfs) })
    const stored: Record<string, string> = {}
    for (const { path } of await dfs.list('/out')) {
      const reader = await dfs.open(path)
      const bytes = Buffer.alloc(reader.length)
      await reader.read(bytes, 0)
      await reader.close()
      stored[path.slice('/out/'.length)] = bytes.toString()
    }
    // Overwriting knows the names, too.
    await run({ output: dfsOutput, overwrite: true, openDfs: () => Promise.resolve(dfs) })
    await dfs.close()
    expect(stored).toEqual(expected)
  })

  it.each([
    ['nowhere', 'the job writes to the output "nowhere", but it declares errors, totals, never'],
    ['__proto__', 'the job writes to the output "__proto__"'],
    ['map', 'in a task whose result goes on to reduce'],
  ])('refuse to be written to as %s, at once', async (wrong, message) => {
    await expect(run({ params: { wrong } })).rejects.toMatchObject({
      code: 'MR_BAD_JOB',
      message: expect.stringContaining(message),
    })
  })

  it.each([
    ['{ part: { output: "tsv" } }', '`outputs.part`: an output\'s name has letters and digits only, and is not "part"'],
    ['{ "a-b": { output: "tsv" } }', "`outputs.a-b`: an output's name"],
    ['{ a: "tsv" }', '`outputs.a` has to be a format such as tsv(), but is the string "tsv"'],
    ['[]', '`outputs` has to be an object of formats by name'],
    ['{ a: { output: "table" } }', '`outputs.a`: a table() has to come sorted'],
    ['{ a: { output: "csv", delimeter: ";" } }', '`outputs.a`: csv() has no option `delimeter`'],
  ])('declared as %s are refused', async (outputs, message) => {
    const file = await place.write('job.mjs', `export default { outputs: ${outputs}, map() {} }`)
    await expect(importJob(file, 'named')).rejects.toThrow(message)
  })
})
