import type { BlockId, DatanodeId, GenerationStamp } from '../../base/ids.ts'
import type { BlockKey } from '../../base/names.ts'
import type { AdminState } from '../../client/administration.ts'
import type { DatanodeAddress } from '../../client/status.ts'
import type { Block } from '../inode.ts'

/**
 * What goes between the datanodes and block management. Datanodes are numbers here, given at `register`. Times are
 * milliseconds of a monotonic clock.
 */

/** How a datanode introduces itself. */
export interface DatanodeIdentity {
  readonly id: DatanodeId
  readonly rack: string
  readonly directory: string
  readonly address?: DatanodeAddress
  readonly pid?: number
  /** Bytes of its disk, so that blocks can be given to it before its first heartbeat. */
  readonly space?: { readonly capacity: number; readonly free: number }
  /** Of its directory: another one means that nothing of what was there before is there now. */
  readonly uuid: string
}

/** A datanode that is known before it comes. */
export interface KnownDatanode {
  readonly id: DatanodeId
  readonly rack: string
  readonly directory: string
  readonly adminState: AdminState
}

export interface Registration {
  readonly node: number
  /**
   * Rises with every registration of any datanode. What comes with an older one is from the past and is not listened to.
   * On registering, a datanode forgets commands it has not executed; then it sends a full report.
   */
  readonly session: number
}

/** Who says it, and when: `sequence` counts a session's reports of all kinds, from 1, without gaps. */
export interface ReportOrigin extends Registration {
  readonly sequence: number
}

export interface Heartbeat {
  /** Bytes; of the disk its directory lies on. Undefined when that is gone. */
  readonly capacity: number | undefined
  readonly free: number | undefined
  /** Bytes of the replicas it holds. */
  readonly used: number
  /** Blocks being written to it. */
  readonly writers: number
  /** Its disk takes no more; why. */
  readonly failure?: string
  /** The sequence of the last report it has sent: a report that was lost is noticed by this. */
  readonly reported: number
}

/** The answer to a heartbeat. */
export interface DatanodeCommands {
  /** It is not known, was thought dead or is of an older session: it has to register again. The rest is empty then. */
  readonly register: boolean
  /** A full report is wanted. */
  readonly report: boolean
  readonly copies: readonly CopyCommand[]
  /** Each is answered by `deleted`, also when there was nothing to delete. */
  readonly deletions: readonly BlockKey[]
  /**
   * Deletions count from when the heartbeat they answer was *sent*; one not begun by then is to be forgotten. So a datanode
   * that was frozen does not delete what has meanwhile become the last replica.
   */
  readonly deletionsValidMillis: number
  /** To be read from end to end; answered by `verified`, `bad` or `deleted`. */
  readonly verify: readonly BlockKey[]
}

/** Its own replica, verified while it is read, goes to the targets, through one another. Each says `received`. */
export interface CopyCommand {
  readonly key: BlockKey
  readonly length: number
  readonly targets: readonly number[]
}

/** What block management has to know of the namespace. */
export interface BlockPolicy {
  /** How many replicas the block should have: its file's, or that of the snapshot that wants most. */
  wanted(block: Block): number
  /** Its file is complete or sealed: length and generation are final. */
  whole(block: Block): boolean
  /** The first id that no block has had. */
  nextBlock(): number
  /** Replicas were reported that this namespace has never given out: new blocks must not be taken for these. */
  giveOutBeyond(block: BlockId, generation: GenerationStamp): void
}

/** What `locate`, `fsck` and the summaries want to know of one block. */
export interface BlockHealth {
  readonly wanted: number
  /** Good replicas on datanodes in service. */
  readonly live: number
  /** Good ones on datanodes that are decommissioned or about to be. */
  readonly leaving: number
  readonly missing: boolean
  readonly misReplicated: boolean
  readonly bad: readonly KnownBadReplica[]
}

export type BadReason = 'suspect' | 'corrupt' | 'length' | 'generation'

export interface KnownBadReplica {
  readonly node: number
  /** Of the replica; the block may have a newer one. */
  readonly generation: GenerationStamp
  /** `suspect`: a reader says so, its datanode has not looked yet. */
  readonly reason: BadReason
}

export interface BlockCounts {
  /** Fewer good replicas than their files ask for, the missing ones not among them. */
  readonly underReplicated: number
  /** Of these: as many as there are datanodes that can have one. */
  readonly waitingForDatanodes: number
  readonly misReplicated: number
  readonly overReplicated: number
  /** No good replica is known. */
  readonly missing: number
  readonly corruptReplicas: number
  readonly pendingReplication: number
  readonly pendingDeletion: number
  /** Replicas of blocks that this namespace has never given out: it is older than the data. They are kept. */
  readonly strays: number
}

export interface TickResult {
  /** There is more to do: call again in the next turn of the event loop, with the time as it is then. */
  readonly again: boolean
  readonly died: readonly number[]
  /** All their blocks are elsewhere: to be made durable by whoever keeps the admin states. */
  readonly decommissioned: readonly number[]
}

export interface TargetRequest {
  readonly count: number
  /** Bytes that each should have room for. */
  readonly length: number
  readonly writer?: number | undefined
  readonly present?: readonly number[]
  readonly excluded?: ReadonlySet<number>
}

/** How far the balancer is. */
export interface BalanceStep {
  /** `moving`: ask again in a heartbeat. `stuck`: not balanced, and nothing can be moved; `detail` says why. */
  readonly state: 'moving' | 'balanced' | 'stuck'
  /** Most and least used datanode in service, as fractions of their capacity. */
  readonly most: number
  readonly least: number
  /** Since it began. */
  readonly moved: number
  readonly bytes: number
  readonly detail?: string
}
