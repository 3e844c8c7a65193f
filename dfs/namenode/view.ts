import { wholeNumber } from '../base/config.ts'
import { DfsError } from '../base/errors.ts'
import { childPath, compareNames, isWithin } from '../base/path.ts'
import type { OpenFileStatus } from '../client/administration.ts'
import type {
  AccessMode,
  ContentSummary,
  FileStatus,
  SnapshotDiffEntry,
  SnapshotStatus,
  SnapshottableDirectory,
} from '../client/status.ts'
import { checkThere, snapshotsOf } from './decide/snapshot.ts'
import { DirectoryNode, FileNode, type Inode, ownerOf, pathOf } from './inode.ts'
import { directoryOf, existing, fileOf, lookUp } from './lookup.ts'
import type { Namespace } from './namespace.ts'
import { type Caller, EXECUTE, READ, requireAccess, system, WRITE } from './permission.ts'
import { diffTrees } from './snapshot-diff.ts'
import { snapshotFolder } from './snapshots.ts'

/** The state as users see it: statuses, listings, sums. Files being written are not in it. */

export function findStatus(state: Namespace, path: string, caller: Caller): FileStatus | undefined {
  const found = lookUp(state, path, caller)
  return found.node === undefined ? undefined : statusOf(state, found.node, found.path)
}

/**
 * Entries behind `startAfter` in byte order of the names, at most `limit`; a file lists itself. While a directory is
 * listed in pages its sorted names are kept, so that a large one is sorted once.
 */
export function listStatus(
  state: Namespace,
  path: string,
  caller: Caller,
  range: { startAfter?: string; limit?: number } = {},
): { entries: FileStatus[]; remaining: number } {
  const { node, path: at } = existing(state, path, caller)
  if (node instanceof FileNode) {
    return { entries: range.startAfter === undefined ? [statusOf(state, node, at)] : [], remaining: 0 }
  }
  requireAccess(caller, node, READ | EXECUTE, at)
  if (range.limit !== undefined) wholeNumber('limit', range.limit, 1, Number.MAX_SAFE_INTEGER)
  const names = node.sorted ?? [...(node.children?.keys() ?? [])].sort(compareNames)
  const from = range.startAfter === undefined ? 0 : firstBehind(names, range.startAfter)
  const page = names.slice(from, range.limit === undefined ? undefined : from + range.limit)
  const remaining = names.length - from - page.length
  node.sorted = remaining > 0 ? names : undefined
  const entries = page.flatMap((name) => {
    const child = node.child(name)
    return child === undefined ? [] : statusOf(state, child, childPath(at, name))
  })
  return { entries, remaining }
}

/** Where the names behind `name` begin. */
function firstBehind(names: readonly string[], name: string): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareNames(names[middle] ?? '', name) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Files being written at and below `path`: new ones under the names they will have, others as long as they would be now. */
export function openFilesBelow(state: Namespace, path: string): OpenFileStatus[] {
  const found: OpenFileStatus[] = []
  for (const { node, kind, base, keep, holder } of state.open.values()) {
    if (kind === 'detached') continue
    const at = pathOf(base ?? node)
    if (!isWithin(at, path)) continue
    let bytes = node.length
    for (const block of base?.blocks.slice(0, keep) ?? []) bytes += block.length
    found.push({ path: at, holder, bytes })
  }
  return found
}

/** Needs r and x on every directory that is counted. */
export function summarize(state: Namespace, path: string, caller: Caller = system): ContentSummary {
  let directories = 0
  let files = 0
  let bytes = 0
  let bytesWithReplicas = 0
  const top = existing(state, path, caller)
  const stack: { node: Inode; path: string }[] = [top]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { node } = at
    if (node instanceof FileNode) {
      files++
      bytes += node.length
      bytesWithReplicas += node.length * node.attributes.replication
      continue
    }
    requireAccess(caller, node, READ | EXECUTE, at.path)
    directories++
    for (const [name, child] of node.children ?? []) stack.push({ node: child, path: childPath(at.path, name) })
  }
  const quota = top.node instanceof DirectoryNode ? state.quotas.get(top.node)?.limits : undefined
  return { directories, files, bytes, bytesWithReplicas, nameQuota: quota?.names ?? -1, spaceQuota: quota?.space ?? -1 }
}

