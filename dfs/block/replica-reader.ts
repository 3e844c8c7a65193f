import type { BadReplica, LocatedBlock } from '../client/dfs.ts'

/**
 * Positional, verified, synchronous reads of one DFS file by a thread of the same machine, straight from the replicas'
 * files. A read that starts on a multiple of `chunkBytes` and asks for a multiple of it is checked in place without a
 * copy; others go through a bounce buffer. A replica that is missing or fails its checksum is left for the next, and
 * named in `bad`; when none is left the read throws DFS_NO_REPLICA. Never returns unverified bytes.
 */
export interface ReplicaReader {
  readonly length: number
  readonly chunkBytes: number
  readonly bad: readonly BadReplica[]
  /** Reads up to `length` bytes at `position` into `target` at `offset`; fewer only at the end of the file. */
  readInto(target: Uint8Array, offset: number, position: number, length: number): number
  close(): void
}

export type OpenReplicaReader = (blocks: readonly LocatedBlock[], options?: { preferNode?: string }) => ReplicaReader
