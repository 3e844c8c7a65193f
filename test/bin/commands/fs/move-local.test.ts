import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Quern } from '../../support/quern.ts'

let quern: Quern

beforeEach(async () => {
  quern = await Quern.make()
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

const local = (...names: string[]) => join(quern.cwd, ...names)
const entries = async (directory = quern.cwd) => (await readdir(directory, { recursive: true })).sort()

async function tree(): Promise<void> {
  await mkdir(local('t/d/e'), { recursive: true })
  await writeFile(local('t/a'), 'a')
  await writeFile(local('t/d/b'), 'b')
}

describe('moveFromLocal', () => {
  it('removes the source once it is copied', async () => {
    await tree()
    await writeFile(local('f'), 'f')
    await quern.ok('moveFromLocal', 'f', 't', '/')
    expect(await entries()).toEqual([])
    expect(await quern.ok('find', '/')).toBe('/\n/f\n/t\n/t/a\n/t/d\n/t/d/b\n/t/d/e\n')
    expect(await quern.ok('cat', '/f', '/t/a', '/t/d/b')).toBe('fab')
  })

  it('removes nothing when a part of it could not be copied', async () => {
    await tree()
    await symlink('nowhere', local('t/d/broken'))
    expect(await quern.fs('moveFromLocal', 't', '/')).toMatchObject({
      code: 1,
      err: "moveFromLocal: `t/d/broken': No such file or directory\n",
    })
    expect(await entries()).toEqual(['t', 't/a', 't/d', 't/d/b', 't/d/broken', 't/d/e'])
  })

  it('removes links, never what lies behind them', async () => {
    await tree()
    await mkdir(local('elsewhere'))
    await writeFile(local('elsewhere/kept'), 'kept')
    await symlink('../elsewhere', local('t/link'))
    await symlink('../elsewhere/kept', local('t/file'))
    await symlink('t', local('top'))
    await quern.ok('moveFromLocal', 'top', '/moved')
    expect(await entries(local('t'))).toEqual(['a', 'd', 'd/b', 'd/e', 'file', 'link', 'link/kept'])
    expect(await entries()).not.toContain('top')
    await quern.ok('moveFromLocal', 't', '/')
    expect(await entries()).toEqual(['elsewhere', 'elsewhere/kept'])
    expect(await quern.ok('cat', '/t/link/kept', '/moved/link/kept')).toBe('keptkept')
  })

  it('does not merge into a directory that is there', async () => {
    await tree()
    await quern.ok('mkdir', '/t')
    expect(await quern.fs('moveFromLocal', 't', '/')).toMatchObject({
      code: 1,
      err: "moveFromLocal: `/t': File exists\n",
    })
    expect(await entries()).toContain('t/a')
  })

  it('copies stdin, of which nothing is left anyway', async () => {
    expect((await quern.run(['fs', 'moveFromLocal', '-', '/n'], { stdin: 'in' })).code).toBe(0)
    expect(await quern.ok('cat', '/n')).toBe('in')
  })
})

describe('moveToLocal', () => {
  it('deletes the source once it is copied', async () => {
    await quern.ok('mkdir', '-p', '/t/d')
    await quern.file('/t/d/f', 'f')
    await quern.file('/g', 'g')
    await quern.ok('moveToLocal', '/t', '/g', '.')
    expect(await entries()).toEqual(['g', 't', 't/d', 't/d/f'])
    expect(await readFile(local('t/d/f'), 'utf8')).toBe('f')
    expect(await quern.ok('find', '/')).toBe('/\n')
  })

  it('deletes nothing when a part of it could not be copied', async () => {
    await quern.ok('mkdir', '-p', '/t/b')
    await quern.file('/t/a', 'a')
    await quern.file('/t/b/c', 'c')
    await mkdir(local('t'))
    await writeFile(local('t/a'), 'mine')
    expect(await quern.fs('moveToLocal', '/t', '.')).toMatchObject({
      code: 1,
      err: "moveToLocal: `./t/a': File exists\n",
    })
    expect(await quern.ok('find', '/')).toBe('/\n/t\n/t/a\n/t/b\n/t/b/c\n')
    await quern.ok('moveToLocal', '-f', '/t', '.')
    expect(await readFile(local('t/a'), 'utf8')).toBe('a')
    expect(await quern.ok('find', '/')).toBe('/\n')
  })
})

describe('-p', () => {
  it('keeps modes in and out, and times', async () => {
    await tree()
    await chmod(local('t/a'), 0o640)
    await chmod(local('t/d'), 0o750)
    await quern.ok('put', '-p', 't', '/')
    expect(await quern.ok('stat', '%a', '/t/a', '/t/d', '/t/d/b')).toBe('640\n750\n644\n')
    await quern.ok('get', '-p', '/t', 'u')
    expect((await stat(local('u/a'))).mode & 0o777).toBe(0o640)
    expect((await stat(local('u/d'))).mode & 0o777).toBe(0o750)
    expect(Math.floor((await stat(local('u/a'))).mtimeMs)).toBe(Math.floor((await stat(local('t/a'))).mtimeMs))
    // To the millisecond: most of these have no exact number of seconds.
    for (let time = 1_795_458_320_390; time < 1_795_458_320_394; time++) {
      await utimes(local('t/a'), time / 1000 + 0.00001, time / 1000 + 0.00001)
      await quern.ok('put', '-f', '-p', 't/a', '/a')
      await quern.ok('get', '-f', '-p', '/a', 'a')
      expect([await quern.ok('stat', '%Y', '/a'), Math.floor((await stat(local('a'))).mtimeMs)]).toEqual([
        `${time}\n`,
        time,
      ])
    }
  })

  it('takes letters for what is kept', async () => {
    await writeFile(local('f'), 'f')
    await chmod(local('f'), 0o600)
    await quern.ok('put', '-p', 'f', '/f')
    await quern.ok('touch', '-t', '20010101:000000', '/f')
    for (const [letters, expected] of [
      ['-pt', '644 978307200'],
      ['-pp', '600'],
      ['-pa', '600'],
      ['-px', '644'],
      ['-ptop', '600 978307200'],
    ] as const) {
      await quern.ok('cp', '-f', letters, '/f', '/copy')
      const [mode = '', time = ''] = (await quern.ok('stat', '%a %Y', '/copy')).split(' ')
      const seconds = (Number(time) + new Date(2001, 0, 1).getTimezoneOffset() * -60_000) / 1000
      expect(expected.includes(' ') ? `${mode} ${seconds}` : mode).toBe(expected)
    }
  })
})

describe('put -l and -t', () => {
  it('make one replica, and so many copies at once', async () => {
    await tree()
    await quern.ok('put', '-l', '-t', '1', '-q', '10', 't', '/')
    expect(await quern.ok('stat', '%r', '/t/a', '/t/d/b')).toBe('1\n1\n')
  })
})
