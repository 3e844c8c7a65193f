import type { BlockId, DatanodeId, FileId, GenerationStamp } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'
import type { BlockReader, BlockWriter } from '../block/block-store.ts'

/**
 * What a writer and a reader ask of the two kinds of servers. Plain values in and out, so that a socket can stand between.
 */
export interface NamenodeProtocol {
  /** A new last block and where its replicas should go, the writer's own datanode first. `excluded` have failed this writer. */
  addBlock(request: {
    file: FileId
    previousLength: number
    writer?: DatanodeId | undefined
    excluded: readonly DatanodeId[]
  }): Promise<AllocatedBlock>
  /** Other datanodes for a block whose first ones failed; as many as there are, at most `count`. */
  moreTargets(request: { block: BlockId; count: number; excluded: readonly DatanodeId[] }): Promise<DatanodeId[]>
  /** Everything answered so far is durable. A replica gets its final name only after its block is. */
  synced(): Promise<void>
  complete(request: { file: FileId; lastLength: number }): Promise<void>
  abandon(file: FileId): Promise<void>
}

export interface AllocatedBlock {
  readonly block: BlockId
  readonly generation: GenerationStamp
  readonly targets: readonly DatanodeId[]
}

export interface DatanodeProtocol {
  readonly id: DatanodeId
  readonly rack: string
  readonly directory: string
  createReplica(key: BlockKey): Promise<BlockWriter>
  openReplica(key: BlockKey): Promise<BlockReader>
  /** Reads the whole replica against its checksums; throws what is wrong with it. */
  verifyReplica(key: BlockKey, length: number): Promise<void>
  deleteReplica(key: BlockKey): Promise<boolean>
}

/** To whom a datanode tells what has changed on its disk: HDFS's incremental block report. */
export interface BlockReportListener {
  received(node: DatanodeId, key: BlockKey): void
  deleted(node: DatanodeId, key: BlockKey): void
}
