import { chunkChecksums } from '../base/data-checksum.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId, FileId } from '../base/ids.ts'
import type { DetachedWriter } from './dfs.ts'
import type { DfsWriter } from './file-system.ts'
import type { BlockPipeline, LostReplica, NamespaceProtocol, ReplicaAccess } from './protocol.ts'

export interface WriterOptions {
  readonly file: FileId
  /** For messages. */
  readonly path: string
  readonly blockSize: number
  readonly chunkBytes: number
  readonly packetBytes: number
  readonly writerNode?: DatanodeId | undefined
  readonly signal?: AbortSignal | undefined
  /** A replica could not be written, but the block was. */
  readonly onLost: (lost: LostReplica) => void
  /** Fewer replicas can be made than the file asks for; why. */
  readonly onShort: (why: string) => void
  /** Called once when the writer is over, however. */
  readonly onOver: (writer: FileWriter) => void
}

/**
 * Writes one file, block after block. Small writes are gathered into packets of whole chunks, large ones go out as they
 * are. While one block is being synced the next is already written.
 */
export class FileWriter {
  readonly #namenode: NamespaceProtocol
  readonly #access: ReplicaAccess
  readonly #options: WriterOptions
  #state: 'open' | 'failed' | 'closed' | 'aborted' = 'open'
  #failure: unknown
  #packet: Buffer | undefined
  #filled = 0
  #pipeline: BlockPipeline | undefined
  /** Length of the last block begun, its packets not yet sent included. */
  #blockLength = 0
  #committing: Promise<void> | undefined
  #excluded: readonly DatanodeId[] = []
  #queue: Promise<unknown> = Promise.resolve()

  constructor(namenode: NamespaceProtocol, access: ReplicaAccess, options: WriterOptions) {
    this.#namenode = namenode
    this.#access = access
    this.#options = options
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#guard(() => this.#write(bytes)))
  }

  /** Every replica committed and the file complete. */
  finish(): Promise<FileId> {
    return this.#inTurn(async () => {
      if (this.#state === 'closed') return this.#options.file
      await this.#guard(async () => {
        await this.#sendPacket()
        const length = this.#blockLength
        await this.#endBlock()
        await this.#committing
        await this.#namenode.complete({ file: this.#options.file, lastLength: length })
      })
      this.#end('closed')
      return this.#options.file
    })
  }

  abort(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'closed' || this.#state === 'aborted') return
      this.#end('aborted')
      await this.#committing?.catch(() => undefined)
      await this.#pipeline?.abort()
      await this.#namenode.abandon({ file: this.#options.file })
    })
  }

  #end(state: 'closed' | 'aborted'): void {
    this.#state = state
    this.#packet = undefined
    this.#options.onOver(this)
  }

  /** Calls that were not awaited still come one after the other. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(action)
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    if (this.#state === 'failed') throw this.#failure
    if (this.#state !== 'open') {
      throw new DfsError('DFS_CLOSED', `the writer of ${this.#options.path} has been ${this.#state}`)
    }
    try {
      this.#options.signal?.throwIfAborted()
      await action()
    } catch (error) {
      this.#state = 'failed'
      this.#failure = error
      throw error
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { blockSize, chunkBytes, packetBytes } = this.#options
    const smallFile = Math.min(chunkBytes, packetBytes)
    let done = 0
    while (done < bytes.length) {
      this.#options.signal?.throwIfAborted()
      if (this.#blockLength === blockSize) await this.#endBlock()
      const room = blockSize - this.#blockLength
      const rest = bytes.length - done
      if (this.#filled === 0 && (rest >= packetBytes || rest >= room)) {
        const whole = rest >= room ? room : rest - (rest % chunkBytes)
        const length = Math.min(whole, packetBytes)
        await this.#send(bytes.subarray(done, done + length))
        this.#blockLength += length
        done += length
        continue
      }
      this.#packet ??= Buffer.allocUnsafeSlow(Math.min(this.#sentPackets === 0 ? smallFile : packetBytes, blockSize))
      const length = Math.min(rest, room, this.#packet.length - this.#filled)
      this.#packet.set(bytes.subarray(done, done + length), this.#filled)
      this.#filled += length
      this.#blockLength += length
      done += length
      if (this.#filled === this.#packet.length || this.#blockLength === blockSize) await this.#sendPacket()
    }
  }

  async #sendPacket(): Promise<void> {
    if (this.#packet === undefined || this.#filled === 0) return
    await this.#send(this.#packet.subarray(0, this.#filled))
    this.#filled = 0
    // The first packet is small, for the many files that never need a second.
    if (this.#sentPackets++ === 0) this.#packet = undefined
  }

  async #send(bytes: Uint8Array): Promise<void> {
    this.#pipeline ??= await this.#beginBlock()
    await this.#pipeline.write(bytes, chunkChecksums(bytes, this.#options.chunkBytes))
  }

  async #beginBlock(): Promise<BlockPipeline> {
    const { file, path, chunkBytes, packetBytes, writerNode, onLost, onShort } = this.#options
    const allocated = await this.#namenode.addBlock({
      file,
      index: this.#blocks++,
      previousLength: this.#previousLength,
      writer: writerNode,
      excluded: this.#excluded,
    })
    if (allocated.shortfall !== undefined && allocated.targets.length > 0) onShort(allocated.shortfall)
    return this.#access.openPipeline(this.#namenode, allocated, { file, path, chunkBytes, packetBytes, onLost })
  }

  #blocks = 0

  #previousLength = 0
  #sentPackets = 0

  async #endBlock(): Promise<void> {
    // At most one block behind: its failure shows here, before more is promised.
    await this.#committing
    const pipeline = this.#pipeline
    this.#pipeline = undefined
    this.#previousLength = this.#blockLength
    this.#blockLength = 0
    if (pipeline === undefined) return
    this.#excluded = pipeline.failed
    const committing = pipeline.commit()
    committing.catch(() => undefined)
    this.#committing = committing
  }
}

export function namedWriter(writer: FileWriter): DfsWriter {
  return {
    write: (bytes) => writer.write(bytes),
    close: async () => {
      await writer.finish()
    },
    abort: () => writer.abort(),
  }
}

export function detachedWriter(writer: FileWriter): DetachedWriter {
  return {
    write: (bytes) => writer.write(bytes),
    close: () => writer.finish(),
    abort: () => writer.abort(),
  }
}
