import { DfsError } from '../base/errors.ts'
import { joinPath, splitPath } from '../base/path.ts'
import { DirectoryNode, FileNode, type Inode } from './inode.ts'
import type { Namespace } from './namespace.ts'
import { type Caller, EXECUTE, mayAccess, requireAccess } from './permission.ts'
import { snapshotFolder } from './snapshots.ts'

/** What a path leads to, as far as there is anything. */
export interface Found {
  /** Normalised. */
  readonly path: string
  readonly parts: readonly string[]
  /** The root and what follows; one more than `parts` where everything exists. */
  readonly nodes: readonly Inode[]
  readonly node: Inode | undefined
  /** It leads into snapshots. */
  readonly snapshot: boolean
}

/** Follows `path` as far as it goes; DFS_PERMISSION where `caller` may not pass through a directory on the way. */
export function lookUp(state: Namespace, path: string, caller: Caller): Found {
  const parts = splitPath(path)
  const nodes: Inode[] = [state.root]
  let at: Inode = state.root
  let snapshot = false
  for (let depth = 0; depth < parts.length; depth++) {
    const name = parts[depth] ?? ''
    if (!(at instanceof DirectoryNode)) break
    if (!mayAccess(caller, at, EXECUTE)) requireAccess(caller, at, EXECUTE, joinPath(parts.slice(0, depth)))
    let next = at.child(name)
    if (name === snapshotFolder) {
      const folder = state.snapshots.folder(at)
      snapshot ||= folder !== undefined
      next = folder ?? next
    }
    if (next === undefined) break
    nodes.push(next)
    at = next
  }
  return { path: joinPath(parts), parts, nodes, node: nodes.length > parts.length ? at : undefined, snapshot }
}

/** The same for one who is about to change something there: DFS_SNAPSHOT in a snapshot. */
export function lookUpToChange(state: Namespace, path: string, caller: Caller): Found {
  const found = lookUp(state, path, caller)
  if (found.snapshot) throw new DfsError('DFS_SNAPSHOT', `${found.path} can not be changed: a snapshot is read only`)
  return found
}

/** The same for what has to be there. */
export function existingToChange(state: Namespace, path: string, caller: Caller): Found & { readonly node: Inode } {
  return present(lookUpToChange(state, path, caller))
}

export function existing(state: Namespace, path: string, caller: Caller): Found & { readonly node: Inode } {
  return present(lookUp(state, path, caller))
}

export function present(found: Found): Found & { readonly node: Inode } {
  const { node } = found
  if (node === undefined) throw new DfsError('DFS_NOT_FOUND', `no such file or directory: ${found.path}`)
  return { ...found, node }
}

export function directoryOf(found: Found & { readonly node: Inode }): DirectoryNode {
  if (found.node instanceof DirectoryNode) return found.node
  throw new DfsError('DFS_NOT_DIRECTORY', `not a directory: ${found.path}`)
}

export function fileOf(found: Found & { readonly node: Inode }): FileNode {
  if (found.node instanceof FileNode) return found.node
  throw new DfsError('DFS_IS_DIRECTORY', `is a directory: ${found.path}`)
}

/** The last directory on the way that exists, and how many names are missing behind it; DFS_NOT_DIRECTORY behind a file. */
export function lastDirectory({ nodes, parts }: Found): { directory: DirectoryNode; path: string; missing: number } {
  const depth = Math.min(nodes.length, parts.length) - 1
  const directory = nodes[Math.max(depth, 0)]
  const path = joinPath(parts.slice(0, Math.max(depth, 0)))
  if (directory instanceof DirectoryNode) return { directory, path, missing: parts.length + 1 - nodes.length }
  throw new DfsError('DFS_NOT_DIRECTORY', `not a directory: ${path}`)
}
