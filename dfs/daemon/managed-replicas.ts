import type { Env } from '../base/env.ts'
import { type DatanodeId, datanodeId, type GenerationStamp } from '../base/ids.ts'
import { blockNames } from '../base/names.ts'
import type { DatanodeReport } from '../client/administration.ts'
import type { DatanodeTarget } from '../client/protocol.ts'
import type { FsStatus, ReplicaLocation } from '../client/status.ts'
import type { BlockManagement } from '../namenode/blocks/block-management.ts'
import type { Block, FileNode } from '../namenode/inode.ts'
import type { ReplicaDirectory, TargetChoice } from '../namenode/replica-directory.ts'

/** How long `setrep -w` waits between looks. */
const lookMillis = 50

/** Who holds what, where datanodes are processes that come and go: the namespace's view of block management. */
export class ManagedReplicas implements ReplicaDirectory {
  readonly #management: BlockManagement
  readonly #env: Env

  constructor(management: BlockManagement, env: Env) {
    this.#management = management
    this.#env = env
  }

  get usable(): number {
    // Also those that are away: a file's target must not depend on who happens to be there.
    const meant = this.#management
      .datanodes(this.#env.monotonic())
      .filter(({ adminState }) => adminState === 'in-service')
    return Math.max(1, meant.length)
  }

  choose(choice: TargetChoice): DatanodeTarget[] {
    return this.#management.chooseTargets(this.#request(choice)).flatMap((node) => {
      const report = this.#datanode(node)
      if (report?.address === undefined) return []
      return { id: report.id, address: report.address }
    })
  }

  explain(choice: TargetChoice): string {
    return this.#management.explainPlacement(this.#request(choice))
  }

  #request({ count, length, present, excluded, writer }: TargetChoice): {
    count: number
    length: number
    present: readonly number[]
    excluded: ReadonlySet<number>
    writer?: number
  } {
    const number = (id: DatanodeId): number | undefined => this.#management.nodeOf(id)
    const own = writer === undefined ? undefined : number(writer)
    return {
      count,
      length,
      present,
      excluded: new Set(excluded.flatMap((id) => number(id) ?? [])),
      ...(own === undefined ? {} : { writer: own }),
    }
  }

  locate(block: Block): ReplicaLocation[] {
    const key = { block: block.id, generation: block.generation }
    return this.#management.locations(block).flatMap((node) => {
      const report = this.#datanode(node)
      if (report === undefined) return []
      const { id, rack, directory, address } = report
      return {
        datanode: datanodeId(id),
        rack,
        dataFile: blockNames.data(directory, key),
        checksumFile: blockNames.checksum(directory, key),
        ...(address === undefined ? {} : { address }),
      }
    })
  }

  #datanode(node: number): DatanodeReport | undefined {
    return this.#management.datanode(node, this.#env.monotonic())
  }

  added(block: Block): void {
    this.#management.added(block)
  }

  completed(blocks: readonly Block[]): void {
    this.#management.completed(blocks, this.#env.monotonic())
  }

  regenerated(block: Block, previous: GenerationStamp): void {
    this.#management.regenerated(block, previous)
  }

  dropped(blocks: readonly Block[]): void {
    this.#management.dropped(blocks, this.#env.monotonic())
  }

  dead(blocks: readonly Block[]): void {
    this.#management.droppedDurably(blocks)
  }

  async settle(file: FileNode, wait: boolean): Promise<void> {
    this.#management.replicationChanged(file.blocks, this.#env.monotonic())
    while (wait && file.blocks.some((block) => !this.#management.atTarget(block))) await this.#env.sleep(lookMillis)
  }

  /** Each disk counts once, however many datanodes share it; which disk a datanode is on is told by its sizes. */
  async status(): Promise<FsStatus> {
    const reports = this.#management.datanodes(this.#env.monotonic())
    const { capacity, free } = diskTotals(reports)
    return { capacity, used: reports.reduce((sum, { used }) => sum + used, 0), remaining: free }
  }
}

/** Capacity and free space of the disks that datanodes lie on. Those of one disk say the same of it, give or take a moment. */
export function diskTotals(reports: readonly DatanodeReport[]): { capacity: number; free: number } {
  const disks = new Map<number, number>()
  for (const { capacity, free, liveness } of reports) {
    if (capacity !== undefined && free !== undefined && liveness !== 'dead') disks.set(capacity, free)
  }
  let capacity = 0
  let free = 0
  for (const [size, rest] of disks) {
    capacity += size
    free += rest
  }
  return { capacity, free }
}
