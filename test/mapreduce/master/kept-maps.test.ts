import fs from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { beginKeeping, forgetOld, keepFinished, noteFinished, takeOver } from '../../../mapreduce/master/kept-maps.ts'
import { resumeKey } from '../../../mapreduce/master/resume-key.ts'
import type { JobPlan, TaskDone } from '../../../mapreduce/master/task.ts'
import { outputDisk } from '../../../mapreduce/output/disk.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

const key = 'a'.repeat(64)
const slices = [{ file: '', offset: 8, length: 2, records: 1, mapTask: 0 }]
const done: TaskDone = { ok: true, counters: {}, userCounters: {}, slices, outputBytes: 0, bad: [] }

let place: Place
let base: string
beforeEach(async () => {
  place = await makePlace()
  base = place.at('base')
})
afterEach(() => place[Symbol.asyncDispose]())

/** A scratch directory with finished maps, and half-done things beside them. */
async function scratch(name: string, maps: readonly string[]): Promise<string> {
  const directory = `${base}/${name}`
  await fs.mkdir(directory, { recursive: true })
  await beginKeeping(directory, key, outputDisk)
  for (const map of maps) {
    await fs.writeFile(`${directory}/map-${map}.run`, `run of ${map}`)
    await noteFinished(key, Number.parseInt(map, 10), `${directory}/map-${map}.run`, done)
  }
  for (const half of ['map-9.1.run', 'map-9.1.spill-0', 'output.json', 'reduce-0.1.pass-0']) {
    await fs.writeFile(`${directory}/${half}`, 'half')
  }
  return directory
}

const taking = async (name: string, disk = outputDisk): Promise<Map<number, TaskDone>> => {
  await fs.mkdir(`${base}/${name}`, { recursive: true })
  return await takeOver({ scratch: `${base}/${name}`, base, key, maps: 5, reducers: 1, disk })
}

const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error('EIO: refused'), { code: 'EIO' }))
const refusing = { ...outputDisk, rename: refuse }

describe('finished maps', () => {
  it('are kept and nothing else, once a job: the newest', async () => {
    await keepFinished(await scratch('one', ['0.1', '3.2']), base, outputDisk)
    expect(await keepFinished(await scratch('two', ['1.1']), base, outputDisk)).toMatchObject({ maps: 1 })
    const kept = `kept-${'a'.repeat(32)}-two`
    expect(await fs.readdir(base)).toEqual([kept])
    expect(await fs.readdir(`${base}/${kept}`)).toEqual(['map-1.1.finished', 'map-1.1.run', 'resume'])
  })

  it('are taken over by one of two that try at once, and the later attempt of a map counts', async () => {
    await keepFinished(await scratch('one', ['0.1', '0.2', '3.1', '7.1']), base, outputDisk)
    const [left, right] = await Promise.all([taking('left'), taking('right')])
    expect([left.size, right.size].sort()).toEqual([0, 2])
    const taken = left.size > 0 ? left : right
    expect([...taken.keys()].sort()).toEqual([0, 3])
    const [slice] = taken.get(0)?.slices ?? []
    expect(await fs.readFile(slice?.file ?? '', 'utf8')).toBe('run of 0.2')
    expect((await fs.readdir(base)).sort()).toEqual(['left', 'right'])
  })

  it('of a scratch directory that has none, or does not say whose, are none', async () => {
    expect(await keepFinished(await scratch('one', []), base, outputDisk)).toBeUndefined()
    await fs.writeFile(`${base}/one/resume`, 'no key')
    expect(await keepFinished(`${base}/one`, base, outputDisk)).toBeUndefined()
  })

  it('that somebody else took meanwhile are not missed', async () => {
    await forgetOld(base, `kept-${'b'.repeat(32)}-gone`, Date.now(), outputDisk)
  })

  it('tell what the disk says when they can not be written, kept, taken over or forgotten', async () => {
    const directory = await scratch('one', ['0.1'])
    const told = { code: 'MR_IO' }
    await expect(noteFinished(key, 1, `${directory}/none.run`, done)).rejects.toMatchObject(told)
    await expect(keepFinished(directory, base, refusing)).rejects.toMatchObject(told)
    await keepFinished(directory, base, outputDisk)
    await expect(taking('two', refusing)).rejects.toMatchObject(told)
    let renames = 0
    const second = {
      ...outputDisk,
      rename: (from: string, to: string) => (renames++ === 0 ? outputDisk.rename(from, to) : refuse()),
    }
    await expect(taking('two', second)).rejects.toMatchObject(told)
    const tooLong = `kept-${'c'.repeat(32)}-${'x'.repeat(300)}`
    await expect(forgetOld(base, tooLong, Date.now(), outputDisk)).rejects.toMatchObject(told)
  })
})

describe('the key of a job', () => {
  const plan: JobPlan = {
    jobId: '',
    moduleUrl: new URL('./fixtures/resumable-job.mjs', import.meta.url).href,
    params: {},
    sides: [],
    files: [],
    reducers: 1,
    memoryBytes: 1,
    scratch: '',
    checked: false,
  }
  const work = { splits: [], reducers: 1, slots: 1, memoryBytesPerSlot: 1, inputBytes: 0, parts: [], notes: [] }

  it('knows the bytes of side files and the blocks of the DFS, and nothing that the runs do not depend on', async () => {
    const side = (text: string): JobPlan['sides'][number] => {
      const bytes = new SharedArrayBuffer(text.length)
      Buffer.from(bytes).write(text)
      return { name: 's', path: 's', bytes }
    }
    const keys = await Promise.all(
      [
        {},
        { params: { a: 1 } },
        { sides: [side('a')] },
        { sides: [side('b')] },
        { skipBad: 1 },
        { reducers: 2 },
        { files: [{ kind: 'dfs', name: 'f', length: 1, gzip: false, blocks: [] }] } as const,
      ].map((more) => resumeKey({ ...plan, ...more }, work)),
    )
    expect(new Set(keys).size).toBe(keys.length)
    expect(await resumeKey({ ...plan, jobId: 'x', scratch: '/y', memoryBytes: 2 }, work)).toBe(keys[0])
  })

  it('can not be had when the module or an input is gone', async () => {
    const gone = { kind: 'local', path: place.at('gone'), name: 'gone', length: 1, gzip: false } as const
    await expect(resumeKey({ ...plan, files: [gone] }, work)).rejects.toMatchObject({ code: 'MR_IO' })
    await expect(resumeKey({ ...plan, moduleUrl: 'file:///gone.mjs' }, work)).rejects.toMatchObject({ code: 'MR_IO' })
  })
})
