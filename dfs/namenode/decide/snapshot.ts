import { limits } from '../../base/config.ts'
import { DfsError } from '../../base/errors.ts'
import { checkName } from '../../base/path.ts'
import { type DirectoryNode, pathOf } from '../inode.ts'
import { directoryOf, existingToChange } from '../lookup.ts'
import type { Namespace } from '../namespace.ts'
import { type Caller, requireOwner, requireSuperuser } from '../permission.ts'
import type { JournalRecord } from '../record-types.ts'
import type { Snapshottable } from '../snapshots.ts'
import { snapshottableAbove, snapshottableBelow } from './guards.ts'
import { checkReserved } from './making.ts'
import { nested } from './move.ts'

export function decideAllowSnapshot(
  state: Namespace,
  caller: Caller,
  request: { path: string },
): JournalRecord | undefined {
  requireSuperuser(caller, 'allow snapshots')
  const found = existingToChange(state, request.path, caller)
  const directory = directoryOf(found)
  if (state.snapshots.get(directory) !== undefined) return undefined
  const other = snapshottableAbove(state, directory) ?? snapshottableBelow(state, directory)[0]
  if (other !== undefined) throw nested(found.path, pathOf(other))
  return { type: 'allowSnapshot', path: found.path }
}

export function decideDisallowSnapshot(
  state: Namespace,
  caller: Caller,
  request: { path: string },
): JournalRecord | undefined {
  requireSuperuser(caller, 'disallow snapshots')
  const found = existingToChange(state, request.path, caller)
  const count = state.snapshots.get(directoryOf(found))?.snapshots.size
  if (count === undefined) return undefined
  if (count > 0) {
    throw new DfsError('DFS_SNAPSHOT', `${found.path} has ${count} snapshots; delete them first`)
  }
  return { type: 'disallowSnapshot', path: found.path }
}

export function decideCreateSnapshot(
  state: Namespace,
  caller: Caller,
  request: { path: string; name: string; time: number },
): JournalRecord & { type: 'createSnapshot' } {
  const { name, time } = request
  const { path, snapshots } = snapshottable(state, caller, request.path)
  checkFree(name, path, snapshots)
  if (snapshots.size >= limits.snapshotsPerDirectoryMax) {
    throw new DfsError('DFS_SNAPSHOT', `${path} has ${snapshots.size} snapshots, the most it can`)
  }
  return { type: 'createSnapshot', path, name, id: state.snapshots.nextId, time }
}

export function decideDeleteSnapshot(
  state: Namespace,
  caller: Caller,
  request: { path: string; name: string; time: number },
): JournalRecord {
  const { name, time } = request
  const { path, snapshots } = snapshottable(state, caller, request.path)
  checkThere(name, path, snapshots)
  return { type: 'deleteSnapshot', path, name, time }
}

export function decideRenameSnapshot(
  state: Namespace,
  caller: Caller,
  request: { path: string; from: string; to: string; time: number },
): JournalRecord | undefined {
  const { from, to, time } = request
  const { path, snapshots } = snapshottable(state, caller, request.path)
  checkThere(from, path, snapshots)
  if (from === to) return undefined
  checkFree(to, path, snapshots)
  return { type: 'renameSnapshot', path, from, to, time }
}

function snapshottable(state: Namespace, caller: Caller, path: string): Snapshottable & { readonly path: string } {
  const found = existingToChange(state, path, caller)
  const directory: DirectoryNode = directoryOf(found)
  requireOwner(caller, directory, found.path)
  return { path: found.path, ...snapshotsOf(state, directory, found.path) }
}

export function snapshotsOf(state: Namespace, directory: DirectoryNode, path: string): Snapshottable {
  const known = state.snapshots.get(directory)
  if (known === undefined) throw new DfsError('DFS_SNAPSHOT', `${path} is not a snapshottable directory`)
  return known
}

function checkFree(name: string, path: string, snapshots: Snapshottable['snapshots']): void {
  checkName(name)
  checkReserved(name, path)
  if (snapshots.has(name)) throw new DfsError('DFS_EXISTS', `there is already a snapshot ${name} of ${path}`)
}

export function checkThere(name: string, path: string, snapshots: Snapshottable['snapshots']): void {
  if (!snapshots.has(name)) throw new DfsError('DFS_NOT_FOUND', `there is no snapshot ${name} of ${path}`)
}
