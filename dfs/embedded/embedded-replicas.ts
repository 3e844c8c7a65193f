import { type Disk, type DiskSpace, errorCode } from '../base/disk.ts'
import type { Env } from '../base/env.ts'
import type { BlockId, DatanodeId } from '../base/ids.ts'
import { type BlockKey, blockNames } from '../base/names.ts'
import type { BlockReportListener, DatanodeTarget } from '../client/protocol.ts'
import type { FsStatus, ReplicaLocation } from '../client/status.ts'
import type { Block, FileNode } from '../namenode/inode.ts'
import type { Namespace } from '../namenode/namespace.ts'
import { type PlacementNode, placeReplicas } from '../namenode/placement.ts'
import type { ReplicaDirectory, TargetChoice } from '../namenode/replica-directory.ts'
import { planReplication } from '../namenode/replication.ts'
import type { ReplicationMonitor } from './replication-monitor.ts'

export interface DatanodeDescriptor {
  readonly id: DatanodeId
  readonly rack: string
  readonly directory: string
}

export interface DeadBlock extends BlockKey {
  readonly datanodes: readonly DatanodeId[]
}

/** Who holds what, where the datanodes are those of the root and live in this process. */
export class EmbeddedReplicas implements ReplicaDirectory, BlockReportListener {
  readonly descriptors: readonly DatanodeDescriptor[]
  readonly #state: Namespace
  readonly #env: Env
  readonly #nodeNumbers: ReadonlyMap<DatanodeId, number>
  readonly #down = new Set<number>()
  #monitor: ReplicationMonitor | undefined
  /** Found dead before there was anyone to delete them. */
  #deadBefore: DeadBlock[] = []

  constructor(state: Namespace, descriptors: readonly DatanodeDescriptor[], env: Env) {
    this.#state = state
    this.descriptors = descriptors
    this.#env = env
    this.#nodeNumbers = new Map(descriptors.map(({ id }, index) => [id, index]))
  }

  attach(monitor: ReplicationMonitor): void {
    this.#monitor = monitor
    if (this.#deadBefore.length > 0) monitor.deleteDead(this.#deadBefore.splice(0))
  }

  get usable(): number {
    return this.descriptors.length
  }

  /** The datanodes that hold a good replica, as far as is known. */
  holders(block: Block): DatanodeDescriptor[] {
    return this.#described(block.replicas)
  }

  /** Datanodes whose replica was found bad and is still there. */
  corruptHolders(block: BlockId): DatanodeDescriptor[] {
    return this.#described([...this.#state.blocks.corruptOn(block)])
  }

  #described(indexes: readonly number[]): DatanodeDescriptor[] {
    return indexes.flatMap((index) => this.descriptors[index] ?? [])
  }

  locate(block: Block): ReplicaLocation[] {
    const good = this.holders(block)
    const key = { block: block.id, generation: block.generation }
    return (good.length > 0 ? good : this.corruptHolders(block.id))
      .filter(({ id }) => !this.#down.has(this.#nodeNumbers.get(id) ?? -1))
      .map(({ id, rack, directory }) => ({
        datanode: id,
        rack,
        dataFile: blockNames.data(directory, key),
        checksumFile: blockNames.checksum(directory, key),
      }))
  }

  choose({ count, present, excluded, writer }: TargetChoice): DatanodeTarget[] {
    const indexes = placeReplicas(this.placementNodes(), count, this.#env.random, {
      present,
      excluded: new Set(excluded.flatMap((id) => this.#nodeNumbers.get(id) ?? [])),
      writer: writer === undefined ? undefined : this.#nodeNumbers.get(writer),
    })
    return this.#described(indexes).map(({ id }) => ({ id }))
  }

  explain({ count, excluded }: TargetChoice): string {
    const usable = this.placementNodes().length
    const failed = excluded.length === 0 ? '' : `, and ${excluded.join(', ')} failed this writer`
    return `${count} replicas were asked for; ${usable} of ${this.descriptors.length} datanodes can be used${failed}`
  }

  /** The datanodes that can take replicas. */
  placementNodes(): PlacementNode[] {
    return this.descriptors.map(({ rack }, index) => ({ index, rack })).filter(({ index }) => !this.#down.has(index))
  }

  /** A datanode that does not answer: nothing is placed there. */
  markDown(node: DatanodeId): void {
    const index = this.#nodeNumbers.get(node)
    if (index !== undefined) this.#down.add(index)
  }

  dead(blocks: readonly Block[]): void {
    const dead = blocks.map((block) => ({
      block: block.id,
      generation: block.generation,
      datanodes: this.holders(block).map(({ id }) => id),
    }))
    if (this.#monitor === undefined) this.#deadBefore.push(...dead)
    else this.#monitor.deleteDead(dead)
  }

  // What heals later goes by what it finds then.
  added(): void {}
  completed(): void {}
  regenerated(): void {}
  dropped(): void {}

  async settle(file: FileNode, wait: boolean): Promise<void> {
    if (!wait) return
    await Promise.all(file.blocks.map((block) => this.#monitor?.repair(block.id)))
  }

  /** Each disk counts once, however many datanodes share it. */
  async status(): Promise<FsStatus> {
    let capacity = 0
    let remaining = 0
    const disks = new Set<number>()
    for (const { directory } of this.descriptors) {
      const disk = await diskOf(this.#env.disk, directory)
      if (disk === undefined || disks.has(disk.device)) continue
      disks.add(disk.device)
      capacity += disk.capacity
      remaining += disk.free
    }
    let used = 0
    for (const block of this.#state.blocks.values()) used += block.length * block.replicas.length
    return { capacity, used, remaining }
  }

  // Block reports

  received(node: DatanodeId, key: BlockKey): boolean {
    const index = this.#nodeNumbers.get(node)
    return index !== undefined && this.#state.blocks.reported(index, key.block, key.generation)
  }

  deleted(node: DatanodeId, key: BlockKey): void {
    const index = this.#nodeNumbers.get(node)
    if (index !== undefined) this.#state.blocks.dropReplica(index, key.block)
  }

  markCorrupt(node: DatanodeId, block: BlockId): void {
    const index = this.#nodeNumbers.get(node)
    if (index !== undefined) this.#state.blocks.markCorrupt(index, block)
  }

  /** What would bring a block to its file's replication. */
  planReplication(block: Block): { add: DatanodeId[]; drop: DatanodeId[] } {
    const plan = planReplication(
      block.replicas,
      block.file.attributes.replication,
      this.placementNodes(),
      this.#state.blocks.corruptOn(block.id),
      this.#env.random,
    )
    const ids = (indexes: readonly number[]): DatanodeId[] => this.#described(indexes).map(({ id }) => id)
    return { add: ids(plan.add), drop: ids(plan.drop) }
  }
}

/** The disk a directory lies on; undefined when it is gone. A pulled disk is a fact to report, not a failure of the report. */
export async function diskOf(disk: Disk, directory: string): Promise<DiskSpace | undefined> {
  try {
    return await disk.space(directory)
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'EIO') return undefined
    throw error
  }
}
