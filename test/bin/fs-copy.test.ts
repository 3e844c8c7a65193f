import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Quern } from './support/quern.ts'

let quern: Quern

beforeEach(async () => {
  quern = await Quern.make()
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

const local = (...names: string[]): string => join(quern.cwd, ...names)

describe('put', () => {
  it('brings a file to a name, into a directory, and several into a directory', async () => {
    await writeFile(local('a'), 'A')
    await writeFile(local('b'), 'B')
    await quern.ok('mkdir', '/d')
    await quern.ok('put', 'a', '/n')
    await quern.ok('put', 'a', 'b', '/d')
    await quern.ok('put', local('b'), '/d/c')
    expect(await quern.ok('find', '/')).toBe('/\n/d\n/d/a\n/d/b\n/d/c\n/n\n')
    expect(await quern.ok('cat', '/n', '/d/a', '/d/b', '/d/c')).toBe('AABB')
  })

  it('keeps the bytes of files of every size about its buffers', async () => {
    for (const size of [0, 1, 65_535, 65_536, 1_048_575, 1_048_576, 1_048_577, 3_000_001]) {
      const bytes = randomBytes(size)
      await writeFile(local('f'), bytes)
      await quern.ok('put', '-f', 'f', '/f')
      const { bytes: back } = await quern.fs('cat', '/f')
      expect(back.equals(bytes)).toBe(true)
    }
  })

  it('refuses what exists without -f, and replaces it with', async () => {
    await writeFile(local('a'), 'new')
    await quern.file('/a', 'old')
    expect(await quern.fs('put', 'a', '/a')).toMatchObject({ code: 1, err: "put: `/a': File exists\n" })
    expect(await quern.fs('put', 'a', '/')).toMatchObject({ code: 1, err: "put: `/a': File exists\n" })
    expect(await quern.ok('cat', '/a')).toBe('old')
    await quern.ok('put', '-f', 'a', '/')
    expect(await quern.ok('cat', '/a')).toBe('new')
    expect(await quern.ok('ls', '-C', '/')).toBe('/a\n')
  })

  it('tells the missing source and brings the others', async () => {
    await writeFile(local('a'), 'A')
    await quern.ok('mkdir', '/d')
    expect(await quern.fs('put', 'a', 'none', '/d')).toMatchObject({
      code: 1,
      err: "put: `none': No such file or directory\n",
    })
    expect(await quern.ok('ls', '-C', '/d')).toBe('/d/a\n')
  })

  it('brings a tree: merged into an existing one, its conflicts told one by one', async () => {
    await mkdir(local('t', 'sub', 'deep'), { recursive: true })
    await mkdir(local('t', 'void'))
    await writeFile(local('t', 'a'), 'A')
    await writeFile(local('t', 'sub', 'b'), 'B')
    await writeFile(local('t', 'sub', 'deep', 'c'), 'C')
    await quern.ok('put', 't', '/copy')
    expect(await quern.ok('find', '/copy')).toBe(
      '/copy\n/copy/a\n/copy/sub\n/copy/sub/b\n/copy/sub/deep\n/copy/sub/deep/c\n/copy/void\n',
    )
    await quern.ok('put', 't', '/copy')
    expect(await quern.ok('cat', '/copy/t/sub/deep/c')).toBe('C')
    expect(await quern.fs('put', 't', '/copy')).toMatchObject({
      code: 1,
      err: [
        "put: `/copy/t/a': File exists",
        "put: `/copy/t/sub/b': File exists",
        "put: `/copy/t/sub/deep/c': File exists",
        '',
      ].join('\n'),
    })
    await quern.file('/copy/blocked', '')
    await mkdir(local('blocked'))
    expect(await quern.fs('put', 'blocked', '/copy')).toMatchObject({
      code: 1,
      err: "put: `/copy/blocked': Is not a directory\n",
    })
  })

  it('follows links to files and directories, but not in a circle', async () => {
    await mkdir(local('t'))
    await mkdir(local('elsewhere'))
    await writeFile(local('elsewhere', 'x'), 'X')
    await symlink(local('elsewhere', 'x'), local('t', 'file'))
    await symlink(local('elsewhere'), local('t', 'folder'))
    await symlink('..', local('t', 'up'))
    await symlink('nowhere', local('t', 'broken'))
    const { code, err } = await quern.fs('put', 't', '/')
    expect(code).toBe(1)
    expect(err).toContain("put: `t/broken': No such file or directory\n")
    expect(err).toContain("put: `t/up/t': symbolic link leads back to a directory above it\n")
    expect(await quern.ok('cat', '/t/file', '/t/folder/x')).toBe('XX')
  })

  it('leaves out a pipe inside a tree instead of waiting for its writer', async () => {
    await mkdir(local('t'))
    execFileSync('mkfifo', [local('t', 'pipe')])
    await writeFile(local('t', 'a'), 'A')
    expect(await quern.fs('put', 't', '/')).toMatchObject({
      code: 1,
      err: "put: `t/pipe': Not a regular file or directory\n",
    })
    expect(await quern.ok('ls', '-C', '/t')).toBe('/t/a\n')
  })

  it('expands a quoted glob, but takes a file of that very name as it is', async () => {
    await writeFile(local('a.txt'), 'A')
    await writeFile(local('b.txt'), 'B')
    await writeFile(local('c.log'), 'C')
    await mkdir(local('d'))
    await writeFile(local('d', 'e.txt'), 'E')
    await quern.ok('mkdir', '/d')
    await quern.ok('put', '*.txt', '/d')
    expect(await quern.ok('ls', '-C', '/d')).toBe('/d/a.txt\n/d/b.txt\n')
    await quern.ok('put', '*/e.*', '/d')
    expect(await quern.ok('cat', '/d/e.txt')).toBe('E')
    await writeFile(local('[ab].txt'), 'itself')
    await quern.ok('put', '[ab].txt', '/d')
    expect(await quern.ok('cat', '/d/\\[ab\\].txt')).toBe('itself')
  })

  it('keeps times with -p, of directories too', async () => {
    await mkdir(local('t'))
    await writeFile(local('t', 'a'), 'A')
    const then = new Date('2001-02-03T04:05:06Z')
    await utimes(local('t', 'a'), then, then)
    await utimes(local('t'), then, then)
    await quern.ok('put', '-p', 't', '/')
    expect(await quern.ok('stat', '%y %x', '/t/a')).toBe('2001-02-03 04:05:06 2001-02-03 04:05:06\n')
    expect(await quern.ok('stat', '/t')).toBe('2001-02-03 04:05:06\n')
  })

  it('takes stdin to a name, or as a file called - into a directory', async () => {
    await quern.ok('mkdir', '/d')
    await quern.file('/d', 'into')
    await quern.file('/n', '')
    expect(await quern.ok('cat', '/d/-', '/n')).toBe('into')
  })

  it('leaves nothing, not even a name, when stdin breaks', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(100_000)
        throw new Error('the pipe broke')
      })(),
    )
    expect(await quern.run(['fs', '-put', '-', '/n'], { stdin: broken })).toMatchObject({
      code: 1,
      err: "put: `/n': the pipe broke\n",
    })
    expect(await quern.ok('ls', '/')).toBe('')
  })
})

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

