import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
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
