import { DfsError } from '../../base/errors.ts'
import { childPath, joinPath } from '../../base/path.ts'
import { DirectoryNode, FileNode, type Inode, pathOf } from '../inode.ts'
import { existingToChange, type Found, lookUpToChange } from '../lookup.ts'
import type { Namespace } from '../namespace.ts'
import type { Caller } from '../permission.ts'
import type { JournalRecord } from '../record-types.ts'
import {
  checkLeaving,
  checkNoSnapshots,
  checkRemovable,
  commonAbove,
  isBelow,
  snapshottableAbove,
  snapshottableBelow,
} from './guards.ts'
import { placeFor } from './making.ts'

export function decideDelete(
  state: Namespace,
  caller: Caller,
  request: { path: string; recursive: boolean; time: number },
): JournalRecord | undefined {
  const { path, node } = lookUpToChange(state, request.path, caller)
  if (node === undefined) return undefined
  if (node === state.root) throw new DfsError('DFS_BAD_ARGUMENT', 'the root directory can not be deleted')
  if (!request.recursive) checkEmpty(node, path)
  checkRemovable(state, caller, node, path)
  return { type: 'delete', path, time: request.time }
}

function checkEmpty(node: Inode, path: string): void {
  if (!(node instanceof DirectoryNode)) return
  if (node.size > 0) throw new DfsError('DFS_NOT_EMPTY', `directory is not empty: ${path}`)
  if (node.underConstruction !== undefined) {
    throw new DfsError('DFS_NOT_EMPTY', `files are being written in this directory: ${path}`)
  }
}

/** Into a directory at `to`; with `overwrite` to `to` itself, in place of a file or an empty directory there. */
export function decideRename(
  state: Namespace,
  caller: Caller,
  request: { from: string; to: string; overwrite: boolean; time: number },
): JournalRecord | undefined {
  const { overwrite, time } = request
  const { path: from, node } = existingToChange(state, request.from, caller)
  if (node === state.root) throw new DfsError('DFS_BAD_ARGUMENT', 'the root directory can not be renamed')
  const target = targetOf(state, caller, request, node)
  const { path: to } = target
  if (to === from && (node instanceof FileNode || overwrite)) return undefined
  const { directory } = placeFor(caller, target, false)
  if (isBelow(directory, node)) {
    throw new DfsError('DFS_BAD_ARGUMENT', `${from} can not be moved into itself: ${to}`)
  }
  checkLeaving(caller, node, from)
  checkNoSnapshots(state, node, `${from} can not be renamed`)
  const nesting = snapshottableBelow(state, node).length > 0 ? snapshottableAbove(state, directory) : undefined
  if (nesting !== undefined) throw nested(from, pathOf(nesting))
  const replaced = target.node
  if (replaced !== undefined) checkReplaceable(state, caller, node, replaced, to, overwrite)
  if (node.parent !== undefined && state.quotas.size > 0) {
    const { names, space } = state.usage(node)
    const back = replaced === undefined ? { names: 0, space: 0 } : state.usage(replaced)
    const below = commonAbove(directory, node.parent)
    state.quotas.check(directory, { names: names - back.names, space: space - back.space }, below)
  }
  return { type: 'rename', from, to, overwrite: replaced !== undefined, time }
}

function targetOf(state: Namespace, caller: Caller, request: { to: string; overwrite: boolean }, node: Inode): Found {
  const target = lookUpToChange(state, request.to, caller)
  if (request.overwrite || !(target.node instanceof DirectoryNode)) return target
  return lookUpToChange(state, childPath(joinPath(target.parts), node.name), caller)
}

function checkReplaceable(
  state: Namespace,
  caller: Caller,
  node: Inode,
  replaced: Inode,
  to: string,
  overwrite: boolean,
): void {
  if (!overwrite) throw new DfsError('DFS_EXISTS', `already exists: ${to}`)
  if (replaced instanceof DirectoryNode && node instanceof FileNode) {
    throw new DfsError('DFS_IS_DIRECTORY', `a file can not replace a directory: ${to}`)
  }
  if (replaced instanceof FileNode && node instanceof DirectoryNode) {
    throw new DfsError('DFS_NOT_DIRECTORY', `a directory can not replace a file: ${to}`)
  }
  checkEmpty(replaced, to)
  checkLeaving(caller, replaced, to)
  checkNoSnapshots(state, replaced, `${to} can not be replaced`)
}

export const nested = (path: string, other: string): DfsError =>
  new DfsError('DFS_SNAPSHOT', `nested snapshottable directories are not allowed: ${path} and ${other}`)