describe('cp and mv', () => {
  beforeEach(async () => {
    await quern.ok('mkdir', '-p', '/t/sub', '/d')
    await quern.file('/t/a', 'A')
    await quern.file('/t/sub/b', 'B')
  })

  it('cp copies trees and keeps times with -p', async () => {
    await quern.ok('touch', '-t', '20010203:040506', '/t/a')
    await quern.ok('cp', '-p', '/t', '/d')
    await quern.ok('cp', '/t/a', '/d/n')
    expect(await quern.ok('find', '/d')).toBe('/d\n/d/n\n/d/t\n/d/t/a\n/d/t/sub\n/d/t/sub/b\n')
    expect(await quern.ok('stat', '%Y', '/d/t/a')).toBe(await quern.ok('stat', '%Y', '/t/a'))
    expect(await quern.ok('stat', '%Y', '/d/t/sub')).toBe(await quern.ok('stat', '%Y', '/t/sub'))
    expect(await quern.fs('cp', '/t', '/d')).toMatchObject({
      code: 1,
      err: "cp: `/d/t/a': File exists\ncp: `/d/t/sub/b': File exists\n",
    })
    await quern.ok('cp', '-f', '/t', '/d')
    await quern.file('/d/f', '')
    expect(await quern.fs('cp', '/t', '/d/f')).toMatchObject({ code: 1, err: "cp: `/d/f': File exists\n" })
    expect(await quern.fs('cp', '-f', '/t', '/d/f')).toMatchObject({ code: 1, err: "cp: `/d/f': Is not a directory\n" })
  })

  it('mv renames, moves several, and never one level deeper than asked', async () => {
    await quern.ok('mv', '/t/a', '/t/c')
    await quern.ok('mv', '/t/c', '/t/sub', '/d')
    expect(await quern.ok('find', '/d')).toBe('/d\n/d/c\n/d/sub\n/d/sub/b\n')
    await quern.ok('mkdir', '-p', '/t/sub')
    expect(await quern.fs('mv', '/t/sub', '/d')).toMatchObject({ code: 1, err: "mv: `/d/sub': File exists\n" })
    await quern.ok('mv', '/d', '/e')
    expect(await quern.ok('find', '/e', '-name', 'b')).toBe('/e/sub/b\n')
  })
})

