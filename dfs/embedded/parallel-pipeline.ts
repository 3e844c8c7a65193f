import { readBuffer } from '../base/bytes.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import { type BlockKey, blockNames } from '../base/names.ts'
import type { BlockWriter } from '../block/block-store.ts'
import type { AllocatedBlock, BlockPipeline, NamespaceProtocol, PipelineOptions } from '../client/protocol.ts'
import type { Datanode } from '../datanode/datanode.ts'

interface Member {
  readonly datanode: Datanode
  readonly writer: BlockWriter
}

/**
 * Writes one block to all its datanodes at once. A datanode that fails is replaced by one not yet tried, which gets the
 * bytes so far from one that has them; where there is none left the block goes on with fewer. Only when no
 * datanode is left does the write fail, with what each said.
 */
export class ParallelPipeline implements BlockPipeline {
  readonly #namenode: NamespaceProtocol
  readonly #datanodes: ReadonlyMap<DatanodeId, Datanode>
  readonly #key: BlockKey
  readonly #wanted: number
  readonly #options: PipelineOptions
  #members: Member[] = []
  readonly #failures = new Map<DatanodeId, unknown>()
  #length = 0

  private constructor(
    namenode: NamespaceProtocol,
    datanodes: ReadonlyMap<DatanodeId, Datanode>,
    allocated: AllocatedBlock,
    options: PipelineOptions,
  ) {
    this.#namenode = namenode
    this.#datanodes = datanodes
    this.#key = { block: allocated.block, generation: allocated.generation }
    this.#wanted = allocated.targets.length
    this.#options = options
  }

  static async open(
    namenode: NamespaceProtocol,
    datanodes: ReadonlyMap<DatanodeId, Datanode>,
    allocated: AllocatedBlock,
    options: PipelineOptions,
  ): Promise<ParallelPipeline> {
    const pipeline = new ParallelPipeline(namenode, datanodes, allocated, options)
    await Promise.all(allocated.targets.map(({ id }) => pipeline.#join(id, undefined)))
    await pipeline.#fill(undefined)
    return pipeline
  }

  /** Datanodes that failed, to be avoided for the next block. */
  get failed(): DatanodeId[] {
    return [...this.#failures.keys()]
  }

  async write(bytes: Uint8Array, sums: Uint32Array): Promise<void> {
    const lost = await this.#each((writer) => writer.write(bytes, sums))
    // One that failed still has what came before; with nobody else left it is the only source.
    const source = this.#members[0] ?? lost[0]
    if (lost.length > 0) {
      const joined = await this.#fill(source)
      const write = (writer: BlockWriter, member: Member): Promise<void> =>
        joined.has(member) ? writer.write(bytes, sums) : Promise.resolve()
      lost.push(...(await this.#each(write)))
      await this.#drop(lost)
      if (this.#members.length === 0) throw this.#allFailed()
    }
    this.#length += bytes.length
  }

  /** Resolves when at least one replica is durable; those that could not be made are reported. */
  async commit(): Promise<void> {
    try {
      await this.#namenode.synced()
    } catch (error) {
      await this.abort()
      throw error
    }
    const lost = await this.#each((writer) => writer.commit())
    if (this.#members.length === 0) {
      // Many disks say only now that they are full. Another datanode may still take it from what the first has in its temporary.
      await this.#fill(lost[0])
      lost.push(...(await this.#each((writer) => writer.commit())))
    }
    await this.#drop(lost)
    if (this.#members.length === 0) throw this.#allFailed()
    for (const [datanode, error] of this.#failures) {
      const node = this.#datanodes.get(datanode)
      if (node === undefined) continue
      this.#options.onLost({
        block: this.#key.block,
        datanode,
        path: blockNames.data(node.directory, this.#key),
        error,
      })
    }
  }

  async abort(): Promise<void> {
    const members = this.#members
    this.#members = []
    await this.#drop(members)
  }

  /** Runs `action` on every member; those that fail leave and are returned. */
  async #each(action: (writer: BlockWriter, member: Member) => Promise<unknown>): Promise<Member[]> {
    const lost: Member[] = []
    await Promise.all(
      this.#members.map(async (member) => {
        try {
          await action(member.writer, member)
        } catch (error) {
          this.#failures.set(member.datanode.id, error)
          lost.push(member)
        }
      }),
    )
    this.#members = this.#members.filter((member) => !lost.includes(member))
    return lost
  }

  /** Brings the pipeline back to its size with datanodes that have not failed yet. Returns the new ones. */
  async #fill(source: Member | undefined): Promise<Set<Member>> {
    const joined = new Set<Member>()
    for (;;) {
      const missing = this.#wanted - this.#members.length
      if (missing <= 0) break
      const tried = [...this.#failures.keys(), ...this.#members.map(({ datanode }) => datanode.id)]
      const more = await this.#namenode.moreTargets({ block: this.#key.block, count: missing, excluded: tried })
      if (more.length === 0) break
      for (const { id } of more) {
        const member = await this.#join(id, source)
        if (member !== undefined) joined.add(member)
      }
    }
    if (this.#members.length === 0 && source === undefined) throw this.#allFailed()
    return joined
  }

  async #join(id: DatanodeId, source: Member | undefined): Promise<Member | undefined> {
    const datanode = this.#datanodes.get(id)
    if (datanode === undefined) {
      this.#failures.set(id, new DfsError('DFS_IO', `there is no datanode ${id}`))
      return undefined
    }
    let writer: BlockWriter | undefined
    try {
      writer = await datanode.createReplica(this.#key)
      if (source !== undefined) await this.#copyPrefix(source.writer, writer)
      const member = { datanode, writer }
      this.#members.push(member)
      return member
    } catch (error) {
      this.#failures.set(id, error)
      if (writer !== undefined) await this.#drop([{ datanode, writer }])
      return undefined
    }
  }

  async #copyPrefix(from: BlockWriter, to: BlockWriter): Promise<void> {
    const buffer = readBuffer(Math.min(this.#options.packetBytes, Math.max(1, this.#length)))
    for (let position = 0; position < this.#length; position += buffer.length) {
      const piece = buffer.subarray(0, Math.min(buffer.length, this.#length - position))
      await to.write(piece, await from.readBack(piece, position))
    }
  }

  async #drop(members: readonly Member[]): Promise<void> {
    for (const { datanode, writer } of members) {
      try {
        await writer.abort()
      } catch (error) {
        // What could not be removed is swept when the root is opened next; the datanode is not used for more.
        if (!this.#failures.has(datanode.id)) this.#failures.set(datanode.id, error)
      }
    }
  }

  #allFailed(): DfsError {
    const said = [...this.#failures].map(
      ([id, error]) => `${id} said: ${error instanceof Error ? error.message : String(error)}`,
    )
    return new DfsError(
      'DFS_NO_SPACE',
      `no datanode could store block ${this.#key.block} of ${this.#options.path}; ${said.join('; ')}`,
      { cause: [...this.#failures.values()][0] },
    )
  }
}
