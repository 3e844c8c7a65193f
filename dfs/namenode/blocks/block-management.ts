import type { DfsConfig } from '../../base/config.ts'
import type { GenerationStamp } from '../../base/ids.ts'
import type { BlockKey } from '../../base/names.ts'
import type { AdminState, DatanodeReport, SafeModeStatus } from '../../client/administration.ts'
import type { BlockMap } from '../block-map.ts'
import type { Block } from '../inode.ts'
import type {
  BalanceRound,
  BlockCounts,
  BlockHealth,
  BlockPolicy,
  DatanodeCommands,
  DatanodeIdentity,
  Heartbeat,
  KnownDatanode,
  Registration,
  ReportOrigin,
  TargetRequest,
  TickResult,
} from './commands.ts'

export interface BlockManagementOptions {
  readonly blocks: BlockMap
  readonly policy: BlockPolicy
  readonly config: DfsConfig
  /** 0 <= x < 1. */
  readonly random: () => number
  readonly datanodes: readonly KnownDatanode[]
  readonly now: number
}

/**
 * Who holds which replica, who should, and what the datanodes have to do about it. A state machine: events and the time go
 * in, commands come out as answers to heartbeats.
 */
export declare class BlockManagement {
  constructor(options: BlockManagementOptions)

  // Datanodes

  /** A new id is a new datanode; a known one keeps its number. */
  register(identity: DatanodeIdentity, now: number): Registration
  heartbeat(from: Registration, beat: Heartbeat, now: number): DatanodeCommands
  /** Call it every `heartbeatMillis`, and again at once while it says so. */
  tick(now: number): TickResult
  setAdminState(node: number, state: AdminState, now: number): void
  nodeOf(id: string): number | undefined
  datanode(node: number, now: number): DatanodeReport
  datanodes(now: number): DatanodeReport[]

  // What datanodes report

  /**
   * Everything it holds, as triples of block, generation and length. It has to be what the datanode held between its reports
   * before and after, in the order of their sequence.
   */
  fullReport(from: ReportOrigin, replicas: Float64Array, now: number): void
  /** A replica is durable under its final name. False: nobody needs it. */
  received(from: ReportOrigin, key: BlockKey, length: number, now: number): boolean
  deleted(from: ReportOrigin, key: BlockKey, now: number): void
  /** The datanode itself found it bad. */
  bad(from: ReportOrigin, key: BlockKey, now: number): void
  /** The datanode has read it from end to end. */
  verified(from: ReportOrigin, key: BlockKey, length: number, now: number): void
  /** A copy it was told to make did not reach these targets. */
  copyFailed(from: ReportOrigin, key: BlockKey, targets: readonly number[], now: number): void
  /** A reader found it bad: it is not offered, and its datanode is asked to look. */
  suspect(node: number, block: Block, now: number): void

  // What happens to files

  /** Lengths and generations are final: from now on the blocks are counted and healed. Publishing sealed files is no such event. */
  completed(blocks: Iterable<Block>, now: number): void
  replicationChanged(blocks: Iterable<Block>): void
  /** An open block goes on under a new generation: `previous` is the one that replicas may have been reported with. */
  regenerated(block: Block, previous: GenerationStamp): void
  /** No file has them any more, but a crash could bring their file back: nothing is deleted yet. */
  dropped(blocks: Iterable<Block>): void
  /** That is durable now: their replicas may go. */
  droppedDurably(blocks: Iterable<Block>): void

  // Where to

  chooseTargets(request: TargetRequest, now: number): number[]
  /** Why fewer than that many targets were found, in one sentence. */
  explainPlacement(request: TargetRequest, now: number): string
  /** Who can be read from, best first: live, then stale, then those that leave. */
  locations(block: Block): number[]

  // Safe mode

  readonly inSafeMode: boolean
  safeMode(now: number): SafeModeStatus
  enterSafeMode(): void
  leaveSafeMode(now: number): void
  /** The namenode's own disk is nearly full: safe mode until a person ends it. Undefined: it has room again. */
  lowResources(detail: string | undefined): void

  // Summaries

  counts(): BlockCounts
  health(block: Block): BlockHealth
  /** It has as many replicas as it can have now. */
  atTarget(block: Block): boolean
  /** Blocks that have to be copied before the datanode is decommissioned. */
  decommissionRemaining(node: number): number
  readonly notes: readonly string[]

  // Balance

  /** Plans the moves of one round and starts them. */
  balanceRound(threshold: number, now: number): BalanceRound
  /** Of the last round: how far it is. */
  readonly balancing: {
    readonly underWay: number
    readonly moved: number
    readonly bytes: number
    readonly failed: number
  }
}
