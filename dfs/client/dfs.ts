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
  /** Permission bits, e.g. 0o644. */
  readonly permission: number
  readonly fileId: FileId
  /** For directories: how many entries. */
  readonly childrenCount: number
}

/** Where one replica of a block lies, enough for a thread of the same machine to read it without the client. */
export interface ReplicaLocation {
  readonly datanode: DatanodeId
  readonly rack: string
  /** Absolute OS paths of the block's data and checksum files. */
  readonly dataFile: string
  readonly checksumFile: string
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

export interface CreateOptions {
  readonly overwrite?: boolean
  readonly replication?: number
  readonly blockSize?: number
  /** The datanode the writer stands on; placement puts the first replica there. */
  readonly writerNode?: DatanodeId
  /** Parent directories are made as needed (HDFS does the same). */
  readonly signal?: AbortSignal
}

export interface DfsWriter {
  /** Copies nothing it does not have to; the bytes may be reused once the promise settles. */
  write(bytes: Uint8Array): Promise<void>
  /** Durable and visible once this resolves: every replica synced, the journal record synced. */
  close(): Promise<void>
  /** Drops the file and its blocks; safe to call after a failure and more than once. */
  abort(): Promise<void>
}

/** A file written by a job attempt: durable, but in no directory until `publish` names it. */
export interface DetachedWriter {
  write(bytes: Uint8Array): Promise<void>
  /** Seals the file; returns the id that `publish` or `discardDetached` takes. */
  close(): Promise<FileId>
  abort(): Promise<void>
}

export interface DfsReader {
  readonly length: number
  /** Fills `target` from `position`; returns the bytes read, fewer than asked only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  /** Chunks in order; each is valid until the next is asked for. */
  stream(range?: { start?: number; end?: number }): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export interface ContentSummary {
  readonly directories: number
  readonly files: number
  readonly bytes: number
  /** Bytes times replication. */
  readonly bytesWithReplicas: number
}

export interface FsckReport {
  readonly path: string
  readonly healthy: boolean
  readonly directories: number
  readonly files: number
  readonly bytes: number
  readonly blocks: number
  readonly minimallyReplicated: number
  readonly underReplicated: number
  readonly corruptBlocks: number
  readonly missingReplicas: number
  readonly datanodes: number
  readonly racks: number
  readonly defaultReplication: number
  /** One entry a replica found bad, with the file it belongs to. */
  readonly problems: readonly (BadReplica & { readonly file: string })[]
}

/**
 * The distributed file system as its users see it. One implementation opens the root embedded in this process;
 * a later one talks to daemons. Every path is absolute and `/`-separated. Failures are `DfsError`s.
 */
export interface Dfs extends AsyncDisposable {
  /** The OS directory everything lies under. */
  readonly root: string
  readonly datanodes: readonly { readonly id: DatanodeId; readonly rack: string; readonly directory: string }[]

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

  mkdir(path: string, options?: { parents?: boolean }): Promise<void>
  create(path: string, options?: CreateOptions): Promise<DfsWriter>
  open(path: string): Promise<DfsReader>
  /** False when there was nothing at `path`. A directory that is not empty needs `recursive`. */
  delete(path: string, options?: { recursive?: boolean }): Promise<boolean>
  /** Atomic. If `to` is an existing directory the source moves into it, as HDFS has it. */
  rename(from: string, to: string): Promise<void>
  setTimes(path: string, times: { modificationTime?: number; accessTime?: number }): Promise<void>
  /** Sets a file's target replication; more replicas are made, surplus ones dropped, before it resolves. */
  setReplication(path: string, replication: number): Promise<void>
  locate(path: string): Promise<LocatedBlock[]>

  /** A file of a job attempt, invisible until published. */
  createDetached(options?: CreateOptions): Promise<DetachedWriter>
  discardDetached(file: FileId): Promise<void>
  /**
   * Makes `directory` with all `files` in it visible in one journal record. With `overwrite`, whatever stood there is
   * replaced in the same record; without, an existing path is DFS_EXISTS and nothing changes.
   */
  publish(
    directory: string,
    files: readonly { name: string; file: FileId }[],
    options?: { overwrite?: boolean },
  ): Promise<void>

  /** Readers elsewhere (worker threads) tell what they found; the replica is no longer offered, and is repaired from a good one. */
  reportBad(replicas: readonly BadReplica[]): Promise<void>
  /** Walks the namespace and, with `verify`, reads every replica against its checksums. */
  fsck(path: string, options?: { verify?: boolean }): Promise<FsckReport>
  /** Bad replicas met and repaired since open, for summaries. */
  readonly incidents: readonly (BadReplica & { readonly repaired: boolean })[]
  /**
   * Resolves once the bad replicas that readers of this process met are looked at and repaired, or can't be: for a command
   * that is about to close and to say what happened. Does not wait for replicas found missing at open.
   */
  repairsDone(): Promise<void>
  /** Sentences worth a person's notice: replication cut to the datanodes there are, a torn record dropped, a datanode left out. */
  readonly notes: readonly string[]
  /** Writes an image and cuts the journal. */
  checkpoint(): Promise<void>
  /** Idempotent; releases the lock. */
  close(): Promise<void>
}

export interface OpenOptions {
  /** `--root`, else QUERN_ROOT, else `~/.quern`: resolved by the caller. */
  readonly root: string
  readonly create?: boolean
  readonly datanodes?: number
  readonly racks?: number
  readonly blockSize?: number
  readonly replication?: number
}
