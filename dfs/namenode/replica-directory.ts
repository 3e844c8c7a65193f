import type { DatanodeId } from '../base/ids.ts'
import type { DatanodeTarget } from '../client/protocol.ts'
import type { FsStatus, ReplicaLocation } from '../client/status.ts'
import type { Block, FileNode } from './inode.ts'

/** What the namespace asks of whoever knows the datanodes: in one process a fixed list, with daemons those that report. */
export interface ReplicaDirectory {
  /** How many datanodes can take replicas: what is asked for beyond that is cut down. */
  readonly usable: number
  /** As many datanodes as can be had, at most `count`; the writer's own first. */
  choose(
    count: number,
    options: { present: readonly number[]; excluded: readonly DatanodeId[]; writer?: DatanodeId | undefined },
  ): DatanodeTarget[]
  /** Where readers should look, best first. With nothing better left even what was found bad is offered: they check it. */
  locate(block: Block): ReplicaLocation[]
  /** Nothing needs these any more, durably: their replicas may go. */
  dead(blocks: readonly Block[]): void
  /** A file is complete, or has another target; with `wait` resolves when its replicas are there, as far as can be. */
  settle(file: FileNode, wait: boolean): Promise<void>
  status(): Promise<FsStatus>
}
