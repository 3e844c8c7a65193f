import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DfsWriter, FileSystem } from '../../dfs/client/file-system.ts'
import type { FileStatus } from '../../dfs/client/status.ts'
import { outcome, patterned } from '../dfs/harness.ts'

export interface SuiteSubject extends AsyncDisposable {
  /** As the superuser. */
  readonly fileSystem: FileSystem
  /** The same, as a user of no privileges. */
  as(user: string): Promise<FileSystem>
  /** What the subject itself stands on, if anything: the same files. */
  readonly beside?: FileSystem
}

/**
 * What every `FileSystem` promises. `open` gives an empty one with blocks of 8 KiB and at least two datanodes. Each test has
 * a directory of its own.
 */
export function fileSystemSuite(name: string, open: () => Promise<SuiteSubject>): void {
  describe(`${name} is a file system`, () => {
    let subject: SuiteSubject
    let fs: FileSystem
    let tests = 0
    let top = ''
    const at = (path: string): string => top + path

    beforeAll(async () => {
      subject = await open()
      fs = subject.fileSystem
    })

    afterAll(async () => {
      await subject[Symbol.asyncDispose]()
    })

    beforeEach(async () => {
      top = `/test${++tests}`
      await fs.mkdir(top, { permission: 0o777 })
      await fs.setPermission(top, 0o777)
    })

    async function write(path: string, content: Uint8Array | string, overwrite = false): Promise<void> {
      await filled(await fs.create(at(path), { overwrite }), content)
    }

    async function filled(writer: DfsWriter, content: Uint8Array | string): Promise<void> {
      try {
        await writer.write(Buffer.from(content))
        await writer.close()
      } catch (error) {
        await writer.abort()
        throw error
      }
    }

    async function bytes(path: string, range?: { start?: number; end?: number }): Promise<Buffer> {
      const reader = await fs.open(at(path))
      const pieces: Buffer[] = []
      for await (const piece of reader.stream(range)) pieces.push(Buffer.from(piece))
      await reader.close()
      return Buffer.concat(pieces)
    }

    const text = async (path: string): Promise<string> => (await bytes(path)).toString()

    async function append(path: string, content: Uint8Array | string): Promise<void> {
      await filled(await fs.append(at(path)), content)
    }

    const below = (statuses: readonly FileStatus[]): string[] => statuses.map(({ path }) => path.slice(top.length))

    async function walked(path: string, from: FileSystem = fs): Promise<string[]> {
      const all: FileStatus[] = []
      for await (const status of from.walk(at(path))) all.push(status)
      return below(all)
    }

    describe('a file', () => {
      test.each([0, 1, 8191, 8192, 8193, 150_000])('of %i bytes comes back as it went', async (length) => {
        const content = patterned(length)
        await write('/f', content)
        expect((await bytes('/f')).equals(content)).toBe(true)
        const status = await fs.stat(at('/f'))
        expect(status).toMatchObject({ path: at('/f'), kind: 'file', length, permission: 0o644, childrenCount: 0 })
        expect(status.owner).toBe(fs.user)
        expect(Math.abs(status.modificationTime - Date.now())).toBeLessThan(600_000)
        if (subject.beside !== undefined) {
          expect((await subject.beside.stat(at('/f'))).length).toBe(length)
        }
      })

      test('is read at any place', async () => {
        const content = patterned(5000)
        await write('/f', content)
        const reader = await fs.open(at('/f'))
        expect(reader.length).toBe(5000)
        for (const [position, length, there] of [
          [0, 10, 10],
          [1020, 10, 10],
          [4990, 100, 10],
          [5000, 5, 0],
          [9000, 5, 0],
          [0, 5000, 5000],
        ] as const) {
          const target = Buffer.alloc(length, '-')
          expect(await reader.read(target, position)).toBe(there)
          expect(target.subarray(0, there).equals(content.subarray(position, position + there))).toBe(true)
        }
        expect(await outcome(reader.read(Buffer.alloc(1), -1))).toBe('DFS_BAD_ARGUMENT')
        await reader.close()
        await reader.close()
        expect(await outcome(reader.read(Buffer.alloc(1), 0))).toBe('DFS_CLOSED')
        expect((await bytes('/f', { start: 1000, end: 3000 })).equals(content.subarray(1000, 3000))).toBe(true)
        expect((await bytes('/f', { start: 4999 })).equals(content.subarray(4999))).toBe(true)
        expect((await bytes('/f', { start: 5000 })).length).toBe(0)
      })

      test('is written in pieces whose buffer is used again, and is not to be seen before its close', async () => {
        const writer = await fs.create(at('/f'))
        const buffer = Buffer.alloc(700)
        for (let i = 0; i < 200; i++) await writer.write(buffer.fill(i % 251))
        expect(await fs.find(at('/f'))).toBeUndefined()
        await writer.close()
        await writer.close()
        const content = await bytes('/f')
        expect(content.length).toBe(140_000)
        for (let i = 0; i < 200; i++) expect(content[i * 700 + 699]).toBe(i % 251)
        expect(await outcome(writer.write(buffer))).toBe('DFS_CLOSED')
      })

      test('that is given up was never there', async () => {
        const writer = await fs.create(at('/f'))
        await writer.write(patterned(150_000))
        await writer.abort()
        await writer.abort()
        expect(await outcome(writer.write(Buffer.alloc(1)))).toBe('DFS_CLOSED')
        expect(await fs.list(at(''))).toEqual([])
        await write('/f', 'again')
        expect(await text('/f')).toBe('again')
      })

      test('is replaced only when asked, and whole', async () => {
        await write('/f', 'old')
        expect(await outcome(fs.create(at('/f')))).toBe('DFS_EXISTS')
        const writer = await fs.create(at('/f'), { overwrite: true })
        await writer.write(Buffer.from('new'))
        expect(await text('/f')).toBe('old')
        await writer.close()
        expect(await text('/f')).toBe('new')
        const late = await fs.create(at('/f'), { overwrite: true })
        await late.write(Buffer.alloc(2000))
        await late.abort()
        expect(await text('/f')).toBe('new')
      })

      test('has the shape that was asked for', async () => {
        const writer = await fs.create(at('/f'), { blockSize: 4096, replication: 1, permission: 0o600 })
        await writer.write(patterned(9000))
        await writer.close()
        expect(await fs.stat(at('/f'))).toMatchObject({ blockSize: 4096, replication: 1, permission: 0o600 })
        const blocks = await fs.blockLocations(at('/f'))
        expect(blocks.map(({ offset, length }) => [offset, length])).toEqual([
          [0, 4096],
          [4096, 4096],
          [8192, 808],
        ])
        expect(blocks.every(({ hosts, names }) => hosts.length === 1 && names.length === 1)).toBe(true)
        expect((await fs.blockLocations(at('/f'), { offset: 4000, length: 200 })).length).toBe(2)
      })

      test('makes its parents, or does not', async () => {
        await write('/a/b/f', 'x')
        expect((await fs.stat(at('/a/b'))).kind).toBe('directory')
        expect(await outcome(fs.create(at('/no/f'), { parents: false }))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.create(at('/a'), { overwrite: true }))).toBe('DFS_IS_DIRECTORY')
        expect(await outcome(write('/a/b/f/g', 'x'))).toBe('DFS_NOT_DIRECTORY')
      })

      test('keeps its name, whatever that is', async () => {
        const names = ['a b', '100%', '#?&=+;', '%2e%2e', 'ä', '日本', '💾', '\'"', '\\', 'x'.repeat(255), 'a\nb']
        for (const one of names) await write(`/${one}`, one)
        const listed = (await fs.list(at(''))).map(({ path }) => path.slice(top.length + 1))
        expect(listed.toSorted()).toEqual(names.toSorted())
        for (const one of names) expect(await text(`/${one}`)).toBe(one)
      })

      test.each(['relative', '', '/a/../b', '/./a', '/a\0b', `/${'x'.repeat(256)}`, '/\ud800'])(
        'can not be called %j',
        async (path) => {
          expect(await outcome(fs.stat(path))).toBe('DFS_BAD_PATH')
          expect(await outcome(fs.create(path))).toBe('DFS_BAD_PATH')
          expect(await outcome(fs.delete(path))).toBe('DFS_BAD_PATH')
        },
      )
    })

    describe('append, truncate and concat', () => {
      test('append adds at the close, and gives way when it is given up', async () => {
        const content = patterned(30_000)
        await write('/f', content.subarray(0, 10_000))
        const writer = await fs.append(at('/f'))
        await writer.write(content.subarray(10_000))
        expect((await fs.stat(at('/f'))).length).toBe(10_000)
        await writer.close()
        expect((await bytes('/f')).equals(content)).toBe(true)
        const late = await fs.append(at('/f'))
        await late.write(patterned(3000))
        await late.abort()
        expect((await bytes('/f')).equals(content)).toBe(true)
        await append('/f', '')
        await append('/f', '!')
        expect((await fs.stat(at('/f'))).length).toBe(30_001)
        expect(await outcome(fs.append(at('/none')))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.append(at('')))).toBe('DFS_IS_DIRECTORY')
      })

      test('truncate cuts and never grows', async () => {
        const content = patterned(20_000)
        await write('/f', content)
        for (const length of [20_000, 8193, 8192, 1000, 0]) {
          await fs.truncate(at('/f'), length)
          expect((await bytes('/f')).equals(content.subarray(0, length))).toBe(true)
        }
        expect(await outcome(fs.truncate(at('/f'), 1))).toBe('DFS_BAD_ARGUMENT')
        expect(await outcome(fs.truncate(at('/none'), 0))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.truncate(at(''), 0))).toBe('DFS_IS_DIRECTORY')
      })

      test('concat moves files to the end of another', async () => {
        for (const [path, content] of Object.entries({ '/a': 'one ', '/b b': 'two ', '/c': 'three' })) {
          await write(path, content)
        }
        await fs.concat(at('/a'), [at('/b b'), at('/c')])
        expect(await text('/a')).toBe('one two three')
        expect(below(await fs.list(at('')))).toEqual(['/a'])
        expect(await outcome(fs.concat(at('/a'), [at('/none')]))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.concat(at('/a'), [at('/a')]))).toBe('DFS_BAD_ARGUMENT')
      })

      test('a checksum is that of the content, however it is cut into blocks', async () => {
        const content = patterned(5000)
        await write('/f', content)
        const writer = await fs.create(at('/g'), { blockSize: 4096 })
        await writer.write(content)
        await writer.close()
        const sum = { algorithm: 'COMPOSITE-CRC32', bytes: crc32(content).toString(16).padStart(8, '0') }
        expect(await fs.checksum(at('/f'))).toEqual(sum)
        expect(await fs.checksum(at('/g'))).toEqual(sum)
        expect(await outcome(fs.checksum(at('/none')))).toBe('DFS_NOT_FOUND')
      })
    })

    describe('a tree', () => {
      test('has directories that are made with their parents or not at all', async () => {
        await fs.mkdir(at('/a'))
        expect(await fs.stat(at('/a'))).toMatchObject({ kind: 'directory', length: 0, replication: 0, owner: fs.user })
        expect(await outcome(fs.mkdir(at('/a')))).toBe('DFS_EXISTS')
        await fs.mkdir(at('/a'), { parents: true })
        expect(await outcome(fs.mkdir(at('/x/y')))).toBe('DFS_NOT_FOUND')
        await fs.mkdir(at('/x/y/z'), { parents: true, permission: 0o700 })
        expect((await fs.stat(at('/x/y/z'))).permission).toBe(0o700)
        await write('/f', 'x')
        expect(await outcome(fs.mkdir(at('/f')))).toBe('DFS_EXISTS')
        expect(await outcome(fs.mkdir(at('/f/g')))).toBe('DFS_NOT_DIRECTORY')
        expect((await fs.stat(top)).childrenCount).toBe(3)
      })

      test('is listed by the bytes of its names and walked from the top', async () => {
        for (const path of ['/b', '/a/y', '/a/x', '/a.', '/A', '/\uffee', '/\u{1f4be}']) await write(path, path)
        await fs.mkdir(at('/c'))
        const order = ['/A', '/a', '/a.', '/b', '/c', '/\uffee', '/\u{1f4be}']
        expect(below(await fs.list(at('')))).toEqual(order)
        expect(below(await fs.list(at('/b')))).toEqual(['/b'])
        expect(await fs.list(at('/c'))).toEqual([])
        expect(await walked('')).toEqual(['', '/A', '/a', '/a/x', '/a/y', '/a.', '/b', '/c', '/\uffee', '/\u{1f4be}'])
        expect(await walked('/b')).toEqual(['/b'])
        expect(await outcome(fs.list(at('/none')))).toBe('DFS_NOT_FOUND')
        expect(await outcome(walked('/none'))).toBe('DFS_NOT_FOUND')
        expect(await fs.find(at('/none'))).toBeUndefined()
        expect(await outcome(fs.stat(at('/none')))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.open(at('/none')))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.open(at('/a')))).toBe('DFS_IS_DIRECTORY')
      })

      test('of more names than one answer holds is listed whole', async () => {
        await fs.mkdir(at('/many'))
        const maker = subject.beside ?? fs
        const names = Array.from({ length: 1100 }, (_, i) => `/many/${String(i).padStart(5, '0')}`)
        for (let i = 0; i < names.length; i += 100) {
          await Promise.all(names.slice(i, i + 100).map((path) => maker.mkdir(at(path))))
        }
        expect(below(await fs.list(at('/many')))).toEqual(names)
      })

      test('is searched by globs', async () => {
        for (const path of ['/logs/a.txt', '/logs/b.txt', '/logs/c.csv', '/old/a.txt', '/.hidden/a.txt']) {
          await write(path, '')
        }
        const glob = async (pattern: string): Promise<string[]> => below(await fs.glob(at(pattern)))
        expect(await glob('/logs/*.txt')).toEqual(['/logs/a.txt', '/logs/b.txt'])
        expect(await glob('/{old,logs}/a*')).toEqual(['/logs/a.txt', '/old/a.txt'])
        expect(await glob('/*/[^a]*')).toEqual(['/logs/b.txt', '/logs/c.csv'])
        expect(await glob('/logs/?.csv')).toEqual(['/logs/c.csv'])
        expect(await glob('/none*')).toEqual([])
        expect(await glob('/logs/a.txt')).toEqual(['/logs/a.txt'])
        expect(await outcome(fs.glob(at('/{a')))).toBe('DFS_BAD_ARGUMENT')
      })

      test('is deleted whole or not', async () => {
        await write('/d/f', 'x')
        expect(await outcome(fs.delete(at('/d')))).toBe('DFS_NOT_EMPTY')
        expect(await fs.delete(at('/d/f'))).toBe(true)
        expect(await fs.delete(at('/d/f'))).toBe(false)
        await write('/d/sub/g', 'x')
        expect(await fs.delete(at('/d'), { recursive: true })).toBe(true)
        expect(await fs.find(at('/d'))).toBeUndefined()
      })

      test('is summed up', async () => {
        await write('/d/a', patterned(1000))
        await write('/d/sub/b', patterned(2000))
        const { replication } = await fs.stat(at('/d/a'))
        expect(await fs.summary(at('/d'))).toEqual({
          directories: 2,
          files: 2,
          bytes: 3000,
          bytesWithReplicas: 3000 * replication,
          nameQuota: -1,
          spaceQuota: -1,
        })
        expect(await outcome(fs.summary(at('/none')))).toBe('DFS_NOT_FOUND')
      })
    })

    describe('rename', () => {
      test('moves to a free name, or into a directory', async () => {
        await write('/a/f', 'f')
        await fs.mkdir(at('/b'))
        await fs.rename(at('/a/f'), at('/b/g'))
        expect(await text('/b/g')).toBe('f')
        await fs.rename(at('/b/g'), at('/a'))
        expect(await text('/a/g')).toBe('f')
        await fs.rename(at('/a'), at('/b'))
        expect(await text('/b/a/g')).toBe('f')
      })

      test('takes no other’s place unless it is asked to', async () => {
        await write('/f', 'f')
        await write('/g', 'g')
        await write('/full/x', 'x')
        expect(await outcome(fs.rename(at('/f'), at('/g')))).toBe('DFS_EXISTS')
        expect(await outcome(fs.rename(at('/none'), at('/x')))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.rename(at('/f'), at('/no/f')))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.rename(at('/full'), at('/full/y')))).toBe('DFS_BAD_ARGUMENT')
        await fs.rename(at('/f'), at('/g'), { overwrite: true })
        expect(await text('/g')).toBe('f')
        expect(await fs.find(at('/f'))).toBeUndefined()
        await fs.mkdir(at('/empty'))
        await fs.mkdir(at('/d'))
        await fs.rename(at('/d'), at('/empty'), { overwrite: true })
        expect(await outcome(fs.rename(at('/empty'), at('/full'), { overwrite: true }))).toBe('DFS_NOT_EMPTY')
        expect(below(await fs.list(at('')))).toEqual(['/empty', '/full', '/g'])
      })
    })

    describe('attributes', () => {
      test('times are set one by one', async () => {
        await write('/f', 'x')
        await fs.setTimes(at('/f'), { modificationTime: 1_000_000_000_123, accessTime: 1_100_000_000_456 })
        expect(await fs.stat(at('/f'))).toMatchObject({
          modificationTime: 1_000_000_000_123,
          accessTime: 1_100_000_000_456,
        })
        await fs.setTimes(at('/f'), { modificationTime: 5 })
        expect(await fs.stat(at('/f'))).toMatchObject({ modificationTime: 5, accessTime: 1_100_000_000_456 })
        expect(await outcome(fs.setTimes(at('/none'), { modificationTime: 5 }))).toBe('DFS_NOT_FOUND')
      })

      test('permissions, owners and groups', async () => {
        await write('/f', 'x')
        await fs.setPermission(at('/f'), 0o640)
        await fs.setOwner(at('/f'), { user: 'ada' })
        await fs.setOwner(at('/f'), { group: 'crew' })
        expect(await fs.stat(at('/f'))).toMatchObject({ permission: 0o640, owner: 'ada', group: 'crew' })
        await fs.mkdir(at('/d'))
        await fs.setPermission(at('/d'), 0o1777)
        expect((await fs.stat(at('/d'))).permission).toBe(0o1777)
        expect(await outcome(fs.setPermission(at('/none'), 0o644))).toBe('DFS_NOT_FOUND')
      })

      test('replication, with the wait for it', async () => {
        await write('/f', patterned(3000))
        await fs.setReplication(at('/f'), 1, { wait: true })
        expect((await fs.stat(at('/f'))).replication).toBe(1)
        await fs.setReplication(at('/f'), 2, { wait: true })
        expect((await fs.blockLocations(at('/f'))).every(({ hosts }) => hosts.length === 2)).toBe(true)
        expect(await outcome(fs.setReplication(at(''), 2))).toBe('DFS_IS_DIRECTORY')
        expect(await outcome(fs.setReplication(at('/none'), 2))).toBe('DFS_NOT_FOUND')
        expect(await outcome(fs.setReplication(at('/f'), 0))).toBe('DFS_BAD_ARGUMENT')
      })

      test('others may what the permissions say', async () => {
        await write('/open', 'x')
        await write('/closed', 'x')
        await fs.setPermission(at('/closed'), 0o600)
        await fs.mkdir(at('/mine'))
        await fs.setPermission(at('/mine'), 0o755)
        const ada = await subject.as('ada')
        expect(ada.user).toBe('ada')
        await ada.access(at('/open'), 'r')
        expect(await outcome(ada.access(at('/open'), 'rw'))).toBe('DFS_PERMISSION')
        expect(await outcome(ada.access(at('/closed'), 'r'))).toBe('DFS_PERMISSION')
        expect(await outcome(ada.access(at('/none'), 'r'))).toBe('DFS_NOT_FOUND')
        await fs.access(at('/closed'), 'rw')
        const reading = async (): Promise<number> => {
          const reader = await ada.open(at('/closed'))
          return await reader.read(Buffer.alloc(1), 0).finally(() => reader.close())
        }
        expect(await outcome(reading())).toBe('DFS_PERMISSION')
        expect(await outcome(ada.mkdir(at('/mine/d')))).toBe('DFS_PERMISSION')
        expect(await outcome(ada.delete(at('/mine'), { recursive: true }))).toBe('ok')
        expect(await outcome(ada.setOwner(at('/open'), { user: 'ada' }))).toBe('DFS_PERMISSION')
        expect(await outcome(ada.setPermission(at('/open'), 0o777))).toBe('DFS_PERMISSION')
        const writer = await ada.create(at('/hers'))
        await writer.close()
        expect((await fs.stat(at('/hers'))).owner).toBe('ada')
        expect(await ada.home()).toBe('/user/ada')
      })

      test('quotas hold, and are cleared', async () => {
        await fs.mkdir(at('/q'))
        await fs.setQuota(at('/q'), { names: 3 })
        await write('/q/a', 'x')
        await write('/q/b', 'x')
        expect(await outcome(write('/q/c', 'x'))).toBe('DFS_NAME_QUOTA')
        expect(await outcome(fs.mkdir(at('/q/d')))).toBe('DFS_NAME_QUOTA')
        await fs.setQuota(at('/q'), { space: 32_000 })
        expect(await fs.summary(at('/q'))).toMatchObject({ nameQuota: 3, spaceQuota: 32_000 })
        await fs.setQuota(at('/q'), { names: null })
        expect(await fs.summary(at('/q'))).toMatchObject({ nameQuota: -1, spaceQuota: 32_000 })
        expect(await outcome(write('/q/c', patterned(40_000)))).toBe('DFS_SPACE_QUOTA')
        await fs.setQuota(at('/q'), { space: null })
        await write('/q/c', patterned(40_000))
      })
    })

    describe('snapshots', () => {
      test('keep what was, under their names', async () => {
        await write('/d/f', 'first')
        expect(await outcome(fs.createSnapshot(at('/d'), 's1'))).toBe('DFS_SNAPSHOT')
        await fs.allowSnapshot(at('/d'))
        expect(await fs.createSnapshot(at('/d'), 's1')).toBe(at('/d/.snapshot/s1'))
        await write('/d/f', 'second', true)
        await write('/d/g', 'new')
        expect(await text('/d/.snapshot/s1/f')).toBe('first')
        expect(await text('/d/f')).toBe('second')
        expect(below(await fs.list(at('/d/.snapshot')))).toEqual(['/d/.snapshot/s1'])
        expect(await outcome(fs.createSnapshot(at('/d'), 's1'))).toBe('DFS_EXISTS')
        expect(await outcome(write('/d/.snapshot/s1/h', 'x'))).toBe('DFS_SNAPSHOT')
        expect(await outcome(fs.delete(at('/d'), { recursive: true }))).toBe('DFS_SNAPSHOT')
        expect(await outcome(fs.disallowSnapshot(at('/d')))).toBe('DFS_SNAPSHOT')
        const unnamed = await fs.createSnapshot(at('/d'))
        expect(unnamed).toMatch(/\/\.snapshot\/s\d{8}-\d{6}\.\d{3}$/)
        const listed = await fs.snapshots(at('/d'))
        expect(listed.map(({ path }) => path).toSorted()).toEqual([at('/d/.snapshot/s1'), unnamed].toSorted())
        expect(listed.find(({ name: one }) => one === 's1')?.createdTime).toBeGreaterThan(1_600_000_000_000)
        await fs.renameSnapshot(at('/d'), 's1', 's2')
        expect(await text('/d/.snapshot/s2/f')).toBe('first')
        for (const { name: one } of await fs.snapshots(at('/d'))) await fs.deleteSnapshot(at('/d'), one)
        expect(await fs.snapshots(at('/d'))).toEqual([])
        await fs.disallowSnapshot(at('/d'))
      })

      test('differ by what was done between them', async () => {
        await write('/d/changed', 'x')
        await write('/d/gone', 'x')
        await write('/d/old', 'x')
        await fs.allowSnapshot(at('/d'))
        await fs.createSnapshot(at('/d'), 's1')
        await append('/d/changed', 'y')
        await fs.delete(at('/d/gone'))
        await fs.rename(at('/d/old'), at('/d/new'))
        await write('/d/added', 'x')
        await fs.createSnapshot(at('/d'), 's2')
        const diff = await fs.snapshotDiff(at('/d'), 's1', 's2')
        expect(diff.toSorted((a, b) => (a.source < b.source ? -1 : 1))).toEqual([
          { type: 'modify', source: '' },
          { type: 'create', source: 'added' },
          { type: 'modify', source: 'changed' },
          { type: 'delete', source: 'gone' },
          { type: 'rename', source: 'old', target: 'new' },
        ])
        expect(await fs.snapshotDiff(at('/d'), 's2', '')).toEqual([])
        const listed = (await fs.snapshottableDirectories()).find(({ status }) => status.path === at('/d'))
        expect(listed).toMatchObject({ snapshots: 2, status: { snapshottable: true } })
      })
    })

    test('the whole is told', async () => {
      const { capacity, used, remaining } = await fs.status()
      expect(capacity).toBeGreaterThan(0)
      expect(used).toBeGreaterThan(0)
      expect(remaining).toBeLessThanOrEqual(capacity)
      expect(await fs.serverDefaults()).toMatchObject({ blockSize: 8192, trashInterval: 0 })
      expect(await fs.home()).toBe(`/user/${fs.user}`)
      expect((await fs.stat('/')).path).toBe('/')
    })
  })
}
