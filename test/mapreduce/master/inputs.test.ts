import { execFileSync } from 'node:child_process'
import fs from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expandInputs } from '../../../mapreduce/master/inputs.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

let place: Place
beforeEach(async () => {
  place = await makePlace()
})
afterEach(async () => {
  await place[Symbol.asyncDispose]()
})

const noDfs = (): Promise<never> => Promise.reject(new Error('no DFS here'))

async function expand(...names: string[]): Promise<string[]> {
  const { files } = await expandInputs(
    names.map((name) => ({ kind: 'local', path: place.at(name) })),
    noDfs,
  )
  return files.map((file) => file.name.slice(place.directory.length + 1))
}

async function failure(name: string): Promise<unknown> {
  return await expand(name).then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('local input', () => {
  it('of a directory is its files, however deep, in byte order of their paths', async () => {
    for (const name of ['in/b', 'in/a/z', 'in/a-b', 'in/a/deep/x', 'in/B', 'in/\u{ff5e}', 'in/\u{1f600}'])
      await place.write(name, 'x')
    expect(await expand('in')).toEqual([
      'in/B',
      'in/a-b',
      'in/a/deep/x',
      'in/a/z',
      'in/b',
      'in/\u{ff5e}',
      'in/\u{1f600}',
    ])
  })

  it('passes over names that start with _ or . inside directories, but not when they are named', async () => {
    for (const name of ['in/_SUCCESS', 'in/.crc', 'in/_logs/a', 'in/part-r-00000', '_odd/x'])
      await place.write(name, 'x')
    expect(await expand('in')).toEqual(['in/part-r-00000'])
    expect(await expand('in/_SUCCESS')).toEqual(['in/_SUCCESS'])
    expect(await expand('_odd')).toEqual(['_odd/x'])
  })

  it('keeps the order of the arguments, and reads twice what is named twice', async () => {
    for (const name of ['a', 'b']) await place.write(name, 'x')
    expect(await expand('b', 'a', 'b')).toEqual(['b', 'a', 'b'])
  })

  it('takes a glob: matches in byte order, directories expanded, each file once, hidden ones left out', async () => {
    for (const name of ['logs/b.txt', 'logs/a.txt', 'logs/c.csv', 'logs/sub/d.txt', 'logs/_e.txt', 'logs/.f.txt'])
      await place.write(name, 'x')
    expect(await expand('logs/*.txt')).toEqual(['logs/a.txt', 'logs/b.txt'])
    expect(await expand('logs/*')).toEqual(['logs/a.txt', 'logs/b.txt', 'logs/c.csv', 'logs/sub/d.txt'])
    expect(await expand('logs/**')).toEqual(['logs/a.txt', 'logs/b.txt', 'logs/c.csv', 'logs/sub/d.txt'])
    expect(await expand('logs/{a,b}.txt')).toEqual(['logs/a.txt', 'logs/b.txt'])
    expect(await expand('logs/_*')).toEqual(['logs/_e.txt'])
  })

  it('takes a name with glob characters as itself when there is such a file', async () => {
    for (const name of ['a[1].txt', 'a1.txt']) await place.write(name, 'x')
    expect(await expand('a[1].txt')).toEqual(['a[1].txt'])
  })

  it('marks gzip by extension, and follows symbolic links to files', async () => {
    await place.write('in/a.GZ', 'x')
    await fs.symlink(place.at('in/a.GZ'), place.at('link'))
    const { files } = await expandInputs([{ kind: 'local', path: place.at('in') }], noDfs)
    expect(files).toMatchObject([{ gzip: true, length: 1 }])
    expect(await expand('link')).toEqual(['link'])
  })

  it('that is not there is MR_NO_INPUT by its name', async () => {
    await place.write('file', 'x')
    expect(await failure('none')).toMatchObject({
      code: 'MR_NO_INPUT',
      message: expect.stringContaining(place.at('none')),
    })
    expect(await failure('file/below')).toMatchObject({ code: 'MR_NO_INPUT' })
    expect(await failure('*.none')).toMatchObject({
      code: 'MR_NO_INPUT',
      message: expect.stringContaining('matches no file'),
    })
    await expect(expandInputs([], noDfs)).rejects.toMatchObject({ code: 'MR_NO_INPUT' })
  })

  it('that is a link to nothing, a pipe, or a way round in circles is said to be', async () => {
    await place.write('in/a', 'x')
    await fs.symlink('nowhere', place.at('in/broken'))
    expect(await failure('in')).toMatchObject({
      code: 'MR_NO_INPUT',
      message: expect.stringContaining('link to nothing'),
    })
    await fs.rm(place.at('in/broken'))
    await fs.symlink('..', place.at('in/round'))
    expect(await failure('in')).toMatchObject({ code: 'MR_USAGE', message: expect.stringContaining('in/round') })
    await fs.rm(place.at('in/round'))
    execFileSync('mkfifo', [place.at('in/pipe')])
    expect(await failure('in')).toMatchObject({ code: 'MR_USAGE', message: expect.stringContaining('a pipe') })
  })
})
