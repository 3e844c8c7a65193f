import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeHdfs, refuse } from '../../../dfs/webhdfs/fake-hdfs.ts'
import { Quern } from '../../support/quern.ts'

let quern: Quern
let hdfs: FakeHdfs

beforeEach(async () => {
  quern = await Quern.make()
  hdfs = await FakeHdfs.start()
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
  await hdfs.stop()
})

const local = (...names: string[]): string => join(quern.cwd, ...names)
const at = (path: string): string => hdfs.url + path

describe('quern fs on a webhdfs:// address', () => {
  it('shows what is there, as it is named there, without a DFS of its own', async () => {
    hdfs.put('/d/a', 'A')
    hdfs.put('/d/sub/b', 'BB')
    expect(await quern.ok('ls', '-C', at('/d'))).toBe(`${at('/d/a')}\n${at('/d/sub')}\n`)
    expect(await quern.ok('ls', '-C', at('/d/*b'))).toBe(`${at('/d/sub/b')}\n`)
    expect(await quern.ok('ls', '-C', '-R', at('/'))).toBe(
      ['/d', '/d/a', '/d/sub', '/d/sub/b'].map((path) => `${at(path)}\n`).join(''),
    )
    expect(await quern.ok('find', at('/'), '-name', 'b')).toBe(`${at('/d/sub/b')}\n`)
    expect(await quern.ok('cat', at('/d/a'), at('/d/sub/*'))).toBe('ABB')
    expect(await quern.ok('stat', '%n %b %u', at('/d/a'))).toBe('a 1 hdfs\n')
    expect(await quern.fs('test', '-d', at('/d'))).toMatchObject({ code: 0 })
    expect(await quern.fs('ls', at('/none'))).toMatchObject({
      code: 1,
      err: `ls: \`${at('/none')}': No such file or directory\n`,
    })
    expect(await quern.fs('ls', '/d')).toMatchObject({ code: 1, err: expect.stringContaining('no file system at') })
  })

  it('puts and gets files and trees', async () => {
    await mkdir(local('t/sub'), { recursive: true })
    await writeFile(local('t/a'), 'A')
    await writeFile(local('t/sub/b'), 'x'.repeat(400_000))
    await quern.ok('mkdir', '-p', at('/in'))
    await quern.ok('put', 't', at('/in'))
    expect(hdfs.content('/in/t/sub/b')).toBe('x'.repeat(400_000))
    expect(await quern.fs('put', 't/a', at('/in/t/a'))).toMatchObject({
      code: 1,
      err: `put: \`${at('/in/t/a')}': File exists\n`,
    })
    await quern.ok('put', '-f', 't/a', at('/in/t/sub/b'))
    await quern.ok('get', at('/in/t'), 'back')
    expect(await readFile(local('back/sub/b'), 'utf8')).toBe('A')
    expect((await quern.run(['fs', 'put', '-', at('/piped')], { stdin: 'from a pipe' })).code).toBe(0)
    expect(hdfs.content('/piped')).toBe('from a pipe')
    await quern.ok('rm', at('/piped'))
    await quern.ok('mv', at('/in/t/a'), at('/moved'))
    expect(hdfs.content('/moved')).toBe('A')
    expect(await quern.fs('rm', '-r', at('/'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('root directory'),
    })
    await quern.ok('rm', '-r', at('/in'))
    expect([...hdfs.tree.keys()]).toEqual(['/', '/moved'])
  })

  it('copies from one file system to another, and moves in one alone', async () => {
    hdfs.put('/t/a', 'A')
    hdfs.put('/t/sub/b', 'B')
    await quern.ok('cp', at('/t'), 'dfs:/copy')
    expect(await quern.ok('cat', '/copy/a', '/copy/sub/b')).toBe('AB')
    await quern.ok('cp', '-f', '/copy/sub/b', 'dfs:/copy/a', at('/t/sub/'))
    expect(hdfs.content('/t/sub/a')).toBe('A')
    expect(await quern.fs('mv', '/copy/a', at('/t/z'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('are not in one file system'),
    })
    expect(await quern.ok('cat', '/copy/a')).toBe('A')
    expect(await quern.fs('cp', '-f', at('/t/a'), at('/t/a'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('are identical'),
    })
  })

  it('says what the server has against it, and asks as HADOOP_USER_NAME with the token', async () => {
    hdfs.put('/d/a', 'A')
    hdfs.failNext('namenode', 'LISTSTATUS_BATCH', (_, __, response) =>
      refuse(response, 403, 'AccessControlException', 'Permission denied: user=bob, access=READ_EXECUTE, inode="/d"'),
    )
    const env = { HADOOP_USER_NAME: 'bob', QUERN_WEBHDFS_TOKEN: 'secret' }
    expect(await quern.run(['fs', 'ls', at('/d')], { env })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ls: Permission denied: user=bob, access=READ_EXECUTE, inode="\/d"/),
    })
    for (const { params, headers } of hdfs.asked) {
      expect(params.get('user.name')).toBe('bob')
      expect(headers.authorization).toBe('Bearer secret')
    }
  })

  it('leaves no half of a file when it is interrupted', async () => {
    const stop = new AbortController()
    const { Readable } = await import('node:stream')
    const stdin = Readable.from(
      (async function* () {
        yield Buffer.alloc(500_000)
        stop.abort(new Error('interrupted'))
        yield Buffer.alloc(500_000)
      })(),
      { objectMode: false },
    )
    const { code } = await quern.run(['fs', 'put', '-', at('/f')], { stdin, signal: stop.signal })
    expect(code).toBe(130)
    expect([...hdfs.tree.keys()]).toEqual(['/'])
  })

  it.each([
    ['webhdfs://me@host/a', 'HADOOP_USER_NAME'],
    ['webhdfs:/a', 'webhdfs://host:port/path'],
    ['webhdfs://host:99999/a', 'no port'],
  ])('%s is no address', async (typed, says) => {
    const { code, err } = await quern.fs('ls', typed)
    expect(code).toBe(1)
    expect(err).toContain(says)
  })
})
