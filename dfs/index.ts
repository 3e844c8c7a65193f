/**
 * The public face of the DFS. `openDfs` opens a root embedded in this process, `openFileSystem` any HDFS behind WebHDFS.
 */
import { type DfsConfig, resolveConfig } from './base/config.ts'
import type { Dfs, OpenOptions } from './client/dfs.ts'
import type { FileSystem } from './client/file-system.ts'
import type { DatanodeProcessOptions, RunningDatanode } from './daemon/datanode-process.ts'
import type { NamenodeProcessOptions, RunningNamenode } from './daemon/namenode-process.ts'
import type { DfsProcess, RunningProcesses } from './daemon/processes.ts'
import type { WebHdfsOptions } from './webhdfs/client/options.ts'
import type { WebHdfsServer, WebHdfsServerOptions } from './webhdfs/server/serve.ts'

export { readBuffer } from './base/bytes.ts'
export { type DfsConfig, resolveConfig, settingNames } from './base/config.ts'
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
export type { DatanodeProcessOptions, RunningDatanode } from './daemon/datanode-process.ts'
export type { NamenodeProcessOptions, RunningNamenode } from './daemon/namenode-process.ts'
export type { DfsProcess, RunningProcesses } from './daemon/processes.ts'
export type { WebHdfsServerLimits } from './webhdfs/server/limits.ts'
export type { WebHdfsServer, WebHdfsServerOptions } from './webhdfs/server/serve.ts'

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

/** Settings to be used in place of the defaults. */
export type DfsTuning = Partial<DfsConfig>

/** Runs the namenode of a root in this process until it is closed. */
export async function runNamenode(options: NamenodeProcessOptions): Promise<RunningNamenode> {
  return await (await import('./daemon/namenode-process.ts')).runNamenode(options)
}

/** Runs one datanode of a root in this process until it is closed. */
export async function runDatanode(options: DatanodeProcessOptions): Promise<RunningDatanode> {
  return await (await import('./daemon/datanode-process.ts')).runDatanode(options)
}

/** What runs of the DFS at a root. */
export async function findProcesses(root: string): Promise<RunningProcesses> {
  return await (await import('./daemon/processes.ts')).findProcesses(root)
}

/** Asks a process of a DFS to end, and ends it when it does not in time. True if it had to be ended. */
export async function endProcess(process: DfsProcess, patienceMillis: number): Promise<boolean> {
  return await (await import('./daemon/processes.ts')).endProcess(process, patienceMillis)
}

/** What the DFS at a root is set to in place of the defaults, whoever opens it. */
export async function rootSettings(root: string): Promise<DfsTuning> {
  const [{ readSettings }, { realEnv }] = await Promise.all([
    import('./root/settings-file.ts'),
    import('./base/env.ts'),
  ])
  return await readSettings(realEnv.disk, root)
}

/** Keeps settings in the root; whoever runs goes by them once it is started anew. DFS_BAD_ARGUMENT where they do not fit together. */
export async function keepRootSettings(root: string, settings: DfsTuning): Promise<void> {
  resolveConfig(settings)
  const [{ writeSettings }, { realEnv }] = await Promise.all([
    import('./root/settings-file.ts'),
    import('./base/env.ts'),
  ])
  await writeSettings(realEnv.disk, root, settings)
}

/** Serves WebHDFS, HDFS's REST interface, for a DFS that is open. DFS_BAD_ARGUMENT where it would be open to the network without a token. */
export async function startWebHdfs(options: WebHdfsServerOptions): Promise<WebHdfsServer> {
  const server = await import('./webhdfs/server/serve.ts')
  return await server.startWebHdfs(options)
}

/**
 * The file system that `webhdfs://host:port` (or `swebhdfs://`) names; its paths are without that origin. Nothing is asked
 * of the server yet. DFS_BAD_PATH where the URL is none.
 */
export async function openFileSystem(url: string, options: WebHdfsOptions): Promise<FileSystem> {
  const { openWebHdfs } = await import('./webhdfs/client/open.ts')
  return openWebHdfs(url, options)
}

/** Makes a damaged namespace one that can be opened, without what can not be read of it; a sentence about each file. */
export async function recoverRoot(root: string): Promise<string[]> {
  return await (await import('./root/recover.ts')).recoverRoot(root)
}
