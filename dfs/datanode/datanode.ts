import { readBuffer } from '../base/bytes.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'
import type { BlockReader, BlockStore, BlockWriter } from '../block/block-store.ts'
import type { BlockReportListener } from '../client/protocol.ts'

const verifyBytes = 1024 * 1024

/** One disk that serves replicas. It owns its store; a server can stand in front of it. */
export class Datanode {
  readonly id: DatanodeId
  readonly rack: string
  readonly directory: string
  readonly #store: BlockStore
  readonly #listener: BlockReportListener

  constructor(
    identity: { id: DatanodeId; rack: string; directory: string },
    store: BlockStore,
    listener: BlockReportListener,
  ) {
    this.id = identity.id
    this.rack = identity.rack
    this.directory = identity.directory
    this.#store = store
    this.#listener = listener
  }

  /** Removes what died writers have left and says everything it holds: the full block report. */
  report(): Promise<{ readonly removed: number; readonly replicas: readonly BlockKey[] }> {
    return this.#store.sweep()
  }

  async createReplica(key: BlockKey): Promise<BlockWriter> {
    const writer = await this.#store.create(key)
    return {
      get length() {
        return writer.length
      },
      write: (bytes, sums) => writer.write(bytes, sums),
      readBack: (target, position) => writer.readBack(target, position),
      rewind: (length) => writer.rewind(length),
      abort: () => writer.abort(),
      commit: async (generation = key.generation) => {
        const length = await writer.commit(generation)
        const replica = { block: key.block, generation }
        // The file was deleted while it was written: nobody will ask for this to be deleted.
        if (!(await this.#listener.received(this.id, replica, length))) await this.#store.delete(replica)
        return length
      },
    }
  }

  openReplica(key: BlockKey): Promise<BlockReader> {
    return this.#store.open(key)
  }

  async verifyReplica(key: BlockKey, length: number): Promise<void> {
    const reader = await this.#store.open(key)
    try {
      if (reader.length !== length) {
        throw new DfsError('DFS_CORRUPT_REPLICA', `it is ${reader.length} bytes long, ${length} were written`)
      }
      const buffer = readBuffer(Math.min(verifyBytes, Math.max(1, length)))
      for (let position = 0; position < length; position += buffer.length) await reader.read(buffer, position)
    } finally {
      await reader.close()
    }
  }

  async deleteReplica(key: BlockKey): Promise<boolean> {
    const there = await this.#store.delete(key)
    await this.#listener.deleted(this.id, key)
    return there
  }
}
