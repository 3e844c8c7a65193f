import { childPath, compareNames } from '../base/path.ts'
import type { SnapshotDiffEntry } from '../client/status.ts'
import { DirectoryNode, FileNode, type Inode, ownerOf, permissionOf } from './inode.ts'
import { sameBlocks } from './snapshots.ts'

interface Place {
  readonly node: Inode
  /** Relative to the directory; empty for itself. */
  readonly path: string
  /** Id of the directory it is in; undefined for the directory itself. */
  readonly parent: number | undefined
}

/**
 * What changed from one tree to the other, told by the ids of inodes as HDFS does: paths are relative to the directory; of
 * what came or went as a whole only the top is told; a rename is one, and what changed inside besides is told by the old
 * path. The entries are in byte order of their paths.
 */
export function diffTrees(from: DirectoryNode, to: DirectoryNode): SnapshotDiffEntry[] {
  const before = places(from)
  const after = places(to)
  const entries: SnapshotDiffEntry[] = []
  for (const [id, { node, path, parent }] of before) {
    const now = after.get(id)
    if (now === undefined) {
      // Where the directory went too, that says it.
      if (parent === undefined || after.has(parent)) entries.push({ type: 'delete', source: path })
      continue
    }
    if (isModified(node, now.node)) entries.push({ type: 'modify', source: path })
    if (parent !== now.parent || (parent !== undefined && node.name !== now.node.name)) {
      entries.push({ type: 'rename', source: path, target: now.path })
    }
  }
  for (const [id, { path, parent }] of after) {
    if (!before.has(id) && parent !== undefined && before.has(parent)) entries.push({ type: 'create', source: path })
  }
  return entries.sort((a, b) => comparePaths(a.source, b.source) || order[a.type] - order[b.type])
}

const order = { modify: 0, rename: 1, delete: 2, create: 3 } as const

function places(top: DirectoryNode): Map<number, Place> {
  const found = new Map<number, Place>()
  const stack: Place[] = [{ node: top, path: '', parent: undefined }]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { node, path } = at
    found.set(node.id, at)
    if (node instanceof FileNode) continue
    for (const child of node.children?.values() ?? []) {
      stack.push({ node: child, path: path === '' ? child.name : childPath(path, child.name), parent: node.id })
    }
  }
  return found
}

/** Reading changes nothing: the access time is no matter. */
function isModified(a: Inode, b: Inode): boolean {
  if (a === b) return false
  if (permissionOf(a) !== permissionOf(b) || ownerOf(a) !== ownerOf(b)) return true
  if (a instanceof FileNode && b instanceof FileNode) {
    return a.attributes !== b.attributes || a.modificationTime !== b.modificationTime || !sameBlocks(a.blocks, b.blocks)
  }
  if (a instanceof DirectoryNode && b instanceof DirectoryNode) return !sameEntries(a, b)
  return true
}

function sameEntries(a: DirectoryNode, b: DirectoryNode): boolean {
  if (a.size !== b.size) return false
  for (const child of a.children?.values() ?? []) if (b.child(child.name)?.id !== child.id) return false
  return true
}

function comparePaths(a: string, b: string): number {
  const left = a.split('/')
  const right = b.split('/')
  for (const [i, name] of left.entries()) {
    const other = right[i]
    if (other === undefined) return 1
    const order = compareNames(name, other)
    if (order !== 0) return order
  }
  return left.length - right.length
}
