import fs from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makePlace, mapOnlyJob, type Place } from './run-job-fixture.ts'

let place: Place
beforeEach(async () => {
  place = await makePlace()
})
afterEach(async () => {
  await place[Symbol.asyncDispose]()
})

const script = (steps: Record<string, string[]>): { params: Record<string, string> } => ({
  params: { script: JSON.stringify(steps) },
})

describe('a job from input to committed output', () => {
  it('makes a part a reducer, _SUCCESS, and leaves nothing else behind', async () => {
    await place.write('in/a.txt', 'one\n')
    await place.write('in/b.txt', 'two\n')
    const report = await place.run({ reducers: 3 })
    expect(await place.tree()).toEqual([
      'in/',
      'in/a.txt',
      'in/b.txt',
      'out/',
      'out/_SUCCESS',
      'out/part-r-00000',
      'out/part-r-00001',
      'out/part-r-00002',
      'tmp/',
    ])
    expect(await fs.readFile(place.at('out/part-r-00000'), 'utf8')).toBe('one\ntwo\n')
    expect(report).toMatchObject({ inputFiles: 2, inputBytes: 8, maps: 1, reducers: 3, output: { files: 3, bytes: 8 } })
  })
  it('makes a part a split when there is no reduce', async () => {
    await place.write('in/a.txt', 'one\n')
    await place.run({ moduleUrl: mapOnlyJob, splitBytes: 2 })
    expect(await fs.readFile(place.at('out/part-m-00000'), 'utf8')).toBe('on')
    expect(await fs.readFile(place.at('out/part-m-00001'), 'utf8')).toBe('e\n')
  })
  it('makes an empty part of an input without bytes', async () => {
    await place.write('in/a.txt', '')
    await place.run({ moduleUrl: mapOnlyJob })
    expect(await fs.readdir(place.at('out'))).toEqual(['_SUCCESS', 'part-m-00000'])
  })
  it.each(['fail', 'throw', 'stray', 'exit 1', 'out-of-memory'])(
    'survives one attempt that does this: %s',
    async (step) => {
      await place.write('in/a.txt', 'one\ntwo\n')
      const report = await place.run({ splitBytes: 4, ...script({ 'map-1': [step], 'reduce-0': [step] }) })
      expect(await fs.readFile(place.at('out/part-r-00000'), 'utf8')).toBe('one\ntwo\n')
      expect(report.notes).toHaveLength(2)
      expect(report.userCounters).toEqual({ maps: 2 })
    },
  )
})
