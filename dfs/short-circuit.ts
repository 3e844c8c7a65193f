/**
 * The DFS's second face, for worker threads: reading replicas straight from their files. It is loaded in every worker, so it
 * reaches nothing but this reader.
 */
export { DfsError, type DfsErrorCode } from './base/errors.ts'
export {
  type OpenReplicaReader,
  openReplicaReader,
  type ReplicaReader,
} from './block/replica-reader.ts'
export type { BadReplica, LocatedBlock, ReplicaLocation } from './client/status.ts'
