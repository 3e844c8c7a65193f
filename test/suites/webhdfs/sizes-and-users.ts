import { describe, expect, test } from 'vitest'
import { patterned } from '../../dfs/harness.ts'
import { ask, webHdfsUrl } from '../../dfs/webhdfs/raw-http.ts'
import { ILLEGAL, isEmpty, NOT_FOUND, type WebHdfsCase } from './case.ts'

/** What is counted, and who may do what. */
export function sizesAndUsersSuite({ base, superuser, fresh, op, ok, write, read, fails }: WebHdfsCase): void {
  describe('sizes', () => {
    test('GETCONTENTSUMMARY and GETQUOTAUSAGE count what is below', async () => {
      const path = fresh()
      await write(`${path}/a/b`, 'abc', { replication: 2 })
      expect(await ok('GET', path, 'GETCONTENTSUMMARY')).toMatchObject({
        ContentSummary: {
          directoryCount: 2,
          fileCount: 1,
          length: 3,
          quota: -1,
          spaceConsumed: 6,
          spaceQuota: -1,
          typeQuota: {},
        },
      })
      expect(await ok('GET', path, 'GETQUOTAUSAGE')).toMatchObject({
        QuotaUsage: { fileAndDirectoryCount: 3, quota: -1, spaceConsumed: 6, spaceQuota: -1, typeQuota: {} },
      })
      await fails(op('GET', fresh(), 'GETCONTENTSUMMARY'), 404, NOT_FOUND, /t\d+/)
      await fails(op('GET', fresh(), 'GETQUOTAUSAGE'), 404, NOT_FOUND, /t\d+/)
    })

    test('SETQUOTA bounds names and space', async () => {
      const path = fresh()
      await ok('PUT', path, 'MKDIRS')
      const set = (quotas: Record<string, string | number>) => op('PUT', path, 'SETQUOTA', quotas)
      expect(isEmpty(await set({ namespacequota: 2, storagespacequota: '9223372036854775807' }))).toBe(true)
      expect(await ok('GET', path, 'GETQUOTAUSAGE')).toMatchObject({ QuotaUsage: { quota: 2, spaceQuota: -1 } })
      await write(`${path}/a`, 'x')
      const names = 'org.apache.hadoop.hdfs.protocol.NSQuotaExceededException'
      await fails(op('PUT', `${path}/b`, 'CREATE', { step: 'data' }, { body: 'x' }), 403, names, /quota/i)
      expect(isEmpty(await set({ namespacequota: -1, storagespacequota: 10 }))).toBe(true)
      expect(await ok('GET', path, 'GETQUOTAUSAGE')).toMatchObject({ QuotaUsage: { quota: -1, spaceQuota: 10 } })
      const space = 'org.apache.hadoop.hdfs.protocol.DSQuotaExceededException'
      await fails(op('PUT', `${path}/b`, 'CREATE', { step: 'data' }, { body: 'xyz' }), 403, space, /quota/i)
      await fails(set({ namespacequota: 0 }), 400, ILLEGAL, /^Invalid values for quota : 0$/)
      await fails(set({ storagespacequota: -2 }), 400, ILLEGAL, /^Invalid values for quota : -2$/)
    })

    test('GETFILECHECKSUM redirects, and does not depend on blocks', async () => {
      const path = fresh()
      const bytes = patterned(100_000)
      await write(`${path}/a`, bytes, { blocksize: 65_536 })
      await write(`${path}/b`, bytes)
      const first = await op('GET', `${path}/a`, 'GETFILECHECKSUM')
      expect(first.status).toBe(307)
      const checksum = {
        FileChecksum: { algorithm: 'COMPOSITE-CRC32', bytes: expect.stringMatching(/^[0-9a-f]{8}$/), length: 4 },
      }
      const { json: ofA } = await ask('GET', first.headers.location ?? '')
      expect(ofA).toEqual(checksum)
      const { json: ofB } = await op('GET', `${path}/b`, 'GETFILECHECKSUM', { step: 'data' })
      expect(ofB).toEqual(ofA)
      const told = await op('GET', `${path}/a`, 'GETFILECHECKSUM', { noredirect: 'true' })
      expect(told.json).toEqual({ Location: expect.stringContaining('op=GETFILECHECKSUM') })
      await fails(op('GET', fresh(), 'GETFILECHECKSUM'), 404, NOT_FOUND, /not found/)
      await fails(op('GET', '/open', 'GETFILECHECKSUM'), 404, NOT_FOUND, /^Path is not a file/)
    })

    test('GETFILEBLOCKLOCATIONS and GET_BLOCK_LOCATIONS tell each block and where it is', async () => {
      const path = fresh()
      await write(path, patterned(150_000), { blocksize: 65_536, replication: 2 })
      const { BlockLocations: all } = (await ok('GET', path, 'GETFILEBLOCKLOCATIONS')) as {
        BlockLocations: { BlockLocation: { hosts: string[] }[] }
      }
      const location = (offset: number, length: number) => ({
        cachedHosts: [],
        corrupt: false,
        hosts: [expect.any(String), expect.any(String)],
        length,
        names: [expect.any(String), expect.any(String)],
        offset,
        storageTypes: ['DISK', 'DISK'],
        topologyPaths: [expect.stringMatching(/^\/.+\/.+/), expect.stringMatching(/^\/.+\/.+/)],
      })
      expect(all.BlockLocation).toEqual([location(0, 65_536), location(65_536, 65_536), location(131_072, 18_928)])
      expect(await ok('GET', path, 'GETFILEBLOCKLOCATIONS', { offset: 70_000, length: 1 })).toEqual({
        BlockLocations: { BlockLocation: [location(65_536, 65_536)] },
      })
      const { LocatedBlocks: located } = (await ok('GET', path, 'GET_BLOCK_LOCATIONS', { offset: 65_536 })) as {
        LocatedBlocks: { locatedBlocks: { startOffset: number; locations: { name: string }[] }[] }
      }
      expect(located).toMatchObject({
        fileLength: 150_000,
        isUnderConstruction: false,
        isLastBlockComplete: true,
        lastLocatedBlock: { startOffset: 131_072, block: { numBytes: 18_928, blockId: expect.any(Number) } },
      })
      expect(located.locatedBlocks.map(({ startOffset }) => startOffset)).toEqual([65_536, 131_072])
      expect(located.locatedBlocks[0]?.locations.length).toBe(2)
      await fails(op('GET', fresh(), 'GETFILEBLOCKLOCATIONS'), 404, NOT_FOUND, /t\d+/)
      await fails(op('GET', fresh(), 'GET_BLOCK_LOCATIONS'), 404, NOT_FOUND, /t\d+/)
    })

    test('GETSTATUS and GETSERVERDEFAULTS', async () => {
      expect(await ok('GET', '/', 'GETSTATUS')).toEqual({
        FsStatus: { capacity: expect.any(Number), used: expect.any(Number), remaining: expect.any(Number) },
      })
      expect(await ok('GET', '/', 'GETSERVERDEFAULTS')).toEqual({
        FsServerDefaults: {
          blockSize: expect.any(Number),
          bytesPerChecksum: expect.any(Number),
          checksumType: 1,
          defaultStoragePolicyId: 7,
          encryptDataTransfer: false,
          fileBufferSize: expect.any(Number),
          keyProviderUri: '',
          replication: expect.any(Number),
          trashInterval: expect.any(Number),
          writePacketSize: expect.any(Number),
        },
      })
    })
  })

  describe('users', () => {
    test('GETHOMEDIRECTORY and GETTRASHROOT are those of user.name, else of dr.who', async () => {
      const paths = async (parameters: Record<string, string>) => [
        await ok('GET', '/', 'GETHOMEDIRECTORY', parameters),
        await ok('GET', '/any', 'GETTRASHROOT', parameters),
      ]
      expect(await paths({ 'user.name': 'ada' })).toEqual([{ Path: '/user/ada' }, { Path: '/user/ada/.Trash' }])
      expect(await paths({ 'user.name': '' })).toEqual([{ Path: '/user/dr.who' }, { Path: '/user/dr.who/.Trash' }])
      expect((await ask('GET', webHdfsUrl(base(), '/', { OP: 'gethomedirectory' }))).json).toEqual({
        Path: '/user/dr.who',
      })
    })

    test('what a user makes is theirs, and what they may not is refused', async () => {
      const path = fresh()
      await write(path, 'mine', { 'user.name': 'ada', permission: '600' })
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { owner: 'ada' } })
      const denied = 'org.apache.hadoop.security.AccessControlException'
      const eve = { 'user.name': 'eve' }
      await fails(op('GET', path, 'OPEN', { ...eve, step: 'data' }), 403, denied, /[Pp]ermission denied/)
      await fails(op('PUT', path, 'SETPERMISSION', { ...eve, permission: '777' }), 403, denied, /./)
      await fails(op('PUT', '/for-eve', 'MKDIRS', eve), 403, denied, /[Pp]ermission denied/)
      await fails(op('PUT', path, 'SETOWNER', { 'user.name': 'ada', owner: 'eve' }), 403, denied, /./)
      expect(await read(path, { 'user.name': 'ada' })).toBe('mine')
      expect(await read(path)).toBe('mine')
    })

    test('CHECKACCESS is empty where the user may', async () => {
      const path = fresh()
      await write(path, 'x', { 'user.name': 'ada', permission: '640' })
      const check = (user: string, fsaction: string) => op('GET', path, 'CHECKACCESS', { 'user.name': user, fsaction })
      const denied = 'org.apache.hadoop.security.AccessControlException'
      expect(isEmpty(await check('ada', 'rw-'))).toBe(true)
      expect(isEmpty(await check('ada', '---'))).toBe(true)
      await fails(check('ada', '--x'), 403, denied, /[Pp]ermission denied/)
      await fails(check('eve', 'r--'), 403, denied, /[Pp]ermission denied/)
      await fails(check('ada', 'foo'), 400, ILLEGAL, /"fsaction": Invalid value: "foo" does not belong to the domain/)
      await fails(op('GET', path, 'CHECKACCESS'), 400, ILLEGAL, /^Required param fsaction for op: CHECKACCESS/)
      await fails(op('GET', fresh(), 'CHECKACCESS', { fsaction: 'r--' }), 404, NOT_FOUND, /t\d+/)
      await fails(op('GET', fresh(), 'CHECKACCESS', { fsaction: '---' }), 404, NOT_FOUND, /t\d+/)
    })

    test('doas is for superusers', async () => {
      expect(await ok('GET', '/', 'GETHOMEDIRECTORY', { doas: 'ada' })).toEqual({ Path: '/user/ada' })
      const path = fresh()
      await ok('PUT', path, 'MKDIRS', { doas: 'ada' })
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { owner: 'ada' } })
      const refused = 'org.apache.hadoop.security.authorize.AuthorizationException'
      const answer = op('GET', '/', 'GETHOMEDIRECTORY', { 'user.name': 'eve', doas: superuser() })
      await fails(answer, 403, refused, /^User: eve is not allowed to impersonate /)
      expect(await ok('GET', '/', 'GETHOMEDIRECTORY', { 'user.name': 'eve', doas: 'eve' })).toEqual({
        Path: '/user/eve',
      })
    })

    test('a name that is none is refused', async () => {
      for (const name of ['a b', '1a', '../a', 'a/b', 'ü', 'a'.repeat(300), '-a']) {
        const says = /^Invalid value for webhdfs parameter "user.name": Invalid value: .* does not belong to the domain/
        await fails(op('GET', '/', 'GETHOMEDIRECTORY', { 'user.name': name }), 400, ILLEGAL, says)
      }
    })
  })
}
