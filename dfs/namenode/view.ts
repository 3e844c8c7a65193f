import { DfsError } from '../base/errors.ts'
import { compareNames, joinPath, splitPath } from '../base/path.ts'
import type { ContentSummary, FileStatus } from '../client/status.ts'
import { DirectoryNode, FileNode, type Inode } from './inode.ts'
import type { Namespace } from './namespace.ts'

/** The state as users see it: statuses, listings, sums. Files being written are not in it. */

export function findStatus(state: Namespace, path: string): FileStatus | undefined {
  const parts = splitPath(path)
  const node = state.findParts(parts)
  return node === undefined ? undefined : statusOf(node, joinPath(parts))
}

/** In byte order of the names; a file lists itself. */
export function listStatus(state: Namespace, path: string): FileStatus[] {
  const at = joinPath(splitPath(path))
  const node = existing(state, at)
  if (node instanceof FileNode) return [statusOf(node, at)]
  const prefix = at === '/' ? '/' : `${at}/`
  return [...(node.children?.values() ?? [])]
    .sort((a, b) => compareNames(a.name, b.name))
    .map((child) => statusOf(child, prefix + child.name))
}

/** Where in a listing the names behind `name` begin. */
export function firstBehind(entries: readonly FileStatus[], name: string): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const path = entries[middle]?.path ?? ''
    if (compareNames(path.slice(path.lastIndexOf('/') + 1), name) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

export function summarize(state: Namespace, path: string): ContentSummary {
  let directories = 0
  let files = 0
  let bytes = 0
  let bytesWithReplicas = 0
  const stack: Inode[] = [existing(state, path)]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node instanceof FileNode) {
      files++
      bytes += node.length
      bytesWithReplicas += node.length * node.attributes.replication
    } else {
      directories++
      for (const child of node.children?.values() ?? []) stack.push(child)
    }
  }
  return { directories, files, bytes, bytesWithReplicas, nameQuota: -1, spaceQuota: -1 }
}

export function existingFile(state: Namespace, path: string): FileNode {
  const node = existing(state, path)
  if (node instanceof DirectoryNode) throw new DfsError('DFS_IS_DIRECTORY', `is a directory: ${path}`)
  return node
}

function existing(state: Namespace, path: string): Inode {
  const node = state.find(path)
  if (node === undefined) throw new DfsError('DFS_NOT_FOUND', `no such file or directory: ${path}`)
  return node
}

function statusOf(node: Inode, path: string): FileStatus {
  const shared = {
    path,
    modificationTime: node.modificationTime,
    accessTime: node.accessTime,
    fileId: node.id,
  }
  if (node instanceof DirectoryNode) {
    return {
      ...shared,
      kind: 'directory',
      length: 0,
      replication: 0,
      blockSize: 0,
      owner: node.owner.user,
      group: node.owner.group,
      permission: node.permission,
      childrenCount: node.size,
    }
  }
  const { attributes } = node
  return {
    ...shared,
    kind: 'file',
    length: node.length,
    replication: attributes.replication,
    blockSize: attributes.blockSize,
    owner: attributes.owner.user,
    group: attributes.owner.group,
    permission: attributes.permission,
    childrenCount: 0,
  }
}
