import { describe, expect, test } from 'vitest'
import { ILLEGAL, IO, NOT_FOUND, status, UNSUPPORTED, type WebHdfsCase } from './case.ts'

/** What quern has not. */
export function absentSuite({ fresh, op, ok, write, fails }: WebHdfsCase): void {
  describe('what quern has not', () => {
    test('is answered where there is an answer', async () => {
      const path = fresh()
      await write(path, 'x', { permission: '640', 'user.name': 'ada' })
      expect(await ok('GET', path, 'GETACLSTATUS')).toEqual({
        AclStatus: { entries: [], group: expect.any(String), owner: 'ada', permission: '640', stickyBit: false },
      })
      expect(await ok('GET', path, 'GETXATTRS', { encoding: 'hex' })).toEqual({ XAttrs: [] })
      expect(await ok('GET', path, 'LISTXATTRS')).toEqual({ XAttrNames: '[]' })
      const hot = expect.objectContaining({ id: 7, name: 'HOT', storageTypes: ['DISK'] })
      expect(await ok('GET', '/', 'GETALLSTORAGEPOLICY')).toEqual({
        BlockStoragePolicies: { BlockStoragePolicy: [hot] },
      })
      expect(await ok('GET', path, 'GETSTORAGEPOLICY')).toEqual({ BlockStoragePolicy: hot })
      expect(await ok('GET', path, 'GETECPOLICY')).toBe(null)
      expect(await ok('GET', '/', 'GETECPOLICIES')).toEqual({
        ErasureCodingPolicies: { ErasureCodingPolicyInfo: [] },
      })
      expect(await ok('GET', '/', 'GETDELEGATIONTOKEN', { renewer: 'ada' })).toEqual({ Token: null })
      const { FileStatus: link } = (await ok('GET', path, 'GETFILELINKSTATUS')) as { FileStatus: object }
      expect(link).toEqual({ ...status, type: 'FILE' })
      for (const operation of ['GETACLSTATUS', 'GETXATTRS', 'LISTXATTRS', 'GETSTORAGEPOLICY', 'GETECPOLICY']) {
        await fails(op('GET', fresh(), operation), 404, NOT_FOUND, /^File does not exist: /)
      }
      await fails(op('GET', path, 'GETLINKTARGET'), 403, IO, /is not a symbolic link$/)
    })

    const ACL = 'org.apache.hadoop.hdfs.protocol.AclException'
    const TOKEN = 'org.apache.hadoop.security.token.SecretManager$InvalidToken'
    test.each([
      ['PUT', 'MODIFYACLENTRIES', { aclspec: 'user:ada:rwx' }, 403, ACL],
      ['PUT', 'REMOVEACLENTRIES', { aclspec: 'user:ada' }, 403, ACL],
      ['PUT', 'REMOVEDEFAULTACL', {}, 403, ACL],
      ['PUT', 'REMOVEACL', {}, 403, ACL],
      ['PUT', 'SETACL', { aclspec: 'user::rwx' }, 403, ACL],
      ['PUT', 'SETACL', {}, 400, ILLEGAL],
      ['PUT', 'SETXATTR', { 'xattr.name': 'user.a', 'xattr.value': '0x00', flag: 'CREATE' }, 403, IO],
      ['PUT', 'REMOVEXATTR', { 'xattr.name': 'user.a' }, 403, IO],
      ['GET', 'GETXATTRS', { 'xattr.name': 'user.a' }, 403, IO],
      ['GET', 'GETXATTRS', { 'xattr.name': 'a' }, 400, ILLEGAL],
      ['PUT', 'SETSTORAGEPOLICY', { storagepolicy: 'COLD' }, 403, IO],
      ['POST', 'UNSETSTORAGEPOLICY', {}, 403, IO],
      ['PUT', 'SATISFYSTORAGEPOLICY', {}, 403, 'org.apache.hadoop.hdfs.protocol.UnsupportedActionException'],
      ['PUT', 'SETQUOTABYSTORAGETYPE', { storagetype: 'SSD', storagespacequota: '1' }, 400, UNSUPPORTED],
      ['PUT', 'ENABLEECPOLICY', { ecpolicy: 'RS-6-3-1024k' }, 400, UNSUPPORTED],
      ['PUT', 'DISABLEECPOLICY', { ecpolicy: 'RS-6-3-1024k' }, 400, UNSUPPORTED],
      ['PUT', 'SETECPOLICY', { ecpolicy: 'RS-6-3-1024k' }, 400, UNSUPPORTED],
      ['POST', 'UNSETECPOLICY', {}, 400, UNSUPPORTED],
      ['PUT', 'CREATESYMLINK', { destination: '/x' }, 400, UNSUPPORTED],
      ['PUT', 'CREATESYMLINK', {}, 400, ILLEGAL],
      ['PUT', 'RENEWDELEGATIONTOKEN', { token: 'x' }, 403, TOKEN],
      ['PUT', 'CANCELDELEGATIONTOKEN', { token: 'x' }, 403, TOKEN],
    ])('%s %s %j is refused as by an HDFS without it', async (method, operation, parameters, code, exception) => {
      await fails(op(method, '/open', operation, { ...parameters }), code, exception, /./)
    })
  })
}
