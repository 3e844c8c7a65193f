import { DfsError } from '../../base/errors.ts'
import { DirectoryNode, type Inode, pathOf } from '../inode.ts'
import type { Namespace } from '../namespace.ts'
import { type Caller, requireAccess, requireTreeRemovable, requireUnstuck, WRITE } from '../permission.ts'

/** What has to hold before a node may leave its directory, alone. */
export function checkLeaving(caller: Caller, node: Inode, path: string): void {
  const { parent } = node
  if (parent === undefined || caller.superuser) return
  requireAccess(caller, parent, WRITE, pathOf(parent))
  requireUnstuck(caller, parent, node, path)
}

/** What has to hold before a node and all below it may be gone. */
export function checkRemovable(state: Namespace, caller: Caller, node: Inode, path: string): void {
  checkLeaving(caller, node, path)
  requireTreeRemovable(caller, node, path)
  checkNoSnapshots(state, node, `${path} can not be deleted`)
}

/** DFS_SNAPSHOT if `node`, or a directory below it, has snapshots. */
export function checkNoSnapshots(state: Namespace, node: Inode, refused: string): void {
  for (const directory of snapshottableBelow(state, node)) {
    const count = state.snapshots.get(directory)?.snapshots.size ?? 0
    if (count === 0) continue
    throw new DfsError('DFS_SNAPSHOT', `${refused}: ${pathOf(directory)} is snapshottable and has ${count} snapshots`)
  }
}

/** Directories that snapshots may be made of, `top` included. There are few of them, so each looks who is above it. */
export function snapshottableBelow(state: Namespace, top: Inode): DirectoryNode[] {
  if (!(top instanceof DirectoryNode) || state.snapshots.size === 0) return []
  return [...state.snapshots.entries()].map(([directory]) => directory).filter((directory) => isBelow(directory, top))
}

/** The directory itself or one above it that snapshots may be made of. */
export function snapshottableAbove(state: Namespace, from: DirectoryNode | undefined): DirectoryNode | undefined {
  for (let at = from; at !== undefined; at = at.parent) if (state.snapshots.get(at) !== undefined) return at
  return undefined
}

/** Also if it is the same. */
export function isBelow(node: Inode, top: Inode): boolean {
  for (let at: Inode | undefined = node; at !== undefined; at = at.parent) if (at === top) return true
  return false
}

/** The lowest directory that is above both, or is one of them. */
export function commonAbove(a: DirectoryNode, b: DirectoryNode): DirectoryNode | undefined {
  const above = new Set<DirectoryNode>()
  for (let at: DirectoryNode | undefined = a; at !== undefined; at = at.parent) above.add(at)
  for (let at: DirectoryNode | undefined = b; at !== undefined; at = at.parent) if (above.has(at)) return at
  return undefined
}
