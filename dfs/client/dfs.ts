import type { DatanodeId, FileId } from '../base/ids.ts'
import type { DfsAdministration } from './administration.ts'
import type { CreateOptions, FileSystem } from './file-system.ts'
import type { Listing } from './protocol.ts'
import type { BadReplica, LocatedBlock } from './status.ts'

/** A file written by a job attempt: durable, but in no directory until `publish` names it. */
export interface DetachedWriter {
  write(bytes: Uint8Array): Promise<void>
  /** Seals the file; returns the id that `publish` or `discardDetached` takes. */
  close(): Promise<FileId>
  abort(): Promise<void>
}

/**
 * quern's own distributed file system: opened embedded in this process, or through its daemons. What a general file
 * system does not have is here: where replicas lie, a job's commit, the care of datanodes.
 */
export interface Dfs extends FileSystem, DfsAdministration {
  /** The OS directory everything lies under. */
  readonly root: string
  readonly datanodes: readonly { readonly id: DatanodeId; readonly rack: string; readonly directory: string }[]

  /** The same, as another user: permissions are checked for them, and what they make is theirs. Closing it closes nothing. */
  as(user: string): Dfs

  /** What `list` gives, from behind the name `startAfter` on and at most `limit` of it, with how many there are behind that. */
  listPage(path: string, page: { startAfter?: string; limit: number }): Promise<Listing>
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
  /** Bad replicas met and repaired since open, for summaries. */
  readonly incidents: readonly (BadReplica & { readonly repaired: boolean })[]
  /**
   * Resolves once the bad replicas that readers of this process met are looked at and repaired, or can't be: for a command
   * that is about to close and to say what happened. Does not wait for replicas found missing at open.
   */
  repairsDone(): Promise<void>
}

export interface OpenOptions {
  /** `--root`, else QUERN_ROOT, else `~/.quern`: resolved by the caller. */
  readonly root: string
  /** Whom the calls are made as; the owner of the process if not given. */
  readonly user?: string
  readonly create?: boolean
  readonly datanodes?: number
  readonly racks?: number
  readonly blockSize?: number
  readonly replication?: number
}
