import fs from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { readSides } from '../../../mapreduce/master/side-data.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { SideFiles } from '../../../mapreduce/task/side-file.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const moduleUrl = new URL('./fixtures/side-job.mjs', import.meta.url).href
const noDfs = (): never => {
  throw new Error('nothing here is in the DFS')
}

let place: Place
beforeEach(async () => {
  place = await makePlace()
})
afterEach(() => place[Symbol.asyncDispose]())

const local = (name: string) => ({ kind: 'local', path: place.at(name) }) as const
const run = (options: Partial<RunJobOptions>): Promise<JobReport> => place.run({ moduleUrl, ...options }, { worker })

describe('side files', () => {
  it('are the same in setup, map, combine and reduce of every task, from the disk and from the DFS', async () => {
    await place.write('in/a', 'nl de nl\n'.repeat(500))
    await fs.writeFile(place.at('names.tsv.gz'), gzipSync('nl\tNetherlands\r\nde\tGermany'))
    const dfs = await openDfs({ root: place.at('root'), datanodes: 3 })
    const writer = await dfs.create('/factor')
    await writer.write(Buffer.from('1\n'))
    await writer.close()
    await run({
      sides: { names: local('names.tsv.gz'), factor: { kind: 'dfs', path: '/factor' } },
      openDfs: () => Promise.resolve(dfs),
      splitBytes: 1000,
    })
    await dfs.close()
    expect(await fs.readFile(place.at('out', 'part-r-00000'), 'utf8')).toBe('Germany1\t500\nNetherlands1\t1000\n')
  })

  it('that the job asks for and nobody gave end it at once, with what to add', async () => {
    await place.write('in/a', 'x\n')
    await place.write('factor', '1')
    await expect(run({ sides: { factor: local('factor') } })).rejects.toMatchObject({
      code: 'MR_BAD_PARAM',
      message: expect.stringContaining('"names", which was not given. Add --side names=PATH. Given: factor.'),
      exitCode: 2,
    })
  })

  it('are not to be written to: --check says so', async () => {
    await place.write('in/a', 'x\n')
    await place.write('names', 'nl\tNetherlands\n')
    await place.write('factor', '1')
    const sides = { names: local('names'), factor: local('factor') }
    await expect(run({ sides, checked: true, params: { spoil: 'true' } })).rejects.toMatchObject({
      code: 'MR_BAD_JOB',
      message: expect.stringContaining('wrote into the side file names'),
    })
  })

  it('that can not be had are told by name and path', async () => {
    await fs.mkdir(place.at('directory'))
    await place.write('cut.gz', 'no gzip at all')
    const failing = (name: string): Promise<unknown> => readSides({ x: local(name) }, noDfs)
    await expect(failing('nowhere')).rejects.toMatchObject({
      code: 'MR_NO_INPUT',
      message: expect.stringMatching(/^--side x: there is no file .*nowhere/),
    })
    await expect(failing('directory')).rejects.toMatchObject({ code: 'MR_NO_INPUT' })
    await expect(failing('cut.gz')).rejects.toMatchObject({ code: 'MR_BAD_INPUT' })
    await fs.writeFile(place.at('huge'), '')
    await fs.truncate(place.at('huge'), 2 ** 28 + 1)
    await expect(failing('huge')).rejects.toMatchObject({ code: 'MR_MEMORY' })
    await fs.writeFile(place.at('bomb.gz'), gzipSync(Buffer.alloc(2 ** 28 + 1), { level: 1 }))
    await expect(failing('bomb.gz')).rejects.toMatchObject({ code: 'MR_MEMORY' })
    const dfs = await openDfs({ root: place.at('root'), datanodes: 1 })
    await dfs.mkdir('/d')
    for (const path of ['/none', '/d']) {
      await expect(readSides({ x: { kind: 'dfs', path } }, () => Promise.resolve(dfs))).rejects.toMatchObject({
        code: 'MR_NO_INPUT',
      })
    }
    await dfs.close()
  })

  it('have lines that may be kept, text, bytes and JSON', async () => {
    await place.write('lines', 'one\r\n\ntwo')
    await place.write('json', '{"a":[1]}')
    const files = new SideFiles(await readSides({ lines: local('lines'), json: local('json') }, noDfs))
    expect([...files.get('lines').lines()].map(String)).toEqual(['one', '', 'two'])
    expect(files.get('lines').text()).toBe('one\r\n\ntwo')
    expect(files.get('json').bytes().toString()).toBe('{"a":[1]}')
    expect(files.get('json').json()).toEqual({ a: [1] })
    expect(() => files.get('lines').json()).toThrow('is no JSON')
  })
})
