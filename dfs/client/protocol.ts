import type { BlockId, DatanodeId, FileId, GenerationStamp } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'
import type { BlockReader } from '../block/block-store.ts'
import type {
  BalanceReport,
  ClusterReport,
  FsckReport,
  SafeModeAction,
  SafeModeStatus,
  ScrubReport,
} from './administration.ts'
import type {
  AccessMode,
  BadReplica,
  ContentSummary,
  DatanodeAddress,
  FileStatus,
  FsStatus,
  LocatedBlock,
  ReplicaLocation,
  ServerDefaults,
  SnapshotDiffEntry,
  SnapshotStatus,
  SnapshottableDirectory,
} from './status.ts'

/**
 * What a client asks of the namenode. Plain values in and out, one object a request, so that a socket can stand between; the
 * embedded DFS calls the same methods in its own process. Every answer that rests on a change is given when that change is
 * durable. Failures are `DfsError`s.
 */
export interface NamespaceProtocol {
  // Reading
  find(request: PathRequest): Promise<FileStatus | undefined>
  /** Entries behind `startAfter` in byte order of their names, at most `limit` of them. */
  list(request: PathRequest & { startAfter?: string; limit?: number }): Promise<Listing>
  summary(request: PathRequest): Promise<ContentSummary>
  access(request: PathRequest & { mode: AccessMode }): Promise<void>
  locate(request: PathRequest): Promise<LocatedBlock[]>
  status(request: UserRequest): Promise<FsStatus>
  serverDefaults(request: UserRequest): Promise<ServerDefaults>

  // Changing
  mkdir(request: PathRequest & { parents: boolean; permission?: number }): Promise<void>
  create(request: PathRequest & CreateRequest & { overwrite: boolean; parents: boolean }): Promise<OpenedFile>
  createDetached(request: UserRequest & CreateRequest): Promise<OpenedFile>
  /** Opens an existing file to one writer, whose blocks follow the first `keep` bytes once it is complete. */
  reopen(request: PathRequest & { keep: 'all' | number; holder: string }): Promise<ReopenedFile>
  delete(request: PathRequest & { recursive: boolean }): Promise<boolean>
  rename(request: UserRequest & { from: string; to: string; overwrite: boolean }): Promise<void>
  concat(request: PathRequest & { sources: readonly string[] }): Promise<void>
  setTimes(request: PathRequest & { modificationTime?: number; accessTime?: number }): Promise<void>
  setReplication(request: PathRequest & { replication: number; wait: boolean }): Promise<void>
  setPermission(request: PathRequest & { permission: number }): Promise<void>
  setOwner(request: PathRequest & { owner?: string; group?: string }): Promise<void>
  setQuota(request: PathRequest & { names?: number | null; space?: number | null }): Promise<void>
  publish(
    request: UserRequest & {
      directory: string
      files: readonly { name: string; file: FileId }[]
      overwrite: boolean
    },
  ): Promise<void>

  // Snapshots
  allowSnapshot(request: PathRequest): Promise<void>
  disallowSnapshot(request: PathRequest): Promise<void>
  createSnapshot(request: PathRequest & { name?: string }): Promise<string>
  deleteSnapshot(request: PathRequest & { name: string }): Promise<void>
  renameSnapshot(request: PathRequest & { from: string; to: string }): Promise<void>
  snapshotDiff(request: PathRequest & { from: string; to: string }): Promise<SnapshotDiffEntry[]>
  snapshottableDirectories(request: UserRequest): Promise<SnapshottableDirectory[]>
  snapshots(request: PathRequest): Promise<SnapshotStatus[]>

  // Writing blocks: who holds the file's lease may, whoever asked for it
  /**
   * A new last block and where its replicas should go, the writer's own datanode first. `index` is which block of this
   * writer it is, so that the same request made twice adds one. `excluded` have failed this writer.
   */
  addBlock(request: AddBlockRequest): Promise<AllocatedBlock>
  /** Other datanodes for a block whose first ones failed; as many as there are, at most `count`. */
  moreTargets(request: {
    block: BlockId
    count: number
    excluded: readonly DatanodeId[]
  }): Promise<readonly DatanodeTarget[]>
  /** The block goes on with fewer or other datanodes, under a generation that those who were lost do not have. */
  newGeneration(request: { file: FileId; block: BlockId; previous: GenerationStamp }): Promise<GenerationStamp>
  /** Everything answered so far is durable. A replica gets its final name only after its block is. */
  synced(): Promise<void>
  complete(request: { file: FileId; lastLength: number }): Promise<void>
  abandon(request: { file: FileId }): Promise<void>
  /** The holder lives: its files stay its own. */
  renewLease(request: { holder: string }): Promise<void>
}