const modeBits: Readonly<Record<string, number>> = { r: READ, w: WRITE, x: EXECUTE }

/** Nobody writes into a snapshot. */
export function checkAccess(state: Namespace, path: string, mode: AccessMode, caller: Caller): void {
  const { node, path: at, snapshot } = existing(state, path, caller)
  const wanted = [...mode].reduce((bits, letter) => bits | (modeBits[letter] ?? 0), 0)
  requireAccess(caller, node, wanted, at)
  if (snapshot && (wanted & WRITE) !== 0) throw new DfsError('DFS_SNAPSHOT', `${at}: a snapshot is read only`)
}

/** The file at `path`, for one who is going to read it. */
export function readableFile(state: Namespace, path: string, caller: Caller): FileNode {
  const found = existing(state, path, caller)
  const file = fileOf(found)
  requireAccess(caller, file, READ, found.path)
  return file
}

// Snapshots

export function listSnapshots(state: Namespace, path: string, caller: Caller): SnapshotStatus[] {
  const found = existing(state, path, caller)
  const directory = directoryOf(found)
  requireAccess(caller, directory, READ | EXECUTE, found.path)
  return [...snapshotsOf(state, directory, found.path).snapshots]
    .map(([name, { id, createdTime }]) => ({ path: snapshotPath(found.path, name), name, id, createdTime }))
    .sort((a, b) => a.id - b.id)
}

export const snapshotPath = (directory: string, name: string): string =>
  childPath(childPath(directory, snapshotFolder), name)

/** The caller's own; all of them for a superuser. */
export function listSnapshottable(state: Namespace, caller: Caller): SnapshottableDirectory[] {
  return [...state.snapshots.entries()]
    .filter(([directory]) => caller.superuser || ownerOf(directory).user === caller.user)
    .map(([directory, { snapshots }]) => ({
      status: statusOf(state, directory, pathOf(directory)),
      snapshots: snapshots.size,
    }))
    .sort((a, b) => compareNames(a.status.path, b.status.path))
}

export function snapshotDiff(
  state: Namespace,
  request: { path: string; from: string; to: string },
  caller: Caller,
): SnapshotDiffEntry[] {
  const found = existing(state, request.path, caller)
  const directory = directoryOf(found)
  requireAccess(caller, directory, READ | EXECUTE, found.path)
  const { snapshots } = snapshotsOf(state, directory, found.path)
  const tree = (name: string): DirectoryNode => {
    if (name === '') return directory
    checkThere(name, found.path, snapshots)
    return snapshots.get(name)?.root ?? directory
  }
  return diffTrees(tree(request.from), tree(request.to))
}

/** Written out field by field: a lookup is little more than this, and spreading costs more than all of it. */
export function statusOf(state: Namespace, node: Inode, path: string): FileStatus {
  if (node instanceof FileNode) {
    const { attributes } = node
    return {
      path,
      kind: 'file',
      length: node.length,
      replication: attributes.replication,
      blockSize: attributes.blockSize,
      modificationTime: node.modificationTime,
      accessTime: node.accessTime,
      owner: attributes.owner.user,
      group: attributes.owner.group,
      permission: attributes.permission,
      fileId: node.id,
      childrenCount: 0,
    }
  }
  const status: FileStatus = {
    path,
    kind: 'directory',
    length: 0,
    replication: 0,
    blockSize: 0,
    modificationTime: node.modificationTime,
    accessTime: node.accessTime,
    owner: node.owner.user,
    group: node.owner.group,
    permission: node.permission,
    fileId: node.id,
    childrenCount: node.size,
  }
  return state.snapshots.get(node) === undefined ? status : { ...status, snapshottable: true }
}
