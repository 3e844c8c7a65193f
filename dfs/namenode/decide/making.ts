import { limits, wholeNumber } from '../../base/config.ts'
import { DfsError } from '../../base/errors.ts'
import { joinPath } from '../../base/path.ts'
import type { DirectoryNode } from '../inode.ts'
import { type Found, lastDirectory } from '../lookup.ts'
import { type Caller, requireAccess, WRITE } from '../permission.ts'
import type { Making } from '../record-types.ts'
import { snapshotFolder } from '../snapshots.ts'

/** Where something new will be: in `directory`, behind `missing - 1` directories that have to be made first. */
export interface Place {
  readonly directory: DirectoryNode
  readonly missing: number
}

/** Checks that `caller` may make what `found` leads to, and that there is room; what is there already is no matter. */
export function placeFor(caller: Caller, found: Found, parents: boolean): Place {
  const { directory, path, missing } = lastDirectory(found)
  requireAccess(caller, directory, WRITE, path)
  if (missing > 1 && !parents) {
    throw new DfsError('DFS_NOT_FOUND', `no such directory: ${joinPath(found.parts.slice(0, found.nodes.length))}`)
  }
  for (const name of found.parts.slice(found.nodes.length - 1)) checkReserved(name, found.path)
  if (missing > 0) checkRoom(directory, 1)
  return { directory, missing }
}

export function checkReserved(name: string, path: string): void {
  if (name === snapshotFolder) throw new DfsError('DFS_BAD_PATH', `bad path ${path}: "${name}" is a reserved name`)
}

/** HDFS's rule: what is new belongs to its maker and to its directory's group. */
export function making(caller: Caller, directory: DirectoryNode, permission: number, parentPermission: number): Making {
  checkPermission(permission)
  return { owner: { user: caller.user, group: directory.owner.group }, permission, parentPermission }
}

/** Directories made on the way are as the one above them, and their maker can go on in them. */
export const parentsLike = (permission: number): number => (permission & 0o777) | 0o300

export function checkPermission(permission: number): void {
  if (Number.isSafeInteger(permission) && permission >= 0 && permission <= 0o1777) return
  throw new DfsError(
    'DFS_BAD_ARGUMENT',
    `permission is ${Number.isSafeInteger(permission) ? permission.toString(8) : permission}; it has to be from 0 to 1777, octal`,
  )
}

export function checkRoom(directory: DirectoryNode, more: number): void {
  if (directory.size + more > limits.directoryEntriesMax) throw fullDirectory(directory.name)
}

export const fullDirectory = (path: string): DfsError =>
  new DfsError('DFS_NO_SPACE', `directory ${path} is full: it can have ${limits.directoryEntriesMax} entries`)

export function checkShape({ replication, blockSize }: { replication: number; blockSize: number }): void {
  wholeNumber('replication', replication, 1, limits.replicationMax)
  wholeNumber('blockSize', blockSize, 1, limits.blockSizeMax)
}
