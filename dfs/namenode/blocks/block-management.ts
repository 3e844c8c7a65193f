import type { DfsConfig } from '../../base/config.ts'
import type { GenerationStamp } from '../../base/ids.ts'
import type { BlockKey } from '../../base/names.ts'
import type { AdminState, DatanodeReport, SafeModeStatus } from '../../client/administration.ts'
import type { BlockMap } from '../block-map.ts'
import type { Block } from '../inode.ts'
import { Balancer } from './balancer.ts'
import type {
  BalanceStep,
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
import { CopyWork } from './copy-work.ts'
import type { DatanodeState } from './datanode-state.ts'
import { DatanodeTable } from './datanode-table.ts'
import { finishDecommissions, remaining } from './decommission.ts'
import { DeletionWork } from './deletion-work.ts'
import { Heartbeats } from './heartbeats.ts'
import { ReplicaLedger } from './replica-ledger.ts'
import { Reports } from './reports.ts'
import { SafeMode, type SafeModeFacts } from './safe-mode.ts'
import { blockCounts, blockHealth, datanodeReport, readOrder } from './summary.ts'
import { Sweep, sweepSlice } from './sweep.ts'
import { Targets } from './targets.ts'

export interface BlockManagementOptions {
  readonly blocks: BlockMap
  readonly policy: BlockPolicy
  readonly config: DfsConfig
  /** 0 <= x < 1. */
  readonly random: () => number
  /** Those that should come, and how they stand. */
  readonly datanodes: readonly KnownDatanode[]
  /** Rises with every start of the namenode. */
  readonly epoch: number
  readonly now: number
  /** Blocks looked at in one tick when all have to be. */
  readonly sweepSlice?: number
}

/**
 * Who holds which replica, who should, and what the datanodes have to do about it. A state machine: events and the time go
 * in, commands come out as answers to heartbeats. Times are milliseconds of a monotonic clock.
 */
export class BlockManagement {
  readonly #ledger: ReplicaLedger
  readonly #nodes: DatanodeTable
  readonly #sweep: Sweep
  readonly #targets: Targets
  readonly #copies: CopyWork
  readonly #deletions: DeletionWork
  readonly #heartbeats: Heartbeats
  readonly #reports: Reports
  readonly #balancer: Balancer
  readonly #safeMode: SafeMode
  #straysAccepted = false
  #highestStray: BlockKey | undefined

  constructor(options: BlockManagementOptions) {
    this.#nodes = new DatanodeTable(options.datanodes)
    this.#ledger = new ReplicaLedger({ ...options, nodes: this.#nodes })
    this.#sweep = new Sweep(this.#ledger, options.sweepSlice ?? sweepSlice)
    this.#targets = new Targets(this.#nodes, options.random)
    this.#copies = new CopyWork(this.#ledger, this.#targets)
    this.#deletions = new DeletionWork(this.#ledger, this.#copies, this.#targets)
    this.#heartbeats = new Heartbeats({
      ledger: this.#ledger,
      sweep: this.#sweep,
      deletions: this.#deletions,
      epoch: options.epoch,
    })
    this.#reports = new Reports(this.#ledger)
    this.#balancer = new Balancer(this.#ledger, this.#copies, this.#deletions)
    this.#safeMode = new SafeMode(options.config, this.#facts())
    this.#ledger.settled = !this.#safeMode.on
  }

  // Datanodes

  /** A new id is a new datanode; a known one keeps its number. DFS_BAD_ARGUMENT when there are too many. */
  register(identity: DatanodeIdentity, now: number): Registration {
    this.#ledger.now = now
    return this.#heartbeats.register(identity)
  }

  heartbeat(from: Registration, beat: Heartbeat, now: number): DatanodeCommands {
    this.#ledger.now = now
    return this.#heartbeats.heartbeat(from, beat, this.#safeMode.on)
  }

  /** Call it every `heartbeatMillis`, and again in the next turn of the event loop while it says so. */
  tick(now: number): TickResult {
    this.#ledger.now = now
    const { config, orders, backlog } = this.#ledger
    const died = this.#heartbeats.listenForSilence()
    orders.expire(now, config.pendingTimeoutMillis)
    for (const node of this.#nodes.all) node.deletions.expire(now, config.pendingTimeoutMillis)
    backlog.wake(now)
    this.#safeMode.update(this.#facts(), now)
    if (!this.#ledger.settled && !this.#safeMode.on) {
      this.#ledger.settled = true
      this.#sweep.all()
    }
    const again = this.#sweep.step()
    let decommissioned: number[] = []
    // Before a sweep is through it is not known which blocks are the most endangered.
    if (!this.#safeMode.on && !this.#sweep.running) {
      if (!this.#heartbeats.settling) this.#copies.order()
      this.#deletions.dropSurplus()
      this.#deletions.dropBad()
      if (!this.#sweep.wanted && !this.#heartbeats.settling) decommissioned = finishDecommissions(this.#ledger)
    }
    return { again, died, decommissioned }
  }

  setAdminState(node: number, state: AdminState, now: number): void {
    this.#ledger.now = now
    const known = this.#nodes.at(node)
    if (known === undefined || known.adminState === state) return
    known.adminState = state
    this.#nodes.changed()
    this.#sweep.all()
  }

  nodeOf(id: string): number | undefined {
    return this.#nodes.byId(id)?.number
  }

  /** The namenode has only just been started, and some datanodes have not come yet. */
  settlingAt(now: number): boolean {
    this.#ledger.now = now
    return this.#heartbeats.settling
  }

  /** Datanodes that can be given replicas: they live and are in service. */
  get usable(): number {
    return this.#nodes.usable.live
  }

  datanode(node: number, now: number): DatanodeReport | undefined {
    const known = this.#nodes.at(node)
    return known === undefined ? undefined : datanodeReport(known, now)
  }

  datanodes(now: number): DatanodeReport[] {
    return this.#nodes.all.map((node) => datanodeReport(node, now))
  }

  // What datanodes report

  /**
   * Everything it holds under final names, as triples of block, generation and length: at one moment between the reports
   * before and after it, in the order of their sequence.
   */
  fullReport(from: ReportOrigin, replicas: Float64Array, now: number): void {
    const node = this.#listen(from, now)
    if (node !== undefined) this.#sweep.reported(node, this.#reports.full(node, replicas))
    this.#passOverStrays()
  }

  /** A replica is durable under its final name. False: nobody needs it. */
  received(from: ReportOrigin, key: BlockKey, length: number, now: number): boolean {
    const node = this.#listen(from, now)
    const needed = node === undefined || this.#reports.received(node, key, length)
    this.#passOverStrays()
    return needed
  }

  deleted(from: ReportOrigin, key: BlockKey, now: number): void {
    const node = this.#listen(from, now)
    if (node !== undefined) this.#ledger.gone(node, key)
  }

  /** The datanode itself has found its replica bad. */
  bad(from: ReportOrigin, key: BlockKey, now: number): void {
    const node = this.#listen(from, now)
    if (node !== undefined) this.#reports.bad(node, key)
  }

  /** The datanode has read its replica from end to end, checksums and all. */
  verified(from: ReportOrigin, key: BlockKey, length: number, now: number): void {
    const node = this.#listen(from, now)
    if (node !== undefined) this.#reports.verified(node, key, length)
  }

  /** A copy it was told to make has not reached these targets. */
  copyFailed(from: ReportOrigin, key: BlockKey, targets: readonly number[], now: number): void {
    const node = this.#listen(from, now)
    const block = this.#ledger.blocks.get(key.block)
    if (node !== undefined && block !== undefined) this.#ledger.orders.failed(block, node.number, targets)
  }

  #listen(from: ReportOrigin, now: number): DatanodeState | undefined {
    this.#ledger.now = now
    return this.#heartbeats.listen(from)
  }

  /** A reader has found it bad: it is not offered any more, and its datanode is asked to look. */
  suspect(node: number, block: Block, now: number): void {
    this.#ledger.now = now
    const known = this.#nodes.at(node)
    if (known === undefined || !block.replicas.includes(node)) return
    this.#ledger.condemn(block, known, block.generation, 'suspect')
  }

  // What happens to files. Each is to be told in the turn of the event loop in which the namespace changes.

  /** A block that a file being written has got. */
  added(block: Block): void {
    this.#ledger.added(block)
  }

  /** Lengths and generations are final: from now on the blocks are counted and healed. Publishing sealed files is no such event. */
  completed(blocks: Iterable<Block>, now: number): void {
    this.#ledger.now = now
    for (const block of blocks) this.#ledger.completed(block)
  }

  replicationChanged(blocks: Iterable<Block>, now: number): void {
    this.#ledger.now = now
    for (const block of blocks) this.#ledger.assess(block)
  }

  /** An open block goes on under a new generation: replicas reported so far are of `previous`. */
  regenerated(block: Block, previous: GenerationStamp): void {
    this.#ledger.regenerated(block, previous)
  }

  /** No file has them any more, but after a crash they might have one again: nothing is deleted yet. */
  dropped(blocks: Iterable<Block>, now: number): void {
    this.#ledger.now = now
    for (const block of blocks) this.#ledger.drop(block)
  }

  /** That is durable: their replicas may go. */
  droppedDurably(blocks: Iterable<Block>): void {
    for (const block of blocks) this.#ledger.bury(block)
  }

  // Where to

  /** Datanodes for new replicas, the writer's own first; fewer than asked for when there are fewer. */
  chooseTargets(request: TargetRequest): number[] {
    return this.#targets.choose(request)
  }

  /** Why there are not more, in one sentence. */
  explainPlacement(request: TargetRequest): string {
    return this.#targets.explain(request)
  }

  /** Who can be read from, best first. With no good one left even bad ones: readers check what they read. */
  locations(block: Block): number[] {
    return readOrder(this.#ledger, block)
  }

  // Safe mode

  get inSafeMode(): boolean {
    return this.#safeMode.on
  }

  /** Since the start it has not been left yet: it will be, without anyone's doing. */
  get startingUp(): boolean {
    return this.#safeMode.starting
  }

  safeMode(now: number): SafeModeStatus {
    return this.#safeMode.status(this.#facts(), now)
  }

  enterSafeMode(): void {
    this.#safeMode.enter()
  }

  leaveSafeMode(): void {
    this.#safeMode.leave()
    this.#straysAccepted = this.#reports.highestStray !== undefined
    this.#passOverStrays()
  }

  /** Nothing is changed before a person has said what is to become of data that are newer than the namespace. */
  #passOverStrays(): void {
    const highest = this.#reports.highestStray
    if (highest === this.#highestStray || highest === undefined) return
    if (this.#straysAccepted) {
      this.#highestStray = highest
      this.#ledger.policy.giveOutBeyond(highest.block, highest.generation)
    } else this.#safeMode.strays()
  }

  /** The namenode's own disk is nearly full: `detail` says what is left. Safe mode, until a person ends it. */
  lowResources(detail: string): void {
    this.#safeMode.lowResources(detail)
  }

  #facts(): SafeModeFacts {
    const { total, safe, nodes } = this.#ledger
    return {
      total,
      safe,
      live: nodes.all.filter((node) => !node.dead).length,
      strays: this.#reports.strays.size,
      awaited: nodes.all.filter((node) => node.dead && node.adminState !== 'decommissioned').map(({ id }) => id),
    }
  }

  // Summaries

  counts(): BlockCounts {
    return { ...blockCounts(this.#ledger), strays: this.#reports.strays.size }
  }

  health(block: Block): BlockHealth {
    return blockHealth(this.#ledger, block)
  }

  /** It has as many replicas as it should, or as there are datanodes for, and no more. */
  atTarget(block: Block): boolean {
    const { nodes, policy } = this.#ledger
    const { live } = nodes.worth(block.replicas)
    const wanted = policy.wanted(block)
    return live >= Math.min(wanted, nodes.usable.live) && live <= wanted
  }

  /** Blocks that have to be copied before the datanode is decommissioned. */
  decommissionRemaining(node: number): number {
    const known = this.#nodes.at(node)
    return known === undefined ? 0 : remaining(this.#ledger, known, Number.POSITIVE_INFINITY)
  }

  // Balance

  /** One step of evening out the datanodes' use to within `threshold` (0 to 1) of the mean: call it every `heartbeatMillis`. */
  balance(threshold: number, now: number): BalanceStep {
    this.#ledger.now = now
    return this.#balancer.step(threshold)
  }
}
