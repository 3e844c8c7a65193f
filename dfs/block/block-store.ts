import type { GenerationStamp } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'

/**
 * Stores replicas of blocks with a checksum for each chunk. A replica is there whole or not at all: it appears when its
 * writer commits, and then it is durable. Stores are dumb: which replicas there should be is not their concern.
 */
export interface BlockStore {
  readonly chunkBytes: number
  /** DFS_EXISTS if the replica is there already. */
  create(key: BlockKey): Promise<BlockWriter>
  /** DFS_NOT_FOUND if it is not there, DFS_CORRUPT_REPLICA if its checksum file is damaged or of another block. */
  open(key: BlockKey): Promise<BlockReader>
  /** False if it was not there. */
  delete(key: BlockKey): Promise<boolean>
  /** Every replica that is there, in no particular order. */
  list(): Promise<BlockKey[]>
  /** Removes what writers that died have left, and lists. Only before the first `create`. */
  sweep(): Promise<{ readonly removed: number; readonly replicas: BlockKey[] }>
}

export interface BlockWriter {
  /** Bytes written so far. */
  readonly length: number
  /**
   * Appends `bytes`, with the CRC-32 of each chunk. All but the last write of a block are whole chunks. The bytes may be
   * reused once this resolves. After a failure only `readBack` of what was written before and `abort` make sense.
   */
  write(bytes: Uint8Array, sums: Uint32Array): Promise<void>
  /** Reads what was written, checked against its sums; chunk-aligned. For handing an unfinished block to another store. */
  readBack(target: Uint8Array, position: number): Promise<Uint32Array>
  /** Forgets what was written behind `length`, which is on a chunk or the length itself. */
  rewind(length: number): Promise<void>
  /** Durable and listed once this resolves; resolves to the block's length. Under another generation if one is given. */
  commit(generation?: GenerationStamp): Promise<number>
  /** Drops the replica. Safe after a failure and more than once. */
  abort(): Promise<void>
}

export interface BlockReader {
  readonly length: number
  /**
   * Fills `target` from `position`, fewer bytes only at the end of the block. DFS_CORRUPT_REPLICA if any chunk touched
   * fails its checksum, DFS_IO if the disk does; then nothing in `target` may be used.
   */
  read(target: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}
