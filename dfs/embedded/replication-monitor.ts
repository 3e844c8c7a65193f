import pLimit from 'p-limit'
import { readBuffer } from '../base/bytes.ts'
import { type DfsConfig, limits } from '../base/config.ts'
import { chunkChecksums } from '../base/data-checksum.ts'
import { DfsError } from '../base/errors.ts'
import type { BlockId, DatanodeId } from '../base/ids.ts'
import { type BlockKey, blockNames } from '../base/names.ts'
import type { LostReplica } from '../client/protocol.ts'
import type { BadReplica } from '../client/status.ts'
import type { Datanode } from '../datanode/datanode.ts'
import type { Block } from '../namenode/inode.ts'
import type { NamenodeServer } from '../namenode/server.ts'
import type { DeadBlock, EmbeddedReplicas } from './embedded-replicas.ts'

export type Incident = BadReplica & { readonly repaired: boolean }

/**
 * Brings blocks back to their replication: deletes replicas that no file needs, drops bad ones, and copies from good ones.
 * A copy is checked chunk by chunk while it is read, so a bad replica can not spread; the last copy of a block is never
 * deleted, however bad it looks.
 */
export class ReplicationMonitor {
  readonly incidents: { -readonly [Field in keyof Incident]: Incident[Field] }[] = []
  readonly #namenode: NamenodeServer
  readonly #replicas: EmbeddedReplicas
  readonly #datanodes: ReadonlyMap<DatanodeId, Datanode>
  readonly #config: DfsConfig
  readonly #limit: <T>(action: () => Promise<T>) => Promise<T>
  readonly #stop = new AbortController()
  readonly #background = new Set<Promise<void>>()
  /** One repair of a block at a time; later ones wait for it and look again. */
  readonly #repairs = new Map<BlockId, Promise<void>>()

  readonly #short = new Set<BlockId>()

  constructor(
    namenode: NamenodeServer,
    replicas: EmbeddedReplicas,
    datanodes: ReadonlyMap<DatanodeId, Datanode>,
    config: DfsConfig,
  ) {
    this.#namenode = namenode
    this.#replicas = replicas
    this.#datanodes = datanodes
    this.#config = config
    this.#limit = pLimit(config.concurrentRepairs)
  }

