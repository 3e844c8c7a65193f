import { flag, orElse, path, paths, someOf, string, whole } from './parameter.ts'

/** WebHDFS's dictionary of parameters, with HDFS's ranges, patterns and defaults. */

/** HDFS's pattern of user names. */
export const userName = string('user.name', /^[A-Za-z_][A-Za-z0-9._-]{0,254}[$]?$/)
export const doAs = string('doas', /^[A-Za-z_][A-Za-z0-9._-]{0,254}[$]?$/)
export const delegation = string('delegation')
export const noRedirect = orElse(flag('noredirect'), false)

export const offset = orElse(whole('offset', { bits: 64, min: 0 }), 0)
export const length = whole('length', { bits: 64, min: 0 })
export const bufferSize = whole('buffersize', { bits: 32, min: 1 })

export const overwrite = orElse(flag('overwrite'), false)
export const blockSize = whole('blocksize', { bits: 64, min: 1 })
export const replication = whole('replication', { bits: 16, min: 1 })
export const permission = whole('permission', { bits: 16, radix: 8, min: 0, max: 0o1777 })
export const createParent = orElse(flag('createparent'), true)
export const createFlag = someOf('createflag', [
  'CREATE',
  'OVERWRITE',
  'APPEND',
  'SYNC_BLOCK',
  'LAZY_PERSIST',
  'NEW_BLOCK',
  'NO_LOCAL_WRITE',
  'NO_LOCAL_RACK',
  'SHOULD_REPLICATE',
  'IGNORE_CLIENT_LOCALITY',
])

export const destination = path('destination')
export const renameOptions = someOf('renameoptions', ['NONE', 'OVERWRITE', 'TO_TRASH'])
export const sources = paths('sources')
export const newLength = whole('newlength', { bits: 64, min: 0 })
export const recursive = orElse(flag('recursive'), false)
export const owner = string('owner')
export const group = string('group')
/** -1 keeps the time there is. */
export const modificationTime = orElse(whole('modificationtime', { bits: 64, min: -1 }), -1)
export const accessTime = orElse(whole('accesstime', { bits: 64, min: -1 }), -1)
export const fsAction = string('fsaction', /^[r-][w-][x-]$/)
export const startAfter = orElse(string('startAfter'), '')

/** -1 takes the quota away; the largest `long`, as good as not given, leaves it. */
export const nameQuota = whole('namespacequota', { bits: 64 })
export const spaceQuota = whole('storagespacequota', { bits: 64 })
export const storageType = string('storagetype')

export const snapshotName = string('snapshotname')
export const oldSnapshotName = string('oldsnapshotname')

export const aclSpec = string('aclspec')
export const xattrName = string('xattr.name', /^(user|trusted|system|security|raw)\..+$/i)
export const xattrEncoding = string('encoding', /^(text|hex|base64)$/i)
export const storagePolicy = string('storagepolicy')
export const ecPolicy = string('ecpolicy')
export const token = string('token')
