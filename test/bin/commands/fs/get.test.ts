import { execFileSync } from 'node:child_process'
import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
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

const local = (...names: string[]): string => join(quern.cwd, ...names)

describe('get', () => {
  it('brings a file to a name, into a directory, and several into a directory', async () => {
    await quern.file('/a', 'A')
    await quern.file('/b', 'B')
    await mkdir(local('d'))
    await quern.ok('get', '/a', 'n')
    await quern.ok('get', '/a', '/b', 'd')
    await quern.ok('get', '/b')
    expect(await readFile(local('n'), 'utf8')).toBe('A')
    expect(await readFile(local('d', 'b'), 'utf8')).toBe('B')
    expect((await readdir(local('.'))).sort()).toEqual(['b', 'd', 'n'])
  })

  it('brings a tree as it is, and tells each file that is there already', async () => {
    await quern.ok('mkdir', '-p', '/t/sub/void')
    await quern.file('/t/a', 'A')
    await quern.file('/t/sub/b', 'B')
    await quern.ok('get', '/t', '.')
    expect(await readFile(local('t', 'sub', 'b'), 'utf8')).toBe('B')
    expect(await readdir(local('t', 'sub', 'void'))).toEqual([])
    expect(await quern.fs('get', '/t', '.')).toMatchObject({
      code: 1,
      err: "get: `./t/a': File exists\nget: `./t/sub/b': File exists\n",
    })
    await quern.ok('get', '/', 'whole')
    expect(await readFile(local('whole', 't', 'a'), 'utf8')).toBe('A')
  })

  it('overwrites with -f only, and then a link at the target and not what it points to', async () => {
    await quern.file('/a', 'new')
    await writeFile(local('precious'), 'precious')
    await symlink(local('precious'), local('a'))
    expect(await quern.fs('get', '/a', '.')).toMatchObject({ code: 1, err: "get: `./a': File exists\n" })
    expect(await readlink(local('a'))).toBe(local('precious'))
    await quern.ok('get', '-f', '/a', '.')
    expect((await lstat(local('a'))).isSymbolicLink()).toBe(false)
    expect(await readFile(local('a'), 'utf8')).toBe('new')
    expect(await readFile(local('precious'), 'utf8')).toBe('precious')
  })

  it('a dangling link is something that exists', async () => {
    await quern.file('/a', 'new')
    await symlink(local('outside'), local('a'))
    expect(await quern.fs('get', '/a', '.')).toMatchObject({ code: 1, err: "get: `./a': File exists\n" })
    expect(await readdir(local('.'))).toEqual(['a'])
  })

  it('never leaves the target through a linked directory in it', async () => {
    await quern.ok('mkdir', '-p', '/t/etc')
    await quern.file('/t/etc/passwd', 'mine')
    await quern.file('/t/z', 'Z')
    await mkdir(local('t'))
    await mkdir(local('victim'))
    await symlink(local('victim'), local('t', 'etc'))
    expect(await quern.fs('get', '-f', '/t', '.')).toMatchObject({
      code: 1,
      err: "get: `./t/etc': Is not a directory\n",
    })
    expect(await readdir(local('victim'))).toEqual([])
    expect(await readFile(local('t', 'z'), 'utf8')).toBe('Z')
  })

  it('writes into a device instead of replacing it', async () => {
    await quern.file('/a', 'gone')
    execFileSync('mkfifo', [local('pipe')])
    const reading = readFile(local('pipe'), 'utf8')
    await quern.ok('get', '-f', '/a', 'pipe')
    expect(await reading).toBe('gone')
    expect((await stat(local('pipe'))).isFIFO()).toBe(true)
    await quern.ok('get', '-f', '/a', '/dev/null')
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
  })

  it('a full disk is told, and leaves nothing', async () => {
    await quern.file('/a', 'too much')
    expect(await quern.fs('get', '-f', '/a', '/dev/full')).toMatchObject({
      code: 1,
      err: "get: `/a': No space left on device\n",
    })
  })

  it('keeps times and mode with -p', async () => {
    await quern.ok('mkdir', '/t')
    await quern.file('/t/a', 'A')
    await quern.ok('touch', '-t', '20010203:040506', '/t/a')
    await quern.ok('get', '-p', '/t', '.')
    const stats = await stat(local('t', 'a'))
    expect([stats.mtime.getTime(), stats.atime.getTime(), stats.mode & 0o777]).toEqual([
      new Date(2001, 1, 3, 4, 5, 6).getTime(),
      new Date(2001, 1, 3, 4, 5, 6).getTime(),
      0o644,
    ])
  })

  it('refuses a directory over a file and a file over a directory', async () => {
    await quern.ok('mkdir', '-p', '/t/a')
    await quern.file('/f', 'F')
    await writeFile(local('x'), '')
    await mkdir(local('t', 'f'), { recursive: true })
    await writeFile(local('t', 'a'), '')
    expect(await quern.fs('get', '/t', 'x')).toMatchObject({ code: 1, err: "get: `x': File exists\n" })
    expect(await quern.fs('get', '/t', '/f', 'x')).toMatchObject({ code: 1, err: "get: `x': Is not a directory\n" })
    expect(await quern.fs('get', '-f', '/t', '.')).toMatchObject({ code: 1, err: "get: `./t/a': Is not a directory\n" })
    expect(await quern.fs('get', '-f', '/f', 't')).toMatchObject({ code: 1, err: "get: `t/f': File exists\n" })
    expect(await quern.fs('get', '/f', 'x/')).toMatchObject({ code: 1, err: "get: `x/': Is not a directory\n" })
    expect(await quern.fs('get', '/f', 'x/y')).toMatchObject({ code: 1, err: "get: `x/y': Is not a directory\n" })
  })
})

describe('getmerge', () => {
  it('joins in the order of the names, one level deep, replacing what was there', async () => {
    await quern.ok('mkdir', '-p', '/d/sub')
    await quern.file('/d/b', 'B')
    await quern.file('/d/a', 'A')
    await quern.file('/d/sub/c', 'C')
    await writeFile(local('m'), 'before')
    await quern.ok('getmerge', '-nl', '/d', 'm')
    expect(await readFile(local('m'), 'utf8')).toBe('A\nB\n')
    expect(await quern.fs('getmerge', '/d', '/x', 'm')).toMatchObject({ code: 1 })
    expect(await readFile(local('m'), 'utf8')).toBe('A\nB\n')
  })
})
