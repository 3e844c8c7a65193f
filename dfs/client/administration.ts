import type { DatanodeId } from '../base/ids.ts'
import type { BadReplica, DatanodeAddress } from './status.ts'

/** Whether a datanode is meant to hold replicas, and how far it is with giving them away. */
export type AdminState = 'in-service' | 'decommissioning' | 'decommissioned'

/** What the namenode hears of a datanode: `stale` ones are asked last, `dead` ones not at all. */
export type Liveness = 'live' | 'stale' | 'dead'

export interface DatanodeReport {
  readonly id: DatanodeId
  readonly rack: string
  readonly directory: string
  /** Undefined where the DFS is embedded, and for a datanode that never came. */
  readonly address?: DatanodeAddress
  readonly pid?: number
  readonly liveness: Liveness
  readonly adminState: AdminState
  readonly blocks: number
  /** Bytes of the replicas it holds. */
  readonly used: number
  /** Of the disk its directory lies on; undefined when that is gone. */
  readonly capacity: number | undefined
  readonly free: number | undefined
  /** Milliseconds since it was last heard; undefined where the DFS is embedded, and for one that never came. */
  readonly lastContact?: number
  /** Its disk takes no more; why. */
  readonly failure?: string
}

export interface ClusterReport {
  readonly files: number
  readonly directories: number
  readonly bytes: number
  readonly bytesWithReplicas: number
  readonly blocks: number
  readonly underReplicated: number
  readonly corruptReplicas: number
  readonly missingBlocks: number
  readonly pendingReplication: number
  readonly pendingDeletion: number
  /** Each disk once, however many datanodes share it. */
  readonly capacity: number
  readonly free: number
  readonly datanodes: readonly DatanodeReport[]
}

export interface SafeModeStatus {
  readonly on: boolean
  /** In words: what it waits for, or who turned it on. Empty when it is off. */
  readonly detail: string
}

export type SafeModeAction = 'enter' | 'leave' | 'get'

export interface OpenFileStatus {
  readonly path: string
  readonly holder: string
  /** Of the blocks that are known so far. */
  readonly bytes: number
}

export interface FsckReport {
  readonly path: string
  readonly healthy: boolean
  readonly directories: number
  readonly files: number
  readonly bytes: number
  readonly blocks: number
  readonly minimallyReplicated: number
  readonly overReplicated: number
  readonly underReplicated: number
  /** All replicas on one rack where two could be used. */
  readonly misReplicated: number
  readonly corruptBlocks: number
  readonly missingReplicas: number
  readonly datanodes: number
  readonly racks: number
  readonly defaultReplication: number
  /** Files being written below the path. */
  readonly openFiles: readonly OpenFileStatus[]
  /** One entry a replica found bad, with the file it belongs to. */
  readonly problems: readonly (BadReplica & { readonly file: string })[]
}

export interface BalanceReport {
  readonly moved: number
  readonly bytes: number
  /** Most and least used datanode, as fractions of their capacity, when it ended. */
  readonly most: number
  readonly least: number
  readonly balanced: boolean
  /** In words, where it stopped short of the threshold. */
  readonly detail?: string
}

export interface ScrubReport {
  readonly replicas: number
  readonly bytes: number
  readonly bad: readonly BadReplica[]
}

/** What looks after the file system. For superusers. */
export interface DfsAdministration {
  report(): Promise<ClusterReport>
  /** Walks the namespace and, with `verify`, reads every replica against its checksums. */
  fsck(path: string, options?: { verify?: boolean }): Promise<FsckReport>
  /** Writes an image and cuts the journal. */
  checkpoint(): Promise<void>
  safeMode(action: SafeModeAction): Promise<SafeModeStatus>
  /** Moves replicas until every datanode's use is within `threshold` (0 to 1) of the mean. */
  balance(options: { threshold: number; signal?: AbortSignal }): Promise<BalanceReport>
  /** Its replicas are copied elsewhere; DFS_BAD_ARGUMENT names the datanodes there are. Resolves when it has begun. */
  decommission(datanode: string): Promise<void>
  recommission(datanode: string): Promise<void>
  /** Reads every replica of every datanode against its checksums, and repairs what is bad. */
  scrub(): Promise<ScrubReport>
}
