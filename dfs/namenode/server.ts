import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import type { BlockId, DatanodeId, FileId } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'
import type { ContentSummary, CreateOptions, FileStatus } from '../client/dfs.ts'
import type { AllocatedBlock, BlockReportListener, NamenodeProtocol } from '../client/protocol.ts'
import * as decide from './decide.ts'
import { encodeImage, type Section } from './image.ts'
import type { Block, FileNode } from './inode.ts'
import type { Journal } from './journal.ts'
import type { Namespace } from './namespace.ts'
import { type PlacementNode, placeReplicas } from './placement.ts'
import { type JournalRecord, type Owner, recordBytes } from './records.ts'
import { planReplication } from './replication.ts'
import { prune, recoverNamespace, writeImage } from './storage.ts'
import * as view from './view.ts'

export interface DatanodeDescriptor {
  readonly id: DatanodeId
  readonly rack: string
}

export interface ServerOptions {
  readonly env: Env
  readonly directory: string
  readonly config: DfsConfig
  /** The root was never made to its end. */
  readonly unfinished?: boolean
  readonly datanodes: readonly DatanodeDescriptor[]
  readonly owner: Owner
  /** Identity of the process that writes. */
  readonly holder: string
  /** Blocks whose last file is durably gone: their replicas are to be deleted from these datanodes. */
  readonly onDead: (blocks: readonly DeadBlock[]) => void
}

export interface DeadBlock extends BlockKey {
  readonly datanodes: readonly DatanodeId[]
}

/**
 * The shell around the state machine: asks `decide` for a record, applies it, journals it, and answers once it is durable.
 * Deciding and applying happen in one turn of the event loop, so requests never see each other half done.
 */
export class NamenodeServer implements NamenodeProtocol, BlockReportListener {
  readonly state: Namespace
  readonly notes: string[]
  readonly #journal: Journal
  readonly #options: ServerOptions
  readonly #nodeNumbers: ReadonlyMap<DatanodeId, number>
  readonly #down = new Set<number>()
  #checkpointing: Promise<void> | undefined
  #checkpointFailure: unknown

  private constructor(options: ServerOptions, state: Namespace, journal: Journal, notes: readonly string[]) {
    this.#options = options
    this.#nodeNumbers = new Map(options.datanodes.map(({ id }, index) => [id, index]))
    this.state = state
    this.#journal = journal
    this.notes = [...notes]
  }

  static async open(options: ServerOptions): Promise<NamenodeServer> {
    const recovered = await recoverNamespace(options.env.disk, options.directory, options.unfinished)
    const server = new NamenodeServer(options, recovered.state, recovered.journal, recovered.notes)
    try {
      if (recovered.checkpointNeeded) await server.checkpoint()
    } catch (error) {
      await server.close()
      throw error
    }
    return server
  }

  /** Drops every file that `gone` was writing: what it wrote is not complete and never will be. Returns how many. */
  async abandonWriters(gone: (holder: string) => boolean): Promise<number> {
    const dead = [...this.state.open.values()].filter((open) => gone(open.holder))
    for (const open of dead) this.#change({ type: 'abandon', file: open.node.id })
    if (dead.length > 0) await this.#durable()
    return dead.length
  }

  // Reading

  // With a failed journal the state may be ahead of what will be there after the next open: nothing of it is shown.

  find(path: string): FileStatus | undefined {
    this.#journal.check()
    return view.findStatus(this.state, path)
  }

  list(path: string): FileStatus[] {
    this.#journal.check()
    return view.listStatus(this.state, path)
  }

  summary(path: string): ContentSummary {
    this.#journal.check()
    return view.summarize(this.state, path)
  }

  file(path: string): FileNode {
    this.#journal.check()
    return view.existingFile(this.state, path)
  }

  /** The datanodes that hold a good replica, as far as is known. */
  holders(block: Block): DatanodeDescriptor[] {
    return block.replicas.flatMap((index) => this.#options.datanodes[index] ?? [])
  }

  // Changing

  async mkdir(path: string, parents: boolean): Promise<void> {
    await this.#commit(decide.decideMkdir(this.state, { path, parents, ...this.#stamp() }))
  }

  /** Opens a file to one writer. Not durable by itself: the first block or `complete` makes it so. */
  create(path: string, options: CreateOptions): OpenedFile {
    return this.#open(
      decide.decideCreate(this.state, {
        path,
        overwrite: options.overwrite ?? false,
        ...this.#shape(options),
        ...this.#stamp(),
      }),
    )
  }

