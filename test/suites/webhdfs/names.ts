import { describe, expect, test } from 'vitest'
import { EXISTS, ILLEGAL, isEmpty, NOT_FOUND, status, type WebHdfsCase } from './case.ts'

/** Directories, renames, attributes. */
export function namesSuite({ fresh, op, ok, write, read, fails }: WebHdfsCase): void {
  describe('directories', () => {
    test('MKDIRS makes all above, with the permission as it was given', async () => {
      const path = fresh()
      expect(await ok('PUT', `${path}/a/b`, 'MKDIRS', { permission: '1770' })).toEqual({ boolean: true })
      expect(await ok('PUT', `${path}/a/b`, 'MKDIRS')).toEqual({ boolean: true })
      const { FileStatus: made } = (await ok('GET', `${path}/a/b`, 'GETFILESTATUS')) as { FileStatus: object }
      expect(made).toEqual({ ...status, type: 'DIRECTORY', permission: '1770' })
      expect(made).toMatchObject({ pathSuffix: '', length: 0, blockSize: 0, replication: 0, childrenNum: 0 })
      await ok('PUT', `${path}/plain`, 'MKDIRS')
      expect(await ok('GET', `${path}/plain`, 'GETFILESTATUS')).toMatchObject({ FileStatus: { permission: '755' } })
    })

    test('MKDIRS on and under a file', async () => {
      const path = fresh()
      await write(path, 'x')
      await fails(op('PUT', path, 'MKDIRS'), 403, EXISTS, /t\d+/)
      const notDirectory = 'org.apache.hadoop.fs.ParentNotDirectoryException'
      await fails(op('PUT', `${path}/a`, 'MKDIRS'), 403, notDirectory, /t\d+/)
    })

    test('LISTSTATUS lists names in order; a file lists itself without a name', async () => {
      const path = fresh()
      for (const entry of ['b', 'a', 'ü', 'Z']) await write(`${path}/${entry}`, entry)
      const { FileStatuses: list } = (await ok('GET', path, 'LISTSTATUS')) as {
        FileStatuses: { FileStatus: { pathSuffix: string }[] }
      }
      expect(list.FileStatus.map(({ pathSuffix }) => pathSuffix)).toEqual(['Z', 'a', 'b', 'ü'])
      for (const entry of list.FileStatus) expect(entry).toEqual({ ...status, type: 'FILE' })
      expect(await ok('GET', `${path}/a`, 'LISTSTATUS')).toEqual({
        FileStatuses: { FileStatus: [{ ...status, pathSuffix: '', length: 1 }] },
      })
      await ok('PUT', `${path}/empty`, 'MKDIRS')
      expect(await ok('GET', `${path}/empty`, 'LISTSTATUS')).toEqual({ FileStatuses: { FileStatus: [] } })
      const answer = await op('GET', path, 'LISTSTATUS')
      expect(answer.headers['content-type']).toBe('application/json')
      await fails(op('GET', fresh(), 'LISTSTATUS'), 404, NOT_FOUND, /^File \/open\/t\d+ does not exist\.$/)
    })

    test('LISTSTATUS_BATCH goes on behind a name', async () => {
      const path = fresh()
      for (const entry of ['a', 'b', 'c']) await write(`${path}/${entry}`, '')
      const entries = (...names: string[]) => ({
        DirectoryListing: {
          partialListing: {
            FileStatuses: { FileStatus: names.map((pathSuffix) => ({ ...status, pathSuffix })) },
          },
          remainingEntries: 0,
        },
      })
      expect(await ok('GET', path, 'LISTSTATUS_BATCH')).toEqual(entries('a', 'b', 'c'))
      expect(await ok('GET', path, 'LISTSTATUS_BATCH', { startAfter: 'a' })).toEqual(entries('b', 'c'))
      expect(await ok('GET', path, 'LISTSTATUS_BATCH', { startafter: 'bb' })).toEqual(entries('c'))
      expect(await ok('GET', path, 'LISTSTATUS_BATCH', { startAfter: 'c' })).toEqual(entries())
      await fails(op('GET', fresh(), 'LISTSTATUS_BATCH'), 404, NOT_FOUND, /does not exist\.$/)
    })

    test('DELETE says whether there was anything', async () => {
      const path = fresh()
      await write(`${path}/a/b`, 'x')
      expect(await ok('DELETE', fresh(), 'DELETE')).toEqual({ boolean: false })
      const notEmpty = 'org.apache.hadoop.fs.PathIsNotEmptyDirectoryException'
      await fails(op('DELETE', path, 'DELETE'), 403, notEmpty, /t\d+/)
      expect(await ok('DELETE', `${path}/a/b`, 'DELETE')).toEqual({ boolean: true })
      expect(await ok('DELETE', path, 'DELETE', { recursive: 'true' })).toEqual({ boolean: true })
      expect(await ok('DELETE', path, 'DELETE', { recursive: 'TRUE' })).toEqual({ boolean: false })
    })
  })

  describe('RENAME', () => {
    test('moves; false where it can not', async () => {
      const path = fresh()
      await write(`${path}/a`, 'a')
      await write(`${path}/b`, 'b')
      const to = (destination: string) => ok('PUT', `${path}/a`, 'RENAME', { destination })
      expect(await to(`${path}/c`)).toEqual({ boolean: true })
      expect(await read(`${path}/c`)).toBe('a')
      expect(await to(`${path}/d`)).toEqual({ boolean: false })
      expect(await ok('PUT', `${path}/c`, 'RENAME', { destination: `${path}/b` })).toEqual({ boolean: false })
      expect(await ok('PUT', `${path}/c`, 'RENAME', { destination: `${path}/none/x` })).toEqual({ boolean: false })
      expect(await ok('PUT', path, 'RENAME', { destination: `${path}/inside` })).toEqual({ boolean: false })
      await ok('PUT', `${path}/dir`, 'MKDIRS')
      expect(await ok('PUT', `${path}/c`, 'RENAME', { destination: `${path}/dir` })).toEqual({ boolean: true })
      expect(await read(`${path}/dir/c`)).toBe('a')
    })

    test('with options answers nothing, or why not', async () => {
      const path = fresh()
      await write(`${path}/a`, 'a')
      await write(`${path}/b`, 'b')
      const b = `${path}/b`
      await fails(
        op('PUT', `${path}/a`, 'RENAME', { destination: b, renameoptions: 'NONE' }),
        403,
        EXISTS,
        /already exists/,
      )
      const answer = await op('PUT', `${path}/a`, 'RENAME', { destination: b, renameoptions: 'overwrite' })
      expect(isEmpty(answer), answer.text).toBe(true)
      expect(await read(b)).toBe('a')
      await fails(op('PUT', `${path}/a`, 'RENAME', { destination: b, renameoptions: 'OVERWRITE' }), 404, NOT_FOUND, /a/)
      expect(isEmpty(await op('PUT', b, 'RENAME', { destination: `${path}/c`, renameoptions: 'NONE' }))).toBe(true)
      expect(await read(`${path}/c`)).toBe('a')
    })

    test('needs an absolute destination', async () => {
      const path = fresh()
      await fails(
        op('PUT', path, 'RENAME'),
        400,
        ILLEGAL,
        /^Required param destination for op: RENAME is null or empty$/,
      )
      await fails(op('PUT', path, 'RENAME', { destination: '' }), 400, ILLEGAL, /^Required param destination/)
      await fails(
        op('PUT', path, 'RENAME', { destination: 'a' }),
        400,
        ILLEGAL,
        /"destination": .*not an absolute path/,
      )
      const invalid = 'org.apache.hadoop.fs.InvalidPathException'
      await fails(op('PUT', path, 'RENAME', { destination: '/a/../b' }), 400, invalid, /\.\./)
      await fails(
        op('PUT', path, 'RENAME', { destination: '/a', renameoptions: 'FORCE' }),
        400,
        ILLEGAL,
        /"renameoptions": "FORCE" is none of/,
      )
    })
  })

  describe('attributes', () => {
    test('SETREPLICATION is true for a file, false for what is none', async () => {
      const path = fresh()
      await write(path, 'x')
      expect(await ok('PUT', path, 'SETREPLICATION', { replication: 2 })).toEqual({ boolean: true })
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { replication: 2 } })
      expect(await ok('PUT', '/open', 'SETREPLICATION', { replication: 2 })).toEqual({ boolean: false })
      expect(await ok('PUT', fresh(), 'SETREPLICATION', { replication: 2 })).toEqual({ boolean: false })
      await fails(op('PUT', path, 'SETREPLICATION', { replication: 0 }), 400, ILLEGAL, /replication = 0 < 1/)
    })

    test('SETPERMISSION', async () => {
      const path = fresh()
      await write(path, 'x')
      expect(isEmpty(await op('PUT', path, 'SETPERMISSION', { permission: '0640' }))).toBe(true)
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { permission: '640' } })
      expect(isEmpty(await op('PUT', path, 'SETPERMISSION'))).toBe(true)
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { permission: '755' } })
      await fails(
        op('PUT', path, 'SETPERMISSION', { permission: '9' }),
        400,
        ILLEGAL,
        /^Invalid value for webhdfs parameter "permission"/,
      )
      await fails(op('PUT', fresh(), 'SETPERMISSION', { permission: '600' }), 404, NOT_FOUND, /t\d+/)
    })

    test('SETOWNER changes owner, group or both', async () => {
      const path = fresh()
      await write(path, 'x')
      expect(isEmpty(await op('PUT', path, 'SETOWNER', { owner: 'ada' }))).toBe(true)
      expect(isEmpty(await op('PUT', path, 'SETOWNER', { group: 'staff' }))).toBe(true)
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { owner: 'ada', group: 'staff' } })
      expect(isEmpty(await op('PUT', path, 'SETOWNER', { owner: 'eve', group: 'users' }))).toBe(true)
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { owner: 'eve', group: 'users' } })
      await fails(op('PUT', path, 'SETOWNER'), 400, ILLEGAL, /^Both owner and group are empty\.$/)
    })

    test('SETTIMES changes what it is given', async () => {
      const path = fresh()
      await write(path, 'x')
      const times = { modificationTime: 1_320_171_722_771, accessTime: 1_320_171_700_000 }
      const both = { modificationtime: times.modificationTime, accesstime: times.accessTime }
      expect(isEmpty(await op('PUT', path, 'SETTIMES', both))).toBe(true)
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: times })
      expect(isEmpty(await op('PUT', path, 'SETTIMES', { modificationtime: -1, accesstime: 5 }))).toBe(true)
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { ...times, accessTime: 5 } })
      expect(isEmpty(await op('PUT', path, 'SETTIMES'))).toBe(true)
      await fails(op('PUT', path, 'SETTIMES', { accesstime: -2 }), 400, ILLEGAL, /accesstime = -2 < -1/)
      await fails(op('PUT', fresh(), 'SETTIMES', { accesstime: 1 }), 404, NOT_FOUND, /t\d+/)
    })
  })
}