  /** Does `action` without anyone waiting; `settle` does. What fails becomes a note. */
  inBackground(what: string, action: () => Promise<void>): void {
    const task = action()
      .catch((error: unknown) => {
        this.#namenode.notes.push(`${what}: ${message(error)}`)
      })
      .finally(() => this.#background.delete(task))
    this.#background.add(task)
  }

  deleteDead(blocks: readonly DeadBlock[]): void {
    this.inBackground('deleting replicas that no file needs', async () => {
      for (const block of blocks) {
        for (const id of block.datanodes) await this.#datanodes.get(id)?.deleteReplica(block)
      }
    })
  }

  /**
   * Takes readers' word only after looking: a replica that reads well now stays. Resolves when each block is repaired or
   * can't be.
   */
  async report(replicas: readonly BadReplica[]): Promise<void> {
    await Promise.all(replicas.map((bad) => this.#serial(bad.block, () => this.#reported(bad))))
  }

  /** Restores every block that has fewer or more replicas than its file asks for. */
  async repairAll(): Promise<void> {
    const wanting = [...this.#namenode.state.blocks.values()].filter(
      (block) => block.replicas.length < this.#possible(block) && !this.#isOpen(block),
    )
    // Most endangered first.
    wanting.sort((a, b) => a.replicas.length - b.replicas.length)
    for (const block of wanting) {
      if (block.replicas.length === 0) continue
      for (const id of this.#replicas.planReplication(block).add) this.#missing(block, id)
    }
    await Promise.all(wanting.map((block) => this.repair(block.id)))
  }

  /** A block was written with fewer replicas than it should have; made good once its file is complete. */
  lost(lost: LostReplica, path: string): void {
    const detail = `${path} was written without it: ${message(lost.error)}`
    this.#namenode.notes.push(`block ${lost.block} on ${lost.datanode}: ${detail}`)
    this.#incident({ block: lost.block, datanode: lost.datanode, path: lost.path, reason: 'io', detail })
    this.#short.add(lost.block)
  }

  /** A writer has closed or aborted: blocks it left short may be repaired now. */
  writerOver(): void {
    for (const id of this.#short) {
      const block = this.#namenode.state.blocks.get(id)
      if (block !== undefined && this.#isOpen(block)) continue
      this.#short.delete(id)
      if (block !== undefined) this.inBackground(`replicating block ${id}`, () => this.repair(id))
    }
  }

  repair(id: BlockId): Promise<void> {
    return this.#serial(id, () => this.#restore(id))
  }

  /** Ends what is under way after the chunk it is at, and starts nothing more. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.settle()
  }

  async settle(): Promise<void> {
    while (this.#background.size > 0 || this.#repairs.size > 0) {
      await Promise.all([...this.#background, ...this.#repairs.values()].map((task) => task.catch(() => undefined)))
    }
  }

  #serial(id: BlockId, action: () => Promise<void>): Promise<void> {
    const before = this.#repairs.get(id) ?? Promise.resolve()
    const turn = before.catch(() => undefined).then(() => this.#limit(action))
    this.#repairs.set(id, turn)
    const forget = (): void => {
      if (this.#repairs.get(id) === turn) this.#repairs.delete(id)
    }
    turn.then(forget, forget)
    return turn
  }

  #isOpen(block: Block): boolean {
    return this.#namenode.state.open.get(block.file.id)?.sealed === false
  }

  #possible(block: Block): number {
    return Math.min(block.file.attributes.replication, this.#replicas.placementNodes().length)
  }

  #missing(block: Block, id: DatanodeId): void {
    const node = this.#datanodes.get(id)
    if (node === undefined) return
    this.#incident({
      block: block.id,
      datanode: id,
      path: blockNames.data(node.directory, keyOf(block)),
      reason: 'missing',
      detail: `${block.replicas.length} of ${this.#possible(block)} replicas were there`,
    })
  }

  #incident(bad: BadReplica): void {
    if (this.incidents.length < limits.incidentsMax) this.incidents.push({ ...bad, repaired: false })
    else if (this.incidents.length === limits.incidentsMax) {
      this.#namenode.notes.push(`more than ${limits.incidentsMax} bad replicas were met; later ones are not listed`)
    }
  }

  async #reported(bad: BadReplica): Promise<void> {
    const block = this.#namenode.state.blocks.get(bad.block)
    const datanode = this.#datanodes.get(bad.datanode)
    if (block === undefined || datanode === undefined || this.#stop.signal.aborted) return
    if (!this.#replicas.holders(block).some(({ id }) => id === bad.datanode)) return
    try {
      await datanode.verifyReplica(keyOf(block), block.length)
      return
    } catch (error) {
      if (error instanceof DfsError && error.code === 'DFS_NOT_FOUND')
        this.#replicas.deleted(bad.datanode, keyOf(block))
      else this.#replicas.markCorrupt(bad.datanode, block.id)
      this.#incident(bad)
    }
    await this.#restore(block.id)
  }

  async #restore(id: BlockId): Promise<void> {
    const block = this.#namenode.state.blocks.get(id)
    if (block === undefined || this.#isOpen(block) || this.#stop.signal.aborted) return
    const key = keyOf(block)
    const plan = this.#replicas.planReplication(block)
    for (const surplus of plan.drop) await this.#datanodes.get(surplus)?.deleteReplica(key)
    if (plan.add.length > 0 || this.#replicas.corruptHolders(id).length > 0) {
      const source = await this.#goodSource(block)
      if (source === undefined) return
      for (const { id: corrupt } of this.#replicas.corruptHolders(id)) {
        await this.#datanodes.get(corrupt)?.deleteReplica(key)
      }
      for (const target of plan.add) await this.#copy(block, source, target)
    }
    if (block.replicas.length < this.#possible(block)) return
    for (const incident of this.incidents) if (incident.block === id) incident.repaired = true
  }

  /** A holder whose replica has just been read from end to end; those that fail on the way are marked. */
  async #goodSource(block: Block): Promise<Datanode | undefined> {
    for (const { id } of this.#replicas.holders(block)) {
      const datanode = this.#datanodes.get(id)
      if (datanode === undefined) continue
      try {
        await datanode.verifyReplica(keyOf(block), block.length)
        return datanode
      } catch (error) {
        const missing = error instanceof DfsError && error.code === 'DFS_NOT_FOUND'
        if (missing) this.#replicas.deleted(id, keyOf(block))
        else this.#replicas.markCorrupt(id, block.id)
        this.#incident({
          block: block.id,
          datanode: id,
          path: blockNames.data(datanode.directory, keyOf(block)),
          reason: missing ? 'missing' : 'corrupt',
          detail: message(error),
        })
      }
    }
    return undefined
  }

  async #copy(block: Block, source: Datanode, target: DatanodeId): Promise<void> {
    const datanode = this.#datanodes.get(target)
    if (datanode === undefined) return
    const key = keyOf(block)
    const { packetBytes, chunkBytes } = this.#config
    const reader = await source.openReplica(key)
    try {
      // What may lie there, e.g. data whose checksums are gone, is no use with a good replica at hand.
      await datanode.deleteReplica(key)
      const writer = await datanode.createReplica(key)
      try {
        const buffer = readBuffer(Math.min(packetBytes, Math.max(1, block.length)))
        for (let position = 0; position < block.length; position += buffer.length) {
          this.#stop.signal.throwIfAborted()
          const read = await reader.read(buffer, position)
          const piece = buffer.subarray(0, read)
          await writer.write(piece, chunkChecksums(piece, chunkBytes))
        }
        await writer.commit()
      } catch (error) {
        await writer.abort()
        throw error
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#namenode.notes.push(`block ${block.id} could not be copied to ${target}: ${message(error)}`)
    } finally {
      await reader.close()
    }
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const keyOf = (block: Block): BlockKey => ({ block: block.id, generation: block.generation })
