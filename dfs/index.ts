/**
 * The public face of the DFS. `openDfs` opens a root embedded in this process, `openFileSystem` any HDFS behind WebHDFS.
 */
import type { Dfs, OpenOptions } from './client/dfs.ts'
import type { FileSystem } from './client/file-system.ts'
import type { WebHdfsOptions } from './webhdfs/client/options.ts'

export { DfsError, type DfsErrorCode } from './base/errors.ts'
export type { BlockId, DatanodeId, FileId, GenerationStamp } from './base/ids.ts'
export { isAlive, processIdentity } from './base/process-identity.ts'
export { isWebHdfsUrl, parseWebHdfsUrl, type WebHdfsUrl } from './base/webhdfs-url.ts'
export type {
  AdminState,
  BalanceReport,
  ClusterReport,
  DatanodeReport,
  DfsAdministration,
  FsckReport,
  Liveness,
  SafeModeAction,
  SafeModeStatus,
  ScrubReport,
} from './client/administration.ts'
export type { DetachedWriter, Dfs, OpenOptions } from './client/dfs.ts'
export type { CreateOptions, DfsReader, DfsWriter, FileSystem } from './client/file-system.ts'
export { nameGlob } from './client/glob.ts'
export type {
  AccessMode,
  BadReplica,
  BlockLocation,
  ContentSummary,
  DatanodeAddress,
  FileChecksum,
  FileStatus,
  FsStatus,
  LocatedBlock,
  ReplicaLocation,
  ServerDefaults,
  SnapshotDiffEntry,
  SnapshotStatus,
  SnapshottableDirectory,
} from './client/status.ts'
export { Trash } from './client/trash.ts'

/**
 * The DFS under `options.root`: through its namenode if one runs there, else opened in this process, alone: DFS_LOCKED if
 * another holds it, DFS_UNKNOWN_VERSION if a newer program wrote it, DFS_CORRUPT_METADATA if its journal is damaged. A root
 * that is not there is made unless `create` is false (DFS_NOT_FOUND). What it takes is loaded only now: a job on local
 * files, which takes its errors and identities from this face, starts without it.
 */
export async function openDfs(options: OpenOptions): Promise<Dfs> {
  const { openRoot } = await import('./open.ts')
  return await openRoot(options)
}

/**
 * The file system that `webhdfs://host:port` (or `swebhdfs://`) names; its paths are without that origin. Nothing is asked
 * of the server yet. DFS_BAD_PATH where the URL is none.
 */
export async function openFileSystem(url: string, options: WebHdfsOptions): Promise<FileSystem> {
  const { openWebHdfs } = await import('./webhdfs/client/open.ts')
  return openWebHdfs(url, options)
}
