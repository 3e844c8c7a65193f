import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { tail } from '../../../../bin/commands/fs/cat.ts'
import { RoutedFileSystem } from '../../../../bin/commands/fs/routed-file-system.ts'
import { FsSession } from '../../../../bin/commands/fs/session.ts'
import { openDfs } from '../../../../dfs/index.ts'
import { memoryIo } from '../../support/memory-io.ts'
import { Quern } from '../../support/quern.ts'

let quern: Quern

beforeEach(async () => {
  quern = await Quern.make()
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

const local = (name: string, content: string) => writeFile(join(quern.cwd, name), content)

describe('appendToFile', () => {
  it('adds files in their order, and stdin, and makes the file that is not there', async () => {
    await local('a', 'one\n')
    await local('b', 'two\n')
    await quern.ok('appendToFile', 'a', '/f')
    await quern.ok('appendToFile', '-n', 'b', 'a', '/f')
    expect((await quern.run(['fs', 'appendToFile', '-', '/f'], { stdin: 'end\n' })).code).toBe(0)
    expect(await quern.ok('cat', '/f')).toBe('one\ntwo\none\nend\n')
  })

  it('adds nothing when one of the files is missing or the input breaks', async () => {
    await quern.file('/f', 'before')
    await local('a', 'after')
    expect(await quern.fs('appendToFile', 'a', 'none', '/f')).toMatchObject({
      code: 1,
      err: "appendToFile: `none': No such file or directory\n",
    })
    expect(await quern.fs('appendToFile', '.', '/f')).toMatchObject({
      code: 1,
      err: "appendToFile: `.': Is a directory\n",
    })
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half')
        throw new Error('the pipe broke')
      })(),
    )
    expect(await quern.run(['fs', 'appendToFile', '-', '/f'], { stdin: broken })).toMatchObject({ code: 1 })
    expect(await quern.fs('appendToFile', 'none', '/new')).toMatchObject({ code: 1 })
    expect(await quern.ok('find', '/')).toBe('/\n/f\n')
    expect(await quern.ok('cat', '/f')).toBe('before')
  })
})

describe('truncate', () => {
  it('cuts files, to nothing as well', async () => {
    await quern.file('/a', 'one two')
    await quern.file('/b', 'three')
    expect(await quern.ok('truncate', '-w', '3', '/a', '/b')).toBe(
      'Truncated /a to length: 3\nTruncated /b to length: 3\n',
    )
    expect(await quern.ok('cat', '/a', '/b')).toBe('onethr')
    await quern.ok('truncate', '0', '/a')
    expect(await quern.ok('stat', '%b', '/a')).toBe('0\n')
    expect(await quern.fs('truncate', '1', '/a', '/b')).toMatchObject({ code: 1, out: 'Truncated /b to length: 1\n' })
  })
})

describe('concat', () => {
  it('moves the sources to the end of the target', async () => {
    for (const name of ['t', 'a', 'b']) await quern.file(`/${name}`, name.repeat(1000))
    await quern.ok('concat', '/t', '/a', '/b')
    expect(await quern.ok('cat', '/t')).toBe(['t', 'a', 'b'].map((name) => name.repeat(1000)).join(''))
    expect(await quern.ok('ls', '-C', '/')).toBe('/t\n')
  })
})

describe('checksum', () => {
  it('is the CRC-32 of the bytes, however they were written', async () => {
    await quern.file('/whole', 'one two three')
    await quern.file('/parts', 'one ')
    await local('rest', 'two three')
    await quern.ok('appendToFile', 'rest', '/parts')
    const sum = crc32('one two three').toString(16).padStart(8, '0')
    expect(await quern.ok('checksum', '/whole', '/parts')).toBe(
      `/whole\tCOMPOSITE-CRC32\t${sum}\n/parts\tCOMPOSITE-CRC32\t${sum}\n`,
    )
    expect(await quern.ok('checksum', '-v', '/whole')).toMatch(/\tBlockSize=\d+\n$/)
    expect(JSON.parse(await quern.ok('checksum', '--json', '/parts'))).toMatchObject([
      { path: '/parts', algorithm: 'COMPOSITE-CRC32', bytes: sum },
    ])
  })
})

describe('tail -f', () => {
  it('shows what is appended, follows a cut, and ends when interrupted', async () => {
    const dfs = await openDfs({ root: quern.root, user: 'me' })
    const stop = new AbortController()
    const io = memoryIo({ cwd: quern.cwd, root: quern.root, signal: stop.signal })
    const own = async () => dfs
    const routed = new RoutedFileSystem('me', { own, remote: () => Promise.reject(new Error('nowhere else')) })
    const session = new FsSession({ dfs: routed, own, io, verb: 'tail', json: false, home: '/user/me' })
    const add = async (text: string, writer = dfs.append('/f')): Promise<void> => {
      const to = await writer
      await to.write(Buffer.from(text))
      await to.close()
    }
    try {
      await add('x'.repeat(2000), dfs.create('/f'))
      const following = tail({
        session,
        flags: new Set(['f']),
        values: new Map([['s', '2']]),
        operands: ['/f'],
      })
      const ended = expect(following).rejects.toThrow()
      await vi.waitFor(() => expect(io.stdout.text).toBe('x'.repeat(1024)))
      await add('one\n')
      await vi.waitFor(() => expect(io.stdout.text.endsWith('xone\n')).toBe(true))
      await dfs.truncate('/f', 5)
      await vi.waitFor(async () => expect((await dfs.stat('/f')).length).toBe(5))
      // The follower has to see the short file once before it grows again.
      await new Promise((resolve) => setTimeout(resolve, 50))
      await add('two\n')
      await vi.waitFor(() => expect(io.stdout.text.endsWith('xone\ntwo\n')).toBe(true))
      stop.abort(new Error('enough'))
      await ended
      expect(io.stdout.text).toBe(`${'x'.repeat(1024)}one\ntwo\n`)
    } finally {
      stop.abort()
      await dfs.close()
    }
  })
})
