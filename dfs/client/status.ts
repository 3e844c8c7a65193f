import type { BlockId, DatanodeId, FileId, GenerationStamp } from '../base/ids.ts'

/** Times in milliseconds since the epoch, sizes in bytes, as WebHDFS has them. */
export interface FileStatus {
  /** Absolute, normalised: `/a/b`; the root is `/`. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  readonly length: number
  readonly replication: number
  readonly blockSize: number
  readonly modificationTime: number
  readonly accessTime: number
  readonly owner: string
  readonly group: string
  /** Permission bits, e.g. 0o644; 0o1000 is the sticky bit. */
  readonly permission: number
  readonly fileId: FileId
  /** For directories: how many entries. */
  readonly childrenCount: number
  /** Snapshots may be made of this directory. */
  readonly snapshottable?: boolean
}

/** Where one replica of a block lies, enough for a thread of the same machine to read it without the client. */
export interface ReplicaLocation {
  readonly datanode: DatanodeId
  readonly rack: string
  /** Absolute OS paths of the block's data and checksum files. */
  readonly dataFile: string
  readonly checksumFile: string
  /** Where the datanode listens; undefined where the DFS is embedded in this process. */
  readonly address?: DatanodeAddress
}

export interface DatanodeAddress {
  readonly host: string
  readonly port: number
}

/** One block of a file. A plain object: it is sent to worker threads as it is. */
export interface LocatedBlock {
  readonly block: BlockId
  readonly generation: GenerationStamp
  /** First byte of the block within the file. */
  readonly offset: number
  readonly length: number
  readonly replicas: readonly ReplicaLocation[]
}

/** A replica that a reader found bad. */
export interface BadReplica {
  readonly block: BlockId
  readonly datanode: DatanodeId
  readonly path: string
  readonly reason: 'missing' | 'corrupt' | 'io'
  readonly detail: string
}

/** A block's bytes and who has them, as any HDFS tells it: for planning where to read, not for reading. */
export interface BlockLocation {
  readonly offset: number
  readonly length: number
  readonly hosts: readonly string[]
  /** `host:port` of each. */
  readonly names: readonly string[]
  /** `/rack/host:port` of each. */
  readonly topologyPaths: readonly string[]
  readonly corrupt: boolean
}

export interface ContentSummary {
  readonly directories: number
  readonly files: number
  readonly bytes: number
  /** Bytes times replication. */
  readonly bytesWithReplicas: number
  /** How many files and directories, itself included, may be below; -1 where there is no quota. */
  readonly nameQuota: number
  /** How many bytes with replicas; -1 where there is no quota. */
  readonly spaceQuota: number
}

/** A checksum of a file's content that does not depend on how it is cut into blocks. */
export interface FileChecksum {
  /** `COMPOSITE-CRC32`: the CRC-32 of the whole content, as gzip and `crc32` compute it. */
  readonly algorithm: string
  /** In hexadecimal. */
  readonly bytes: string
}

export interface FsStatus {
  readonly capacity: number
  readonly used: number
  readonly remaining: number
}

export interface ServerDefaults {
  readonly blockSize: number
  readonly replication: number
  readonly bytesPerChecksum: number
  readonly packetBytes: number
  /** Minutes that deleted files stay in the trash; 0: there is none. */
  readonly trashInterval: number
}

export interface SnapshottableDirectory {
  readonly status: FileStatus
  readonly snapshots: number
}

export interface SnapshotStatus {
  /** `/dir/.snapshot/name`. */
  readonly path: string
  readonly name: string
  readonly id: number
  readonly createdTime: number
}

export interface SnapshotDiffEntry {
  readonly type: 'create' | 'modify' | 'delete' | 'rename'
  /** Relative to the directory; empty for the directory itself. */
  readonly source: string
  /** Of a rename. */
  readonly target?: string
}

export type AccessMode = 'r' | 'w' | 'x' | 'rw' | 'rx' | 'wx' | 'rwx'