describe('text', () => {
  it('unpacks gzip by its first bytes, several members too, and tells a cut one', async () => {
    const plain = 'line\n'.repeat(50_000)
    const packed = Buffer.concat([gzipSync(plain), gzipSync('more')])
    await writeFile(local('a'), packed)
    await writeFile(local('cut'), packed.subarray(0, 100))
    await quern.ok('put', 'a', 'cut', '/')
    expect(await quern.ok('text', '/a')).toBe(`${plain}more`)
    const { code, err } = await quern.fs('text', '/cut')
    expect(code).toBe(1)
    expect(err).toBe("text: `/cut': not readable as gzip: unexpected end of file\n")
  })
})

describe('head and tail', () => {
  it('show a kilobyte', async () => {
    await quern.file('/f', 'a'.repeat(1500) + 'b'.repeat(1500))
    expect(await quern.ok('head', '/f')).toBe('a'.repeat(1024))
    expect(await quern.ok('tail', '/f')).toBe('b'.repeat(1024))
  })
})

describe('names that were meant to hurt', () => {
  const names = [
    'new\nline',
    'quote\'"`$(id)',
    '-rf',
    '--root',
    ' ',
    'tab\t',
    '…',
    '...',
    '..x',
    '🦀'.repeat(63),
    'x'.repeat(255),
    'é',
    'e\u0301',
    'back\\slash',
    'star*?[a]{b,c}',
    'colon:name',
    '%s%n',
    '_COPYING_',
    '\u001b[31m',
  ]

  it('go in and come out as they are', async () => {
    await mkdir(local('in'))
    await mkdir(local('out'))
    for (const name of names) await writeFile(local('in', name), name)
    await quern.ok('put', 'in', '/')
    const found = (await quern.ok('find', '/in', '-print0')).split('\0').filter(Boolean)
    expect(new Set(found)).toEqual(new Set(['/in', ...names.map((name) => `/in/${name}`)]))
    await quern.ok('get', '/in', 'out')
    expect(new Set(await readdir(local('out', 'in')))).toEqual(new Set(names))
    for (const name of names) expect(await readFile(local('out', 'in', name), 'utf8')).toBe(name)
    await quern.ok('rm', '-r', '/in')
    expect(await quern.ok('ls', '/')).toBe('')
  })

  it('can be named one by one, a leading dash behind --', async () => {
    await quern.ok('mkdir', '-p', '/user/me')
    for (const name of names) {
      const typed = name.replace(/[\\*?[{]/g, '\\$&')
      await writeFile(local(name), name)
      await quern.ok('put', '--', name, typed)
      expect(await quern.ok('cat', '--', typed)).toBe(name)
      expect(await quern.ok('rm', '--', typed)).toBe(`Deleted ${name}\n`)
    }
  })

  it('one byte too many, a NUL, or a way out is refused in words', async () => {
    const long = 'x'.repeat(256)
    const { code, err } = await quern.fs('mkdir', `/${long}`)
    expect(code).toBe(1)
    expect(err).toMatch(/^mkdir: .*256 bytes.*\n$/)
    expect(await quern.fs('mkdir', '/a\0b')).toMatchObject({ code: 1 })
    expect(await quern.fs('mkdir', '-p', '/a/../../b')).toMatchObject({
      code: 1,
      err: "mkdir: `/a/../../b': Path leads above the root\n",
    })
  })

  it('can not fake lines or colours in an error', async () => {
    await quern.ok('mkdir', '/d')
    expect(await quern.fs('cat', '/a\nrm: done\u001b\\[2J')).toMatchObject({
      code: 1,
      err: "cat: `/a?rm: done?\\[2J': No such file or directory\n",
    })
  })
})

describe('interruption', () => {
  it('ends with 130 and nothing visible', async () => {
    const controller = new AbortController()
    const endless = Readable.from(
      (async function* () {
        for (;;) {
          yield Buffer.alloc(64 * 1024)
          if (!controller.signal.aborted) setTimeout(() => controller.abort(new Error('interrupted')), 5)
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      })(),
    )
    const outcome = await quern.run(['fs', '-put', '-', '/n'], { stdin: endless, signal: controller.signal })
    expect(outcome).toMatchObject({ code: 130, err: 'put: Interrupted\n' })
    expect(await quern.ok('ls', '/')).toBe('')
  })

  it('before anything began changes nothing', async () => {
    await quern.file('/a', 'A')
    const signal = AbortSignal.abort(new Error('interrupted'))
    expect(await quern.run(['fs', '-rm', '/a'], { signal })).toMatchObject({ code: 1, out: '' })
    expect(await quern.ok('cat', '/a')).toBe('A')
  })
})

it('a local directory that can not be read is told, and its siblings are copied', async () => {
  if (process.getuid?.() === 0) return
  await mkdir(local('t', 'shut'), { recursive: true })
  await writeFile(local('t', 'z'), 'Z')
  await chmod(local('t', 'shut'), 0)
  expect(await quern.fs('put', 't', '/')).toMatchObject({ code: 1, err: "put: `t/shut': Permission denied\n" })
  expect(await quern.ok('cat', '/t/z')).toBe('Z')
})
