import { limits, wholeNumber } from '../../base/config.ts'
import { ownerOf, permissionOf } from '../inode.ts'
import { directoryOf, existingToChange, fileOf } from '../lookup.ts'
import type { Namespace } from '../namespace.ts'
import {
  type Caller,
  checkAccountName,
  denied,
  requireAccess,
  requireOwner,
  requireSuperuser,
  WRITE,
} from '../permission.ts'
import type { JournalRecord } from '../record-types.ts'
import { checkPermission } from './making.ts'

/** For the owner, and for whoever may write. */
export function decideSetTimes(
  state: Namespace,
  caller: Caller,
  request: { path: string; modificationTime?: number; accessTime?: number },
): JournalRecord {
  const { path, node } = existingToChange(state, request.path, caller)
  if (caller.user !== ownerOf(node).user) requireAccess(caller, node, WRITE, path)
  const modificationTime = request.modificationTime ?? node.modificationTime
  const accessTime = request.accessTime ?? node.accessTime
  wholeNumber('modificationTime', modificationTime, 0, Number.MAX_SAFE_INTEGER)
  wholeNumber('accessTime', accessTime, 0, Number.MAX_SAFE_INTEGER)
  return { type: 'setTimes', path, modificationTime, accessTime }
}

export function decideSetReplication(
  state: Namespace,
  caller: Caller,
  request: { path: string; replication: number },
): JournalRecord | undefined {
  const { replication } = request
  wholeNumber('replication', replication, 1, limits.replicationMax)
  const found = existingToChange(state, request.path, caller)
  const { path } = found
  requireAccess(caller, found.node, WRITE, path)
  const file = fileOf(found)
  const before = file.attributes.replication
  if (before === replication) return undefined
  state.quotas.check(file.parent, { names: 0, space: file.length * (replication - before) })
  return { type: 'setReplication', path, replication }
}

export function decideSetPermission(
  state: Namespace,
  caller: Caller,
  request: { path: string; permission: number },
): JournalRecord | undefined {
  const { permission } = request
  const { path, node } = existingToChange(state, request.path, caller)
  requireOwner(caller, node, path)
  checkPermission(permission)
  return permissionOf(node) === permission ? undefined : { type: 'setPermission', path, permission }
}

/** Away from oneself only the superuser gives; a group the owner may set that is in it. */
export function decideSetOwner(
  state: Namespace,
  caller: Caller,
  request: { path: string; owner?: string; group?: string },
): JournalRecord | undefined {
  const { path, node } = existingToChange(state, request.path, caller)
  requireOwner(caller, node, path)
  const now = ownerOf(node)
  const user = request.owner ?? now.user
  const group = request.group ?? now.group
  checkAccountName('user', user)
  checkAccountName('group', group)
  if (!caller.superuser) {
    if (user !== caller.user) {
      throw denied(`User ${caller.user} is not a super user (non-super user cannot change owner).`)
    }
    if (group !== now.group && !caller.groups.includes(group)) {
      throw denied(`User ${caller.user} does not belong to ${group}`)
    }
  }
  if (user === now.user && group === now.group) return undefined
  return { type: 'setOwner', path, owner: { user, group } }
}

/** A number sets, null clears, what is left out stays. */
export function decideSetQuota(
  state: Namespace,
  caller: Caller,
  request: { path: string; names?: number | null; space?: number | null },
): JournalRecord | undefined {
  requireSuperuser(caller, 'set a quota')
  const found = existingToChange(state, request.path, caller)
  const now = state.quotas.get(directoryOf(found))?.limits ?? { names: undefined, space: undefined }
  const names = request.names === undefined ? now.names : (request.names ?? undefined)
  const space = request.space === undefined ? now.space : (request.space ?? undefined)
  // One name is the directory itself.
  if (names !== undefined) wholeNumber('name quota', names, 1, Number.MAX_SAFE_INTEGER - 1)
  if (space !== undefined) wholeNumber('space quota', space, 0, Number.MAX_SAFE_INTEGER - 1)
  if (names === now.names && space === now.space) return undefined
  return { type: 'setQuota', path: found.path, names, space }
}
