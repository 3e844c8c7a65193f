import type {
  BlockLocation,
  ContentSummary,
  FileChecksum,
  FileStatus,
  FsStatus,
  ServerDefaults,
  SnapshotDiffEntry,
  SnapshotStatus,
  SnapshottableDirectory,
} from '../client/status.ts'

/**
 * The JSON of WebHDFS's answers, from what quern has: the same keys as HDFS's, all of them. Times are milliseconds,
 * permissions octal digits. What quern does not have says so in the way HDFS says it: storage policy 7 is HOT, the default.
 */

/** `suffix` is the name below the path that was asked for; empty for the path itself. */
export function fileStatusJson(status: FileStatus, suffix: string) {
  const isFile = status.kind === 'file'
  return {
    accessTime: status.accessTime,
    blockSize: isFile ? status.blockSize : 0,
    childrenNum: isFile ? 0 : status.childrenCount,
    fileId: status.fileId,
    group: status.group,
    length: isFile ? status.length : 0,
    modificationTime: status.modificationTime,
    owner: status.owner,
    pathSuffix: suffix,
    permission: status.permission.toString(8),
    replication: isFile ? status.replication : 0,
    ...(status.snapshottable === true ? { snapshotEnabled: true } : {}),
    storagePolicy: 0,
    type: isFile ? 'FILE' : 'DIRECTORY',
  }
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Of an entry of the directory `parent`; a file lists itself, with no name. */
export const entryJson = (entry: FileStatus, parent: string) =>
  fileStatusJson(entry, entry.path === parent ? '' : nameOf(entry.path))

export function contentSummaryJson(summary: ContentSummary) {
  return {
    directoryCount: summary.directories,
    ecPolicy: '',
    fileCount: summary.files,
    length: summary.bytes,
    ...quotaJson(summary),
    snapshotDirectoryCount: 0,
    snapshotFileCount: 0,
    snapshotLength: 0,
    snapshotSpaceConsumed: 0,
  }
}

export const quotaUsageJson = (summary: ContentSummary) => ({
  fileAndDirectoryCount: summary.directories + summary.files,
  ...quotaJson(summary),
})

const quotaJson = (summary: ContentSummary) => ({
  quota: summary.nameQuota,
  spaceConsumed: summary.bytesWithReplicas,
  spaceQuota: summary.spaceQuota,
  typeQuota: {},
})

export const fileChecksumJson = ({ algorithm, bytes }: FileChecksum) => ({
  algorithm,
  bytes,
  length: bytes.length / 2,
})

export const fsStatusJson = ({ capacity, used, remaining }: FsStatus) => ({ capacity, used, remaining })

export const serverDefaultsJson = (defaults: ServerDefaults) => ({
  blockSize: defaults.blockSize,
  bytesPerChecksum: defaults.bytesPerChecksum,
  // Hadoop's number for CRC-32.
  checksumType: 1,
  defaultStoragePolicyId: hotPolicyJson.id,
  encryptDataTransfer: false,
  fileBufferSize: 4096,
  keyProviderUri: '',
  replication: defaults.replication,
  trashInterval: defaults.trashInterval,
  writePacketSize: defaults.packetBytes,
})

export const blockLocationJson = (location: BlockLocation) => ({
  cachedHosts: [],
  corrupt: location.corrupt,
  hosts: location.hosts,
  length: location.length,
  names: location.names,
  offset: location.offset,
  storageTypes: location.names.map(() => 'DISK'),
  topologyPaths: location.topologyPaths,
})

export const snapshotDiffJson = (root: string, from: string, to: string, entries: readonly SnapshotDiffEntry[]) => ({
  diffList: entries.map(({ type, source, target }) => ({
    sourcePath: source,
    ...(target === undefined ? {} : { targetPath: target }),
    type: type.toUpperCase(),
  })),
  fromSnapshot: from,
  snapshotRoot: root,
  toSnapshot: to,
})

/** How many snapshots HDFS allows of a directory. */
const SNAPSHOTS_MAX = 65_536

export const snapshottableJson = ({ status, snapshots }: SnapshottableDirectory) => ({
  dirStatus: fileStatusJson(status, nameOf(status.path)),
  parentFullPath: status.path.slice(0, status.path.lastIndexOf('/')) || '/',
  snapshotNumber: snapshots,
  snapshotQuota: SNAPSHOTS_MAX,
})

export const snapshotJson = ({ path, name, id }: SnapshotStatus, status: FileStatus) => ({
  deletionStatus: 'ACTIVE',
  dirStatus: fileStatusJson(status, name),
  fullPath: path,
  snapshotID: id,
})

/** Access control lists are not kept: there are none but the owner, the group and the others. */
export const aclStatusJson = (status: FileStatus) => ({
  entries: [],
  group: status.group,
  owner: status.owner,
  permission: status.permission.toString(8),
  stickyBit: (status.permission & 0o1000) !== 0,
})

/** The one storage policy there is: on disks. */
export const hotPolicyJson = {
  copyOnCreateFile: false,
  creationFallbacks: [],
  id: 7,
  name: 'HOT',
  replicationFallbacks: ['ARCHIVE'],
  storageTypes: ['DISK'],
}
