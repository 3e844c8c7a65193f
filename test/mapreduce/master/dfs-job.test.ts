import fs from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, mapOnlyJob, type Place, tree } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const job = (name: string): string => new URL(`./fixtures/${name}.mjs`, import.meta.url).href
const KiB = 1024

let place: Place
let dfs: Dfs
beforeEach(async () => {
  place = await makePlace()
  dfs = await openDfs({ root: place.at('root'), create: true, datanodes: 3, blockSize: 256 * KiB, replication: 2 })
})
afterEach(async () => {
  await dfs.close()
  await place[Symbol.asyncDispose]()
})

async function put(name: string, text: string): Promise<void> {
  const writer = await dfs.create(name)
  await writer.write(Buffer.from(text))
  await writer.close()
}

async function cat(name: string): Promise<string> {
  const reader = await dfs.open(name)
  const chunks: Buffer[] = []
  for await (const chunk of reader.stream()) chunks.push(Buffer.from(chunk))
  await reader.close()
  return Buffer.concat(chunks).toString()
}

const names = async (directory: string): Promise<string[]> =>
  (await dfs.list(directory)).map((entry) => path.posix.basename(entry.path))

const run = (options: Partial<RunJobOptions> = {}): Promise<JobReport> =>
  place.run(
    {
      moduleUrl: job('word-index-job'),
      inputs: [{ kind: 'dfs', path: '/in' }],
      output: { kind: 'dfs', path: '/out' },
      openDfs: () => Promise.resolve(dfs),
      ...options,
    },
    { worker },
  )

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

/** Words enough for several blocks; lines cross every block's edge. */
const text = (seed: number, lines: number): string =>
  Array.from(
    { length: lines },
    (_, line) => `${'word '.repeat((line * seed) % 7)}w${(line * line * seed) % 977}\n`,
  ).join('')

async function sameInBoth(): Promise<void> {
  for (const [name, content] of [
    ['b/one', text(1, 40_000)],
    ['a', text(2, 3000)],
    ['b/empty', ''],
    ['c', text(3, 500).trimEnd()],
    ['_hidden', 'not read'],
  ] as const) {
    await put(`/in/${name}`, content)
    await place.write(`in/${name}`, content)
  }
}

describe('a job on the DFS', () => {
  it('gives the bytes that it gives on local files, into either', async () => {
    await sameInBoth()
    const dfsReport = await run({ reducers: 2 })
    await run({
      reducers: 2,
      inputs: [{ kind: 'local', path: place.at('in') }],
      output: { kind: 'local', path: place.at('out') },
    })
    expect(await names('/out')).toEqual(['_SUCCESS', 'part-r-00000', 'part-r-00001'])
    for (const part of ['part-r-00000', 'part-r-00001']) {
      expect(await cat(`/out/${part}`)).toBe(await fs.readFile(place.at('out', part), 'utf8'))
    }
    expect(dfsReport.counters['data-local']).toBeGreaterThan(0)
    expect(dfsReport.output.path).toBe('dfs:/out')
    expect(await fs.readdir(place.scratchBase)).toEqual([])
  })

  it('without reduce makes the same parts from either', async () => {
    await sameInBoth()
    const mapOnly = { moduleUrl: job('upper-case-job') }
    await run(mapOnly)
    await run({
      ...mapOnly,
      inputs: [{ kind: 'local', path: place.at('in') }],
      output: { kind: 'local', path: place.at('out') },
    })
    expect(await names('/out')).toEqual(await fs.readdir(place.at('out')))
    expect(await cat('/out/part-m-00000')).toBe(await fs.readFile(place.at('out/part-m-00000'), 'utf8'))
  })

  it('reads globs by the rules of local ones', async () => {
    await sameInBoth()
    const counted = async (pattern: string): Promise<number> =>
      (await run({ overwrite: true, inputs: [{ kind: 'dfs', path: pattern }] })).inputFiles
    expect(await counted('/in/*')).toBe(4)
    expect(await counted('/in/{a,c}')).toBe(2)
    expect(await failureOf(counted('/in/x*'))).toMatchObject({
      code: 'MR_NO_INPUT',
      message: expect.stringContaining('dfs:/in/x*'),
    })
    expect(await failureOf(counted('/nowhere'))).toMatchObject({ code: 'MR_NO_INPUT' })
  })

  it('refuses output that is there, is a file or lies below one; overwrites only what a job wrote', async () => {
    await put('/in/a', 'one\n')
    await put('/file', '')
    await put('/home/thesis', '')
    const to = (where: string, overwrite = false): Promise<unknown> =>
      failureOf(run({ output: { kind: 'dfs', path: where }, overwrite }))
    expect(await to('/home')).toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    expect(await to('/home', true)).toMatchObject({
      code: 'MR_OUTPUT_EXISTS',
      message: expect.stringContaining('thesis'),
    })
    expect(await to('/file', true)).toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    expect(await to('/file/out')).toMatchObject({ code: 'MR_USAGE' })
    expect(await to('/')).toMatchObject({ code: 'MR_USAGE' })
    expect(await to('/in/out')).toMatchObject({ code: 'MR_USAGE' })
    expect(await to('/made/too/out')).toBeUndefined()
    expect(await names('/made/too/out')).toEqual(['_SUCCESS', 'part-r-00000'])
    expect(await to('/made/too/out', true)).toBeUndefined()
  })

  it('that fails leaves nothing in the DFS', async () => {
    await put('/in/a', 'one\n')
    const before = await dfs.summary('/')
    const error = await failureOf(
      place.run({
        moduleUrl: mapOnlyJob,
        inputs: [{ kind: 'dfs', path: '/in' }],
        output: { kind: 'dfs', path: '/made/out' },
        openDfs: () => Promise.resolve(dfs),
        params: { script: JSON.stringify({ 'map-0': ['permanent'] }) },
      }),
    )
    expect(error).toMatchObject({ code: 'MR_RECORD_TOO_LARGE' })
    expect(await dfs.summary('/')).toEqual(before)
  })

  it('reads past a damaged replica, says so, and has it repaired', async () => {
    await put('/in/a', text(1, 20_000))
    await run()
    const expected = await cat('/out/part-r-00000')
    const [block] = await dfs.locate('/in/a')
    // Slot i is bound to datanode i, and the first of them that holds the block gets the first task.
    const near = dfs.datanodes
      .map(({ id }) => block?.replicas.find((replica) => replica.datanode === id))
      .find((replica) => replica !== undefined)
    if (near === undefined) throw new Error('the block has no replica')
    const bytes = await fs.readFile(near.dataFile)
    bytes[1000] = (bytes[1000] ?? 0) ^ 1
    await fs.writeFile(near.dataFile, bytes)
    const report = await run({ overwrite: true, workers: 3, splitBytes: 64 * KiB })
    expect(await cat('/out/part-r-00000')).toBe(expected)
    expect(report.notes).toEqual([expect.stringMatching(/replica of block .* was bad \(corrupt/)])
    expect(dfs.incidents).toMatchObject([{ datanode: near.datanode, reason: 'corrupt', repaired: true }])
  })

  it('whose every replica is bad ends with an error that names the block, not with wrong bytes', async () => {
    await put('/in/a', text(1, 20_000))
    for (const { replicas } of await dfs.locate('/in/a')) for (const replica of replicas) await fs.rm(replica.dataFile)
    expect(await failureOf(run())).toMatchObject({ code: 'MR_BAD_INPUT', message: expect.stringContaining('block') })
    expect(await dfs.find('/out')).toBeUndefined()
    expect((await tree(place.at('tmp'))).length).toBe(0)
  })
})
