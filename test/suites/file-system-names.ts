import { describe, expect, test } from 'vitest'
import { outcome, patterned } from '../dfs/harness.ts'
import type { SuiteGround } from './file-system-ground.ts'

/** Names, attributes and snapshots of what is there. */
export function nameSections(ground: SuiteGround): void {
  const { at, write, append, text, below, walked } = ground

  describe('a tree', () => {
    test('has directories that are made with their parents or not at all', async () => {
      await ground.fs.mkdir(at('/a'))
      expect(await ground.fs.stat(at('/a'))).toMatchObject({
        kind: 'directory',
        length: 0,
        replication: 0,
        owner: ground.fs.user,
      })
      expect(await outcome(ground.fs.mkdir(at('/a')))).toBe('DFS_EXISTS')
      await ground.fs.mkdir(at('/a'), { parents: true })
      expect(await outcome(ground.fs.mkdir(at('/x/y')))).toBe('DFS_NOT_FOUND')
      await ground.fs.mkdir(at('/x/y/z'), { parents: true, permission: 0o700 })
      expect((await ground.fs.stat(at('/x/y/z'))).permission).toBe(0o700)
      await write('/f', 'x')
      expect(await outcome(ground.fs.mkdir(at('/f')))).toBe('DFS_EXISTS')
      expect(await outcome(ground.fs.mkdir(at('/f/g')))).toBe('DFS_NOT_DIRECTORY')
      expect((await ground.fs.stat(ground.top)).childrenCount).toBe(3)
    })

    test('is listed by the bytes of its names and walked from the top', async () => {
      for (const path of ['/b', '/a/y', '/a/x', '/a.', '/A', '/\uffee', '/\u{1f4be}']) await write(path, path)
      await ground.fs.mkdir(at('/c'))
      const order = ['/A', '/a', '/a.', '/b', '/c', '/\uffee', '/\u{1f4be}']
      expect(below(await ground.fs.list(at('')))).toEqual(order)
      expect(below(await ground.fs.list(at('/b')))).toEqual(['/b'])
      expect(await ground.fs.list(at('/c'))).toEqual([])
      expect(await walked('')).toEqual(['', '/A', '/a', '/a/x', '/a/y', '/a.', '/b', '/c', '/\uffee', '/\u{1f4be}'])
      expect(await walked('/b')).toEqual(['/b'])
      expect(await outcome(ground.fs.list(at('/none')))).toBe('DFS_NOT_FOUND')
      expect(await outcome(walked('/none'))).toBe('DFS_NOT_FOUND')
      expect(await ground.fs.find(at('/none'))).toBeUndefined()
      expect(await outcome(ground.fs.stat(at('/none')))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.open(at('/none')))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.open(at('/a')))).toBe('DFS_IS_DIRECTORY')
    })

    test('of more names than one answer holds is listed whole', async () => {
      await ground.fs.mkdir(at('/many'))
      const maker = ground.subject.beside ?? ground.fs
      const names = Array.from({ length: 1100 }, (_, i) => `/many/${String(i).padStart(5, '0')}`)
      for (let i = 0; i < names.length; i += 100) {
        await Promise.all(names.slice(i, i + 100).map((path) => maker.mkdir(at(path))))
      }
      expect(below(await ground.fs.list(at('/many')))).toEqual(names)
    })

    test('is searched by globs', async () => {
      for (const path of ['/logs/a.txt', '/logs/b.txt', '/logs/c.csv', '/old/a.txt', '/.hidden/a.txt']) {
        await write(path, '')
      }
      const glob = async (pattern: string): Promise<string[]> => below(await ground.fs.glob(at(pattern)))
      expect(await glob('/logs/*.txt')).toEqual(['/logs/a.txt', '/logs/b.txt'])
      expect(await glob('/{old,logs}/a*')).toEqual(['/logs/a.txt', '/old/a.txt'])
      expect(await glob('/*/[^a]*')).toEqual(['/logs/b.txt', '/logs/c.csv'])
      expect(await glob('/logs/?.csv')).toEqual(['/logs/c.csv'])
      expect(await glob('/none*')).toEqual([])
      expect(await glob('/logs/a.txt')).toEqual(['/logs/a.txt'])
      expect(await outcome(ground.fs.glob(at('/{a')))).toBe('DFS_BAD_ARGUMENT')
    })

    test('is deleted whole or not', async () => {
      await write('/d/f', 'x')
      expect(await outcome(ground.fs.delete(at('/d')))).toBe('DFS_NOT_EMPTY')
      expect(await ground.fs.delete(at('/d/f'))).toBe(true)
      expect(await ground.fs.delete(at('/d/f'))).toBe(false)
      await write('/d/sub/g', 'x')
      expect(await ground.fs.delete(at('/d'), { recursive: true })).toBe(true)
      expect(await ground.fs.find(at('/d'))).toBeUndefined()
    })

    test('is summed up', async () => {
      await write('/d/a', patterned(1000))
      await write('/d/sub/b', patterned(2000))
      const { replication } = await ground.fs.stat(at('/d/a'))
      expect(await ground.fs.summary(at('/d'))).toEqual({
        directories: 2,
        files: 2,
        bytes: 3000,
        bytesWithReplicas: 3000 * replication,
        nameQuota: -1,
        spaceQuota: -1,
      })
      expect(await outcome(ground.fs.summary(at('/none')))).toBe('DFS_NOT_FOUND')
    })
  })

  describe('rename', () => {
    test('moves to a free name, or into a directory', async () => {
      await write('/a/f', 'f')
      await ground.fs.mkdir(at('/b'))
      await ground.fs.rename(at('/a/f'), at('/b/g'))
      expect(await text('/b/g')).toBe('f')
      await ground.fs.rename(at('/b/g'), at('/a'))
      expect(await text('/a/g')).toBe('f')
      await ground.fs.rename(at('/a'), at('/b'))
      expect(await text('/b/a/g')).toBe('f')
    })

    test('takes no other’s place unless it is asked to', async () => {
      await write('/f', 'f')
      await write('/g', 'g')
      await write('/full/x', 'x')
      expect(await outcome(ground.fs.rename(at('/f'), at('/g')))).toBe('DFS_EXISTS')
      expect(await outcome(ground.fs.rename(at('/none'), at('/x')))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.rename(at('/f'), at('/no/f')))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.rename(at('/full'), at('/full/y')))).toBe('DFS_BAD_ARGUMENT')
      await ground.fs.rename(at('/f'), at('/g'), { overwrite: true })
      expect(await text('/g')).toBe('f')
      expect(await ground.fs.find(at('/f'))).toBeUndefined()
      await ground.fs.mkdir(at('/empty'))
      await ground.fs.mkdir(at('/d'))
      await ground.fs.rename(at('/d'), at('/empty'), { overwrite: true })
      expect(await outcome(ground.fs.rename(at('/empty'), at('/full'), { overwrite: true }))).toBe('DFS_NOT_EMPTY')
      expect(below(await ground.fs.list(at('')))).toEqual(['/empty', '/full', '/g'])
    })
  })

  describe('attributes', () => {
    test('times are set one by one', async () => {
      await write('/f', 'x')
      await ground.fs.setTimes(at('/f'), { modificationTime: 1_000_000_000_123, accessTime: 1_100_000_000_456 })
      expect(await ground.fs.stat(at('/f'))).toMatchObject({
        modificationTime: 1_000_000_000_123,
        accessTime: 1_100_000_000_456,
      })
      await ground.fs.setTimes(at('/f'), { modificationTime: 5 })
      expect(await ground.fs.stat(at('/f'))).toMatchObject({ modificationTime: 5, accessTime: 1_100_000_000_456 })
      expect(await outcome(ground.fs.setTimes(at('/none'), { modificationTime: 5 }))).toBe('DFS_NOT_FOUND')
    })

    test('permissions, owners and groups', async () => {
      await write('/f', 'x')
      await ground.fs.setPermission(at('/f'), 0o640)
      await ground.fs.setOwner(at('/f'), { user: 'ada' })
      await ground.fs.setOwner(at('/f'), { group: 'crew' })
      expect(await ground.fs.stat(at('/f'))).toMatchObject({ permission: 0o640, owner: 'ada', group: 'crew' })
      await ground.fs.mkdir(at('/d'))
      await ground.fs.setPermission(at('/d'), 0o1777)
      expect((await ground.fs.stat(at('/d'))).permission).toBe(0o1777)
      expect(await outcome(ground.fs.setPermission(at('/none'), 0o644))).toBe('DFS_NOT_FOUND')
    })

    test('replication, with the wait for it', async () => {
      await write('/f', patterned(3000))
      await ground.fs.setReplication(at('/f'), 1, { wait: true })
      expect((await ground.fs.stat(at('/f'))).replication).toBe(1)
      await ground.fs.setReplication(at('/f'), 2, { wait: true })
      expect((await ground.fs.blockLocations(at('/f'))).every(({ hosts }) => hosts.length === 2)).toBe(true)
      expect(await outcome(ground.fs.setReplication(at(''), 2))).toBe('DFS_IS_DIRECTORY')
      expect(await outcome(ground.fs.setReplication(at('/none'), 2))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.setReplication(at('/f'), 0))).toBe('DFS_BAD_ARGUMENT')
    })

    test('others may what the permissions say', async () => {
      await write('/open', 'x')
      await write('/closed', 'x')
      await ground.fs.setPermission(at('/closed'), 0o600)
      await ground.fs.mkdir(at('/mine'))
      await ground.fs.setPermission(at('/mine'), 0o755)
      const ada = await ground.subject.as('ada')
      expect(ada.user).toBe('ada')
      await ada.access(at('/open'), 'r')
      expect(await outcome(ada.access(at('/open'), 'rw'))).toBe('DFS_PERMISSION')
      expect(await outcome(ada.access(at('/closed'), 'r'))).toBe('DFS_PERMISSION')
      expect(await outcome(ada.access(at('/none'), 'r'))).toBe('DFS_NOT_FOUND')
      await ground.fs.access(at('/closed'), 'rw')
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
      expect((await ground.fs.stat(at('/hers'))).owner).toBe('ada')
      expect(await ada.home()).toBe('/user/ada')
    })

    test('quotas hold, and are cleared', async () => {
      await ground.fs.mkdir(at('/q'))
      await ground.fs.setQuota(at('/q'), { names: 3 })
      await write('/q/a', 'x')
      await write('/q/b', 'x')
      expect(await outcome(write('/q/c', 'x'))).toBe('DFS_NAME_QUOTA')
      expect(await outcome(ground.fs.mkdir(at('/q/d')))).toBe('DFS_NAME_QUOTA')
      await ground.fs.setQuota(at('/q'), { space: 32_000 })
      expect(await ground.fs.summary(at('/q'))).toMatchObject({ nameQuota: 3, spaceQuota: 32_000 })
      await ground.fs.setQuota(at('/q'), { names: null })
      expect(await ground.fs.summary(at('/q'))).toMatchObject({ nameQuota: -1, spaceQuota: 32_000 })
      expect(await outcome(write('/q/c', patterned(40_000)))).toBe('DFS_SPACE_QUOTA')
      await ground.fs.setQuota(at('/q'), { space: null })
      await write('/q/c', patterned(40_000))
    })
  })

  describe('snapshots', () => {
    test('keep what was, under their names', async () => {
      await write('/d/f', 'first')
      expect(await outcome(ground.fs.createSnapshot(at('/d'), 's1'))).toBe('DFS_SNAPSHOT')
      await ground.fs.allowSnapshot(at('/d'))
      expect(await ground.fs.createSnapshot(at('/d'), 's1')).toBe(at('/d/.snapshot/s1'))
      await write('/d/f', 'second', true)
      await write('/d/g', 'new')
      expect(await text('/d/.snapshot/s1/f')).toBe('first')
      expect(await text('/d/f')).toBe('second')
      expect(below(await ground.fs.list(at('/d/.snapshot')))).toEqual(['/d/.snapshot/s1'])
      expect(await outcome(ground.fs.createSnapshot(at('/d'), 's1'))).toBe('DFS_EXISTS')
      expect(await outcome(write('/d/.snapshot/s1/h', 'x'))).toBe('DFS_SNAPSHOT')
      expect(await outcome(ground.fs.delete(at('/d'), { recursive: true }))).toBe('DFS_SNAPSHOT')
      expect(await outcome(ground.fs.disallowSnapshot(at('/d')))).toBe('DFS_SNAPSHOT')
      const unnamed = await ground.fs.createSnapshot(at('/d'))
      expect(unnamed).toMatch(/\/\.snapshot\/s\d{8}-\d{6}\.\d{3}$/)
      const listed = await ground.fs.snapshots(at('/d'))
      expect(listed.map(({ path }) => path).toSorted()).toEqual([at('/d/.snapshot/s1'), unnamed].toSorted())
      expect(listed.find(({ name: one }) => one === 's1')?.createdTime).toBeGreaterThan(1_600_000_000_000)
      await ground.fs.renameSnapshot(at('/d'), 's1', 's2')
      expect(await text('/d/.snapshot/s2/f')).toBe('first')
      for (const { name: one } of await ground.fs.snapshots(at('/d'))) await ground.fs.deleteSnapshot(at('/d'), one)
      expect(await ground.fs.snapshots(at('/d'))).toEqual([])
      await ground.fs.disallowSnapshot(at('/d'))
    })

    test('differ by what was done between them', async () => {
      await write('/d/changed', 'x')
      await write('/d/gone', 'x')
      await write('/d/old', 'x')
      await ground.fs.allowSnapshot(at('/d'))
      await ground.fs.createSnapshot(at('/d'), 's1')
      await append('/d/changed', 'y')
      await ground.fs.delete(at('/d/gone'))
      await ground.fs.rename(at('/d/old'), at('/d/new'))
      await write('/d/added', 'x')
      await ground.fs.createSnapshot(at('/d'), 's2')
      const diff = await ground.fs.snapshotDiff(at('/d'), 's1', 's2')
      expect(diff.toSorted((a, b) => (a.source < b.source ? -1 : 1))).toEqual([
        { type: 'modify', source: '' },
        { type: 'create', source: 'added' },
        { type: 'modify', source: 'changed' },
        { type: 'delete', source: 'gone' },
        { type: 'rename', source: 'old', target: 'new' },
      ])
      expect(await ground.fs.snapshotDiff(at('/d'), 's2', '')).toEqual([])
      const listed = (await ground.fs.snapshottableDirectories()).find(({ status }) => status.path === at('/d'))
      expect(listed).toMatchObject({ snapshots: 2, status: { snapshottable: true } })
    })
  })
}
