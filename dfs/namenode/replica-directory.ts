import type { DatanodeId, GenerationStamp } from '../base/ids.ts'
import type { DatanodeTarget } from '../client/protocol.ts'
import type { FsStatus, ReplicaLocation } from '../client/status.ts'
import type { Block, FileNode } from './inode.ts'

export interface TargetChoice {
  readonly count: number
  /** Bytes that each should have room for. */
  readonly length: number
  /** Datanodes, by number, that have the block. */
  readonly present: readonly number[]
  readonly excluded: readonly DatanodeId[]
  readonly writer?: DatanodeId | undefined
}

/** What the namespace asks of whoever knows the datanodes: in one process a fixed list, with daemons those that report. */
export interface ReplicaDirectory {
  /** How many datanodes can take replicas: what is asked for beyond that is cut down. */
  readonly usable: number
  /** As many datanodes as can be had, at most `count`; the writer's own first. */
  choose(choice: TargetChoice): DatanodeTarget[]
  /** Why there were fewer, in a sentence. */
  explain(choice: TargetChoice): string
  /** Where readers should look, best first. With nothing better left even what was found bad is offered: they check it. */
  locate(block: Block): ReplicaLocation[]
  /** A file being written has got it. */
  added(block: Block): void
  /** These blocks are whole: their lengths and generations are final. */
  completed(blocks: readonly Block[]): void
  /** Replicas of the generation before are stale. */
  regenerated(block: Block, previous: GenerationStamp): void
  /** No file has these any more; but a crash could still bring their file back. */
  dropped(blocks: readonly Block[]): void
  /** That is durable now: their replicas may go. */
  dead(blocks: readonly Block[]): void
  /** A file has another target; with `wait` resolves when its replicas are there, as far as can be. */
  settle(file: FileNode, wait: boolean): Promise<void>
  status(): Promise<FsStatus>
}
