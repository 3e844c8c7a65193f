import type { DatanodeId } from '../base/ids.ts'
import type {
  AccessMode,
  BlockLocation,
  ContentSummary,
  FileChecksum,
  FileStatus,
  FsStatus,
  ServerDefaults,
  SnapshotDiffEntry,
  SnapshotStatus,
  SnapshottableDirectory,
} from './status.ts'

export interface CreateOptions {
  readonly overwrite?: boolean
  readonly replication?: number
  readonly blockSize?: number
  /** The datanode the writer stands on; placement puts the first replica there. */
  readonly writerNode?: DatanodeId
  /** Bits of the new file, as they are; 0o644 if not given. */
  readonly permission?: number
  /** False: a parent that is not there is DFS_NOT_FOUND. Otherwise it is made (HDFS does the same). */
  readonly parents?: boolean
  readonly signal?: AbortSignal
}

export interface DfsWriter {
  /** Copies nothing it does not have to; the bytes may be reused once the promise settles. */
  write(bytes: Uint8Array): Promise<void>
  /** Durable and visible once this resolves: every replica synced, the journal record synced. */
  close(): Promise<void>
  /** Drops what was written; safe to call after a failure and more than once. */
  abort(): Promise<void>
}

export interface StreamRange {
  readonly start?: number
  readonly end?: number
  /**
   * Threads that may read and check ahead of a long range, where replicas lie on this machine: for a command that has
   * nothing else to do. None if not given.
   */
  readonly threads?: number
}

export interface DfsReader {
  readonly length: number
  /** Fills `target` from `position`; returns the bytes read, fewer than asked only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  /** Chunks in order; each is valid until the next is asked for. */
  stream(range?: StreamRange): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/**
 * A file system as its users see it: quern's own, or any HDFS behind WebHDFS. Every path is absolute and `/`-separated;
 * failures are `DfsError`s. What one of them can not do is DFS_UNSUPPORTED.
 */
export interface FileSystem extends AsyncDisposable {
  /** Whom the calls are made as. */
  readonly user: string

  stat(path: string): Promise<FileStatus>
  /** Undefined where `stat` would throw DFS_NOT_FOUND. */
  find(path: string): Promise<FileStatus | undefined>
  /** Entries of a directory sorted by name bytes; for a file, itself. */
  list(path: string): Promise<FileStatus[]>
  /** Every file and directory below `path`, itself included, parents before children, names in byte order. */
  walk(path: string): AsyncIterable<FileStatus>
  /** Paths that match a Hadoop glob (`*` `?` `[a-c]` `{x,y}`), sorted; a path without magic gives itself if it exists. */
  glob(pattern: string): Promise<FileStatus[]>
  summary(path: string): Promise<ContentSummary>
  /** DFS_PERMISSION unless the user may do that; DFS_NOT_FOUND if it is not there. */
  access(path: string, mode: AccessMode): Promise<void>
  blockLocations(path: string, range?: { offset?: number; length?: number }): Promise<BlockLocation[]>
  checksum(path: string): Promise<FileChecksum>
  status(): Promise<FsStatus>
  serverDefaults(): Promise<ServerDefaults>
  /** `/user/<user>`. */
  home(): Promise<string>

  mkdir(path: string, options?: { parents?: boolean; permission?: number }): Promise<void>
  create(path: string, options?: CreateOptions): Promise<DfsWriter>
  /**
   * Adds to a file: what is written becomes visible, at once and whole, when the writer is closed; an abort leaves the
   * file as it was. DFS_BEING_WRITTEN while another writer has it.
   */
  append(path: string, options?: { signal?: AbortSignal }): Promise<DfsWriter>
  open(path: string): Promise<DfsReader>
  /** Cuts a file to `length`, which may not be over its own. */
  truncate(path: string, length: number): Promise<void>
  /** Moves the blocks of `sources`, in order, to the end of `target`; the sources are gone in the same step. */
  concat(target: string, sources: readonly string[]): Promise<void>
  /** False when there was nothing at `path`. A directory that is not empty needs `recursive`. */
  delete(path: string, options?: { recursive?: boolean }): Promise<boolean>
  /**
   * Atomic. If `to` is an existing directory the source moves into it, as HDFS has it. With `overwrite` a file, or an
   * empty directory, at `to` itself is replaced in the same step.
   */
  rename(from: string, to: string, options?: { overwrite?: boolean }): Promise<void>
  setTimes(path: string, times: { modificationTime?: number; accessTime?: number }): Promise<void>
  /** Sets a file's target replication. With `wait` it resolves when the replicas are there, as far as datanodes are. */
  setReplication(path: string, replication: number, options?: { wait?: boolean }): Promise<void>
  setPermission(path: string, permission: number): Promise<void>
  setOwner(path: string, owner: { user?: string; group?: string }): Promise<void>
  /** A number sets a quota, `null` clears it, what is left out stays. */
  setQuota(path: string, quota: { names?: number | null; space?: number | null }): Promise<void>

  allowSnapshot(path: string): Promise<void>
  /** DFS_SNAPSHOT while there are snapshots of it. */
  disallowSnapshot(path: string): Promise<void>
  /** Gives the path `/dir/.snapshot/<name>`; without a name it is made from the time, as HDFS does. */
  createSnapshot(path: string, name?: string): Promise<string>
  deleteSnapshot(path: string, name: string): Promise<void>
  renameSnapshot(path: string, from: string, to: string): Promise<void>
  /** What changed from one snapshot to another; an empty name stands for the present. Renames are told as such. */
  snapshotDiff(path: string, from: string, to: string): Promise<SnapshotDiffEntry[]>
  snapshottableDirectories(): Promise<SnapshottableDirectory[]>
  snapshots(path: string): Promise<SnapshotStatus[]>

  /** Sentences worth a person's notice: replication cut to the datanodes there are, a torn record dropped, a datanode left out. */
  readonly notes: readonly string[]
  /** Idempotent. */
  close(): Promise<void>
}