  createDetached(options: CreateOptions): OpenedFile {
    return this.#open(decide.decideCreateDetached(this.state, { ...this.#shape(options), ...this.#stamp() }))
  }

  #shape(options: CreateOptions): { replication: number; blockSize: number; holder: string } {
    const { config, holder } = this.#options
    return {
      replication: this.allowedReplication(options.replication ?? config.replication),
      blockSize: options.blockSize ?? config.blockSize,
      holder,
    }
  }

  /** Replication never exceeds the datanodes there are; the note says so once. */
  allowedReplication(wanted: number): number {
    const count = this.#options.datanodes.length
    if (!(wanted > count)) return wanted
    const note = `replication ${wanted} was asked for, but there are ${count} datanodes: files get ${count} replicas`
    if (!this.notes.includes(note)) this.notes.push(note)
    return count
  }

  #open(record: JournalRecord & { type: 'create' }): OpenedFile {
    this.#change(record)
    return { file: record.file, path: record.path, blockSize: record.blockSize, replication: record.replication }
  }

  async addBlock(request: {
    file: FileId
    previousLength: number
    writer?: DatanodeId | undefined
    excluded: readonly DatanodeId[]
  }): Promise<AllocatedBlock> {
    const record = decide.decideAddBlock(this.state, request)
    const replication = this.state.open.get(request.file)?.node.attributes.replication ?? 1
    this.#change(record)
    let targets = this.#place(replication, request.excluded, [], request.writer)
    // A datanode that failed before is better than none: its disk may have room again.
    if (targets.length === 0) targets = this.#place(replication, [], [], request.writer)
    return { block: record.block, generation: record.generation, targets }
  }

  async moreTargets(request: {
    block: BlockId
    count: number
    excluded: readonly DatanodeId[]
  }): Promise<DatanodeId[]> {
    return this.#place(request.count, request.excluded, this.state.blocks.get(request.block)?.replicas ?? [])
  }

  #place(
    count: number,
    excluded: readonly DatanodeId[],
    present: readonly number[],
    writer?: DatanodeId | undefined,
  ): DatanodeId[] {
    const nodes = this.placementNodes()
    const indexes = placeReplicas(nodes, count, this.#options.env.random, {
      present,
      excluded: new Set(excluded.flatMap((id) => this.#nodeNumbers.get(id) ?? [])),
      writer: writer === undefined ? undefined : this.#nodeNumbers.get(writer),
    })
    return indexes.flatMap((index) => this.#options.datanodes[index]?.id ?? [])
  }

  /** The datanodes that can take replicas. */
  placementNodes(): PlacementNode[] {
    return this.#options.datanodes
      .map(({ rack }, index) => ({ index, rack }))
      .filter(({ index }) => !this.#down.has(index))
  }

  /** A datanode that does not answer: nothing is placed there. */
  markDown(node: DatanodeId): void {
    const index = this.#nodeNumbers.get(node)
    if (index !== undefined) this.#down.add(index)
  }

  synced(): Promise<void> {
    return this.#durable()
  }

  async complete(request: { file: FileId; lastLength: number }): Promise<void> {
    await this.#commit(decide.decideComplete(this.state, { ...request, time: this.#options.env.now() }))
  }

  /** What the writer has stored is deleted at once; that it is gone need not be durable, an open file never survives its writer. */
  async abandon(file: FileId): Promise<void> {
    const record = decide.decideAbandon(this.state, file)
    if (record !== undefined) await this.#commit(record)
  }

  async delete(path: string, recursive: boolean): Promise<boolean> {
    const record = decide.decideDelete(this.state, { path, recursive, time: this.#options.env.now() })
    await this.#commit(record)
    return record !== undefined
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#commit(decide.decideRename(this.state, { from, to, time: this.#options.env.now() }))
  }

  async setTimes(path: string, times: { modificationTime?: number; accessTime?: number }): Promise<void> {
    await this.#commit(decide.decideSetTimes(this.state, { path, ...times }))
  }

  async setReplication(path: string, replication: number): Promise<void> {
    await this.#commit(
      decide.decideSetReplication(this.state, { path, replication: this.allowedReplication(replication) }),
    )
  }

  async publish(
    directory: string,
    files: readonly { name: string; file: FileId }[],
    overwrite: boolean,
  ): Promise<void> {
    await this.#commit(decide.decidePublish(this.state, { directory, files, overwrite, ...this.#stamp() }))
  }

  #stamp(): { time: number; owner: Owner } {
    return { time: this.#options.env.now(), owner: this.#options.owner }
  }

  async #commit(record: JournalRecord | undefined): Promise<void> {
    if (record !== undefined) this.#change(record)
    // Also where nothing had to change: the answer may rest on a change by someone else that is not durable yet.
    await this.#durable()
  }

  #change(record: JournalRecord): void {
    const bytes = recordBytes(record)
    this.#journal.append(bytes)
    this.state.apply(record)
    this.#queueDead()
  }

  async #durable(): Promise<void> {
    await this.#journal.durable()
    this.#announceDead()
    const { checkpointRecords, checkpointBytes } = this.#options.config
    if (this.#journal.recordsSinceRoll >= checkpointRecords || this.#journal.bytesSinceRoll >= checkpointBytes) {
      this.#startCheckpoint()
    }
  }

  // Blocks without a file

  #dead: { readonly behind: number; readonly blocks: readonly DeadBlock[] }[] = []

  /** Their replicas go only when the record that took their file is durable: until then a crash brings the file back. */
  #queueDead(): void {
    const blocks = this.state.takeDead().map((block) => ({
      block: block.id,
      generation: block.generation,
      datanodes: block.replicas.flatMap((index) => this.#options.datanodes[index]?.id ?? []),
    }))
    if (blocks.length > 0) this.#dead.push({ behind: this.#journal.lastTxid, blocks })
  }

  #announceDead(): void {
    const ready = this.#dead.filter(({ behind }) => behind <= this.#journal.durableTxid)
    if (ready.length === 0) return
    this.#dead = this.#dead.filter(({ behind }) => behind > this.#journal.durableTxid)
    this.#options.onDead(ready.flatMap(({ blocks }) => blocks))
  }

  // Block reports

  received(node: DatanodeId, key: BlockKey): boolean {
    const index = this.#nodeNumbers.get(node)
    return index !== undefined && this.state.blocks.reported(index, key.block, key.generation)
  }

  deleted(node: DatanodeId, key: BlockKey): void {
    const index = this.#nodeNumbers.get(node)
    if (index !== undefined) this.state.blocks.dropReplica(index, key.block)
  }

  markCorrupt(node: DatanodeId, block: BlockId): void {
    const index = this.#nodeNumbers.get(node)
    if (index !== undefined) this.state.blocks.markCorrupt(index, block)
  }

  /** Datanodes whose replica was found bad and is still there. */
  corruptHolders(block: BlockId): DatanodeDescriptor[] {
    return [...this.state.blocks.corruptOn(block)].flatMap((index) => this.#options.datanodes[index] ?? [])
  }

  /** What would bring a block to its file's replication. */
  planReplication(block: Block): { add: DatanodeId[]; drop: DatanodeId[] } {
    const plan = planReplication(
      block.replicas,
      block.file.attributes.replication,
      this.placementNodes(),
      this.state.blocks.corruptOn(block.id),
      this.#options.env.random,
    )
    const ids = (indexes: readonly number[]): DatanodeId[] =>
      indexes.flatMap((index) => this.#options.datanodes[index]?.id ?? [])
    return { add: ids(plan.add), drop: ids(plan.drop) }
  }

  // Checkpoint

  /** Writes an image of everything up to now and removes what it makes superfluous. */
  async checkpoint(): Promise<void> {
    await this.#checkpointing?.catch(() => undefined)
    this.#startCheckpoint()
    await this.#checkpointing
    if (this.#checkpointFailure !== undefined) throw this.#checkpointFailure
  }

  #startCheckpoint(): void {
    this.#checkpointFailure = undefined
    this.#checkpointing ??= this.#writeCheckpoint()
      .catch((error: unknown) => {
        this.#checkpointFailure = error
        this.notes.push(`a checkpoint failed: ${error instanceof Error ? error.message : String(error)}`)
      })
      .finally(() => {
        this.#checkpointing = undefined
      })
  }

  async #writeCheckpoint(): Promise<void> {
    const { env, directory, config } = this.#options
    this.#journal.check()
    // In one turn: the sections and the cut in the journal are at the same transaction.
    const sections: Section[] = [...encodeImage(this.state)]
    const txid = await this.#journal.roll()
    await writeImage(env.disk, directory, txid, sections)
    await prune(env.disk, directory, config.imagesKept)
  }

  async close(): Promise<void> {
    await this.#checkpointing
    await this.#journal.close()
  }
}

export interface OpenedFile {
  readonly file: FileId
  /** Empty for a detached file. */
  readonly path: string
  readonly blockSize: number
  readonly replication: number
}
