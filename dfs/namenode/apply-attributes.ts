import { DfsError } from '../base/errors.ts'
import { DirectoryNode, FileNode, type Inode } from './inode.ts'
import type { Namespace } from './namespace.ts'
import type { AttributeRecord, SnapshotRecord } from './record-types.ts'

/** Records of what an inode has, not of where it is. */
export function applyAttributes(state: Namespace, record: AttributeRecord, node: Inode): void {
  switch (record.type) {
    case 'setTimes':
      node.modificationTime = record.modificationTime
      node.accessTime = record.accessTime
      return
    case 'setReplication':
      if (node instanceof DirectoryNode) return
      state.quotas.charge(node.parent, 0, (record.replication - node.attributes.replication) * node.length)
      node.attributes = state.pool.attributes({ ...node.attributes, replication: record.replication })
      return
    case 'setPermission':
      if (node instanceof DirectoryNode) node.permission = record.permission
      else node.attributes = state.pool.attributes({ ...node.attributes, permission: record.permission })
      return
    case 'setOwner':
      if (node instanceof DirectoryNode) node.owner = state.pool.owner(record.owner)
      else node.attributes = state.pool.attributes({ ...node.attributes, owner: record.owner })
      return
    case 'setQuota': {
      const { names, space } = record
      const directory = asDirectory(node, record.path)
      state.quotas.set(directory, { names, space }, state.usage(directory))
      return
    }
  }
}

export function applySnapshots(state: Namespace, record: SnapshotRecord, node: Inode): void {
  const directory = asDirectory(node, record.path)
  switch (record.type) {
    case 'allowSnapshot':
      state.snapshots.allow(directory)
      return
    case 'disallowSnapshot':
      state.snapshots.forget(directory)
      return
    case 'createSnapshot':
      state.snapshots.create(directory, record.name, record.id, record.time)
      directory.modificationTime = record.time
      return
    case 'deleteSnapshot':
      state.bury(state.snapshots.delete(directory, record.name))
      return
    case 'renameSnapshot':
      state.snapshots.rename(directory, record.from, record.to)
      return
  }
}

function asDirectory(node: Inode, path: string): DirectoryNode {
  if (node instanceof FileNode) throw new DfsError('DFS_NOT_DIRECTORY', `not a directory: ${path}`)
  return node
}