/** What keeps replicas well, asked for by clients. */
export interface CareProtocol {
  /** Resolves when each has been looked at, and repaired as far as can be if `wait`. */
  reportBad(request: { replicas: readonly BadReplica[]; wait: boolean }): Promise<void>
  report(request: UserRequest): Promise<ClusterReport>
  fsck(request: PathRequest & { verify: boolean }): Promise<FsckReport>
  checkpoint(request: UserRequest): Promise<void>
  safeMode(request: UserRequest & { action: SafeModeAction }): Promise<SafeModeStatus>
  balance(request: UserRequest & { threshold: number }): Promise<BalanceReport>
  decommission(request: UserRequest & { datanode: string }): Promise<void>
  recommission(request: UserRequest & { datanode: string }): Promise<void>
  scrub(request: UserRequest): Promise<ScrubReport>
  /** What a person should know, from the namenode's start on. */
  notes(): Promise<readonly string[]>
}

export interface NamenodeProtocol extends NamespaceProtocol, CareProtocol {}

/** Whom the request is made as. */
export interface UserRequest {
  readonly user: string
}

export interface PathRequest extends UserRequest {
  readonly path: string
}

export interface CreateRequest {
  readonly replication?: number
  readonly blockSize?: number
  readonly permission?: number
  /** Identity of the writer: whose death ends its lease. */
  readonly holder: string
}

export interface OpenedFile {
  readonly file: FileId
  /** Empty for a detached file. */
  readonly path: string
  readonly blockSize: number
  readonly replication: number
}

export interface ReopenedFile extends OpenedFile {
  /**
   * Blocks are never changed once they are whole. Where the end that is kept lies inside one, or the last one is small
   * enough to be written again with what follows, its bytes are the first that the writer has to write.
   */
  readonly rewrite?: { readonly block: LocatedBlock; readonly length: number }
}

export interface Listing {
  readonly entries: readonly FileStatus[]
  /** Entries behind these. */
  readonly remaining: number
}

export interface AddBlockRequest {
  readonly file: FileId
  readonly index: number
  readonly previousLength: number
  readonly writer?: DatanodeId | undefined
  readonly excluded: readonly DatanodeId[]
}

export interface DatanodeTarget {
  readonly id: DatanodeId
  /** Undefined where the datanode is embedded in this process. */
  readonly address?: DatanodeAddress
}

export interface AllocatedBlock {
  readonly block: BlockId
  readonly generation: GenerationStamp
  readonly targets: readonly DatanodeTarget[]
  /** There are fewer targets than the file asks for: why. */
  readonly shortfall?: string
}

export interface LostReplica {
  readonly block: BlockId
  readonly datanode: DatanodeId
  /** Where it would lie. */
  readonly path: string
  readonly error: unknown
}

/** One block on its way to its datanodes. */
export interface BlockPipeline {
  /** Datanodes that failed, to be avoided for the next block. */
  readonly failed: DatanodeId[]
  /** The bytes may be reused once this resolves. */
  write(bytes: Uint8Array, sums: Uint32Array): Promise<void>
  /** Resolves when at least one replica is durable and the namenode knows of it; those that could not be made are told by `onLost`. */
  commit(): Promise<void>
  abort(): Promise<void>
}

export interface PipelineOptions {
  readonly file: FileId
  /** For messages. */
  readonly path: string
  readonly chunkBytes: number
  readonly packetBytes: number
  readonly onLost: (lost: LostReplica) => void
}

/** How a client reaches replicas: by plain calls in its own process, or over sockets and the replicas' files. */
export interface ReplicaAccess {
  openPipeline(namenode: NamespaceProtocol, allocated: AllocatedBlock, options: PipelineOptions): Promise<BlockPipeline>
  openReplica(block: LocatedBlock, location: ReplicaLocation): Promise<BlockReader>
  /** The CRC-32 of a block's content as it was written, without reading it; undefined where only reading it tells. */
  contentChecksum(block: LocatedBlock, location: ReplicaLocation): Promise<number | undefined>
}

/** To whom a datanode tells what has changed on its disk: HDFS's incremental block report. */
export interface BlockReportListener {
  /** False: nobody needs it. */
  received(node: DatanodeId, key: BlockKey, length: number): boolean | Promise<boolean>
  deleted(node: DatanodeId, key: BlockKey): void | Promise<void>
}
