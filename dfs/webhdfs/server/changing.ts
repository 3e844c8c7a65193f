import { DfsError, type DfsErrorCode } from '../../base/errors.ts'
import type { Call } from './call.ts'
import * as parameter from './dictionary.ts'
import { illegalArgument, WebHdfsFailure } from './failure.ts'
import { served } from './operation.ts'
import { need, take } from './parameter.ts'
import { boolean, done, type Reply } from './reply.ts'

/** Operations that change names, rights and sizes. */

/** What HDFS answers with `false` where others would throw. */
async function falseOn(codes: readonly DfsErrorCode[], action: Promise<unknown>): Promise<Reply> {
  try {
    await action
    return boolean(true)
  } catch (error) {
    if (error instanceof DfsError && codes.includes(error.code)) return boolean(false)
    throw error
  }
}

async function rename({ dfs, path, query }: Call): Promise<Reply> {
  const to = need(query, parameter.destination, 'RENAME')
  const options = take(query, parameter.renameOptions)
  if (options.size === 0) {
    return await falseOn(['DFS_NOT_FOUND', 'DFS_EXISTS', 'DFS_NOT_EMPTY', 'DFS_BAD_ARGUMENT'], dfs.rename(path, to))
  }
  const overwrite = options.has('OVERWRITE')
  // With options the destination is the new name itself, never a directory to move into.
  if (!overwrite && (await dfs.find(to)) !== undefined) {
    throw new WebHdfsFailure('exists', `rename destination ${to} already exists`)
  }
  await dfs.rename(path, to, { overwrite })
  return done
}

async function setQuota({ dfs, path, query }: Call): Promise<Reply> {
  const names = quota(take(query, parameter.nameQuota), 1)
  const space = quota(take(query, parameter.spaceQuota), 0)
  await dfs.setQuota(path, { ...(names === 'keep' ? {} : { names }), ...(space === 'keep' ? {} : { space }) })
  return done
}

function quota(value: number | undefined, least: number): number | null | 'keep' {
  if (value === undefined || value === Number.MAX_SAFE_INTEGER) return 'keep'
  if (value === -1) return null
  if (value < least) throw illegalArgument(`Invalid values for quota : ${value}`)
  return value
}

export const changing = {
  MKDIRS: served([parameter.permission], async ({ dfs, path, query }) => {
    await dfs.mkdir(path, { parents: true, permission: take(query, parameter.permission) ?? 0o755 })
    return boolean(true)
  }),
  RENAME: served([parameter.destination, parameter.renameOptions], rename),
  SETREPLICATION: served([parameter.replication], async ({ dfs, path, query }) => {
    const replication = take(query, parameter.replication) ?? (await dfs.serverDefaults()).replication
    return await falseOn(['DFS_NOT_FOUND', 'DFS_IS_DIRECTORY'], dfs.setReplication(path, replication))
  }),
  SETOWNER: served([parameter.owner, parameter.group], async ({ dfs, path, query }) => {
    const user = take(query, parameter.owner)
    const group = take(query, parameter.group)
    if (user === undefined && group === undefined) throw illegalArgument('Both owner and group are empty.')
    await dfs.setOwner(path, { ...(user === undefined ? {} : { user }), ...(group === undefined ? {} : { group }) })
    return done
  }),
  SETPERMISSION: served([parameter.permission], async ({ dfs, path, query }) => {
    await dfs.setPermission(path, take(query, parameter.permission) ?? 0o755)
    return done
  }),
  SETTIMES: served([parameter.modificationTime, parameter.accessTime], async ({ dfs, path, query }) => {
    const modificationTime = take(query, parameter.modificationTime)
    const accessTime = take(query, parameter.accessTime)
    await dfs.setTimes(path, {
      ...(modificationTime === -1 ? {} : { modificationTime }),
      ...(accessTime === -1 ? {} : { accessTime }),
    })
    return done
  }),
  SETQUOTA: served([parameter.nameQuota, parameter.spaceQuota], setQuota),
  CONCAT: served([parameter.sources], async ({ dfs, path, query }) => {
    await dfs.concat(path, need(query, parameter.sources, 'CONCAT'))
    return done
  }),
  /** HDFS may answer `false`, for done later; here it is done. */
  TRUNCATE: served([parameter.newLength], async ({ dfs, path, query }) => {
    await dfs.truncate(path, need(query, parameter.newLength, 'TRUNCATE'))
    return boolean(true)
  }),
  DELETE: served([parameter.recursive], async ({ dfs, path, query }) =>
    boolean(await dfs.delete(path, { recursive: take(query, parameter.recursive) })),
  ),
} as const
