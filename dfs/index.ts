/**
 * The public face of the DFS. `openDfs` opens a root embedded in this process.
 */
export { DfsError, type DfsErrorCode } from './base/errors.ts'
export type { BlockId, DatanodeId, FileId, GenerationStamp } from './base/ids.ts'
export { isAlive, processIdentity } from './base/process-identity.ts'
export type {
  BadReplica,
  ContentSummary,
  CreateOptions,
  DetachedWriter,
  Dfs,
  DfsReader,
  DfsWriter,
  FileStatus,
  FsckReport,
  LocatedBlock,
  OpenOptions,
  ReplicaLocation,
} from './client/dfs.ts'
export { nameGlob } from './client/glob.ts'
export { openDfs } from './embedded/open.ts'
