import fs from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FileSystem } from '../../../dfs/index.ts'
import type { JobProgress, JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { FakeHdfs, json, refuse } from '../../dfs/webhdfs/fake-hdfs.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const job = (name: string): string => new URL(`./fixtures/${name}.mjs`, import.meta.url).href

let place: Place
let hdfs: FakeHdfs
let remote: FileSystem
beforeEach(async () => {
  place = await makePlace()
  hdfs = await FakeHdfs.start()
  remote = await hdfs.client()
})
afterEach(async () => {
  await remote.close()
  await hdfs.stop()
  await place[Symbol.asyncDispose]()
})

const at = (inside: string) => ({ kind: 'webhdfs', path: hdfs.url + inside }) as const

const run = (options: Partial<RunJobOptions> = {}): Promise<JobReport> =>
  place.run(
    {
      moduleUrl: job('word-index-job'),
      inputs: [at('/in')],
      output: at('/user/ada/out'),
      openRemote: async (origin) => {
        if (origin !== hdfs.url) throw new Error(`asked for ${origin}`)
        return remote
      },
      ...options,
    },
    { worker },
  )

const outputs = (directory: string): string[] =>
  [...hdfs.tree.keys()].filter((name) => name.startsWith(`${directory}/`)).map((name) => path.posix.basename(name))

async function input(): Promise<void> {
  for (const [name, content] of [
    ['b/one', 'the whale\nthe sea\n'.repeat(500)],
    ['a', 'the end'],
    ['b/empty', ''],
    ['_hidden', 'not read'],
  ] as const) {
    hdfs.put(`/in/${name}`, content)
    await place.write(`in/${name}`, content)
  }
}

describe('a job on an HDFS elsewhere', () => {
  it('gives the bytes that it gives on local files, and leaves nothing else', async () => {
    await input()
    const steps: JobProgress[] = []
    const local = await run({
      inputs: [{ kind: 'local', path: place.at('in') }],
      output: { kind: 'local', path: place.at('out') },
    })
    const report = await run({ onProgress: (step) => steps.push(step), reducers: local.reducers })
    expect(outputs('/user/ada/out').toSorted()).toEqual((await fs.readdir(place.at('out'))).toSorted())
    for (const name of await fs.readdir(place.at('out'))) {
      expect(hdfs.content(`/user/ada/out/${name}`)).toBe(await fs.readFile(place.at('out', name), 'utf8'))
    }
    expect([...hdfs.tree.keys()].filter((name) => name.includes('quern'))).toEqual([])
    expect(await fs.readdir(place.scratchBase)).toEqual([])
    expect(report.notes[0]).toMatch(/^Fetched 3 input files \(9007 bytes\) in /)
    expect(report.output.path).toBe(`${hdfs.url}/user/ada/out`)
    expect(steps[0]).toMatchObject({ phase: 'fetch', bytesTotal: 9007 })
  })

  it('takes globs, reads its side files there, and names inputs as they are named there', async () => {
    hdfs.put('/in/x1.txt', 'one\n')
    hdfs.put('/in/x2.txt', 'bad\n')
    hdfs.put('/in/y.txt', 'never\n')
    await fs.writeFile(
      place.at('names.mjs'),
      'export default { map(line, emit, ctx) { if (line.toString() === "bad") throw new Error("no good"); emit(ctx.inputFile, 1) } }',
    )
    const moduleUrl = new URL(`file://${place.at('names.mjs')}`).href
    await expect(run({ moduleUrl, inputs: [at('/in/x*.txt')], taskAttempts: 1 })).rejects.toMatchObject({
      message: expect.stringContaining(`${hdfs.url}/in/x2.txt`),
    })
    expect([...hdfs.tree.keys()].filter((name) => name.startsWith('/user'))).toEqual([])
    hdfs.put('/in/x2.txt', 'good\n')
    await run({ moduleUrl, inputs: [at('/in/x*.txt')], sides: { words: at('/in/y.txt') } })
    const parts = outputs('/user/ada/out').filter((name) => name.startsWith('part-'))
    const text = parts.map((name) => hdfs.content(`/user/ada/out/${name}`)).join('')
    expect(text).toBe(`${hdfs.url}/in/x1.txt\t1\n${hdfs.url}/in/x2.txt\t1\n`)
  })

  it('is refused before anything is fetched when its output is there, or its input is not', async () => {
    await input()
    hdfs.mkdir('/user/ada/out')
    await expect(run()).rejects.toMatchObject({ code: 'MR_OUTPUT_EXISTS', exitCode: 2 })
    await expect(run({ inputs: [at('/none')], output: at('/new') })).rejects.toMatchObject({
      code: 'MR_NO_INPUT',
      message: `The input ${hdfs.url}/none does not exist.`,
    })
    await expect(run({ output: at('/in/out') })).rejects.toMatchObject({ code: 'MR_USAGE' })
    expect(hdfs.ops('datanode').filter((op) => op === 'CREATE')).toEqual([])
    expect(await fs.readdir(place.scratchBase)).toEqual([])
  })

  it('replaces an earlier output when it has succeeded, and never what no job wrote', async () => {
    await input()
    hdfs.put('/user/ada/out/part-r-00007', 'old')
    hdfs.put('/user/ada/out/_SUCCESS', '')
    await run({ overwrite: true })
    expect(outputs('/user/ada/out')).toContain('part-r-00000')
    expect(outputs('/user/ada/out')).not.toContain('part-r-00007')
    hdfs.put('/home/letter.txt', 'dear')
    await expect(run({ output: at('/home'), overwrite: true })).rejects.toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    expect(hdfs.content('/home/letter.txt')).toBe('dear')
    expect([...hdfs.tree.keys()].filter((name) => name.includes('quern'))).toEqual([])
  })

  it('that fails at its commit leaves the old output, and nothing of its own', async () => {
    await input()
    hdfs.put('/user/ada/out/part-r-00007', 'old')
    let renames = 0
    hdfs.fault = ({ op, path: from }, _, response) => {
      if (op !== 'RENAME' || !from.startsWith('/user/ada/.out.quern-') || from.includes('_COPYING_')) return false
      if (renames++ > 0) return false
      refuse(response, 403, 'SafeModeException', 'Safe mode is ON')
      return true
    }
    await expect(run({ overwrite: true })).rejects.toMatchObject({
      code: 'MR_IO',
      message: expect.stringContaining('Safe mode'),
    })
    expect(outputs('/user/ada/out')).toEqual(['part-r-00007'])
    expect([...hdfs.tree.keys()].filter((name) => name.includes('quern'))).toEqual([])
  })

  it('whose commit was done though its answer was lost has succeeded', async () => {
    await input()
    let lost = false
    hdfs.fault = ({ op, path: from, params }, _, response) => {
      if (op !== 'RENAME' || lost || params.get('destination') !== '/user/ada/out') return false
      lost = true
      for (const name of [...hdfs.tree.keys()].filter((inside) => inside.startsWith(from))) {
        const node = hdfs.tree.get(name)
        hdfs.tree.delete(name)
        if (node !== undefined) hdfs.tree.set(`/user/ada/out${name.slice(from.length)}`, node)
      }
      response.destroy()
      return true
    }
    expect((await run()).state).toBe('succeeded')
    expect(lost).toBe(true)
    expect(outputs('/user/ada/out')).toContain('_SUCCESS')
  })

  it('clears up what a job of a process that died has left beside its output', async () => {
    await input()
    const dead = '.out.quern-999999~00000000-0000-0000-0000-000000000000~1~'
    const { ownerTag } = await import('../../../mapreduce/master/owner.ts')
    const machine = ownerTag().split('~').at(-2)
    hdfs.put(`/user/ada/${dead}${machine}~1/part-r-00000`, 'half')
    hdfs.put(`/user/ada/.out.quern-999999~boot~1~00000000~1/part-r-00000`, 'of another machine')
    await run()
    expect([...hdfs.tree.keys()].filter((name) => name.endsWith('.quern-999999~boot~1~00000000~1'))).toHaveLength(1)
    expect([...hdfs.tree.keys()].filter((name) => name.includes(dead))).toEqual([])
  })

  it('finishes the overwrite that a process died in the middle of', async () => {
    await input()
    const { ownerTag } = await import('../../../mapreduce/master/owner.ts')
    const machine = ownerTag().split('~').at(-2)
    const hidden = `/user/ada/.out.quern-999999~00000000-0000-0000-0000-000000000000~1~${machine}~1`
    hdfs.put(`${hidden}/_SUCCESS`, '')
    hdfs.put(`${hidden}/part-r-00000`, 'new')
    hdfs.put(`${hidden}.old/part-r-00000`, 'old')
    await expect(run())
      .resolves.toMatchObject({ state: 'succeeded' })
      .catch(() => undefined)
    await expect(run()).rejects.toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    expect([...hdfs.tree.keys()].filter((name) => name.includes('quern'))).toEqual([])
  })

  it('is cancelled while it fetches, and leaves nothing', async () => {
    await input()
    const controller = new AbortController()
    hdfs.failNext('datanode', 'OPEN', (_, __, response) => {
      response.writeHead(200)
      response.write('the')
      controller.abort()
    })
    await expect(run({ signal: controller.signal })).rejects.toMatchObject({ code: 'MR_CANCELLED' })
    expect(await fs.readdir(place.scratchBase)).toEqual([])
  })

  it('says what could not be fetched', async () => {
    await input()
    hdfs.failNext(
      'datanode',
      'OPEN',
      (_, __, response) => refuse(response, 403, 'BlockMissingException', 'Could not obtain block'),
      99,
    )
    await expect(run()).rejects.toMatchObject({
      code: 'MR_IO',
      message: expect.stringMatching(/The input webhdfs:.* could not be fetched: Could not obtain block/),
    })
    expect(await fs.readdir(place.scratchBase)).toEqual([])
  })

  it('says where the old output is when it can not be put back', async () => {
    await input()
    hdfs.put('/user/ada/out/part-r-00007', 'old')
    hdfs.fault = ({ op, path: from }, _, response) => {
      if (op !== 'RENAME' || from === '/user/ada/out' || from.includes('_COPYING_')) return false
      refuse(response, 403, 'SafeModeException', 'Safe mode is ON')
      return true
    }
    await expect(run({ overwrite: true })).rejects.toMatchObject({
      code: 'MR_IO',
      message: expect.stringMatching(/what stood there is in webhdfs:.*\.old now/),
    })
    expect([...hdfs.tree].filter(([, { bytes }]) => bytes?.toString() === 'old')).toHaveLength(1)
  })

  it('that fails removes the directories it made, but not what somebody else put there', async () => {
    await input()
    hdfs.fault = ({ op }, _, response) => {
      if (op === 'MKDIRS') setImmediate(() => hdfs.put('/new/theirs', 'x'))
      if (op !== 'CREATE') return false
      refuse(response, 403, 'DSQuotaExceededException', 'The DiskSpace quota is exceeded')
      return true
    }
    await expect(run({ output: at('/new/deep/out'), taskAttempts: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('quota'),
    })
    expect([...hdfs.tree.keys()].filter((name) => name.startsWith('/new'))).toEqual(['/new', '/new/theirs'])
  })

  it('of more input than the disk has room for is refused before a byte is fetched', async () => {
    hdfs.put('/in/large', 'x')
    hdfs.fault = ({ op, path: asked }, _, response) => {
      if (op !== 'GETFILESTATUS' || asked !== '/in/large') return false
      json(response, { FileStatus: { ...hdfs.status(asked, ''), length: 2 ** 52 } })
      return true
    }
    await expect(run({ inputs: [at('/in/large')] })).rejects.toMatchObject({
      code: 'MR_NO_SPACE',
      message: expect.stringContaining('QUERN_TMP'),
    })
    expect(hdfs.ops('datanode')).toEqual([])
  })

  it('that is resumed runs none of its finished maps again, as long as its files are the same', async () => {
    const lines = Array.from({ length: 4000 }, (_, line) => `w${line % 97} ${line === 77 ? 'x' : 'y'}\n`).join('')
    hdfs.put('/in/a', lines)
    const trace = await place.write('trace', '')
    const resumable = {
      moduleUrl: job('resumable-job'),
      params: { broken: await place.write('broken', ''), trace, hang: place.at('hang') },
      reducers: 2,
      splitBytes: 5500,
      taskAttempts: 1,
      resume: true,
    }
    await expect(run(resumable)).rejects.toThrow(/--resume/)
    await fs.rm(place.at('broken'))
    await fs.writeFile(trace, '')
    const report = await run(resumable)
    expect(report.notes.join()).toMatch(/Resumed: \d+ of \d+ maps were finished/)
    expect(await fs.readFile(trace, 'utf8')).toBe('')
  })
})
