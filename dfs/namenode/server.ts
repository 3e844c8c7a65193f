import type { BlockId, DatanodeId, FileId, GenerationStamp } from '../base/ids.ts'
import type {
  AddBlockRequest,
  AllocatedBlock,
  CreateRequest,
  DatanodeTarget,
  NamespaceProtocol,
  OpenedFile,
  PathRequest,
  ReopenedFile,
  UserRequest,
} from '../client/protocol.ts'
import * as decide from './decide.ts'
import { DurableNamespace } from './durable-namespace.ts'
import { FileNode } from './inode.ts'
import { LeaseTable } from './leases.ts'
import type { Namespace } from './namespace.ts'
import { NamespaceReader, type ReaderOptions, supergroup } from './namespace-reader.ts'
import type { JournalRecord } from './record-types.ts'
import type { ReplicaDirectory } from './replica-directory.ts'
import { snapshotPath } from './view.ts'

export interface ServerOptions extends ReaderOptions {
  readonly directory: string
  /** The root was never made to its end. */
  readonly unfinished?: boolean
  /** Whom `/` belongs to where the namespace is made now; the superuser if not given. */
  readonly maker?: string
  /** Asked for only once the namespace is there. */
  readonly replicas: (state: Namespace) => ReplicaDirectory
  /** Throws while nothing may be changed. */
  readonly mayChange?: () => void
}

/**
 * The shell around the state machine: asks `decide` for a record, applies it, journals it, and answers once it is durable.
 * Deciding and applying happen in one turn of the event loop, so requests never see each other half done.
 */
export class NamenodeServer extends NamespaceReader implements NamespaceProtocol {
  readonly leases = new LeaseTable()
  readonly #options: ServerOptions
  readonly #replicas: ReplicaDirectory

  private constructor(options: ServerOptions, durable: DurableNamespace, replicas: ReplicaDirectory) {
    super(options, durable, replicas)
    this.#options = options
    this.#replicas = replicas
  }

  static async open(options: ServerOptions): Promise<NamenodeServer> {
    let replicas: ReplicaDirectory | undefined
    let opened = false
    const durable = await DurableNamespace.open({
      ...options,
      onDead: (blocks) => replicas?.dead(blocks),
      onDropped: (blocks) => replicas?.dropped(blocks),
      // What makes a root is no change of anyone's.
      mayChange: () => (opened ? options.mayChange?.() : undefined),
    })
    replicas = options.replicas(durable.state)
    // What is first of all in a new journal.
    if (durable.isNew) {
      durable.change({
        type: 'setOwner',
        path: '/',
        owner: { user: options.maker ?? options.superuser, group: supergroup },
      })
    }
    opened = true
    return new NamenodeServer(options, durable, replicas)
  }

  /** Drops every file that `gone` was writing: what it wrote is not complete and never will be. Returns how many. */
  async abandonWriters(gone: (holder: string) => boolean): Promise<number> {
    const dead = [...this.state.open.values()].filter((open) => gone(open.holder))
    for (const open of dead) this.durable.change({ type: 'abandon', file: open.node.id })
    if (dead.length > 0) await this.durable.durable()
    return dead.length
  }

  /** Takes the files from writers that were silent for `limit`; `millis` is the time between two looks. */
  async expireLeases(millis: number, limit: number): Promise<void> {
    const holders = new Set<string>()
    for (const { holder, sealed } of this.state.open.values()) if (!sealed) holders.add(holder)
    const expired = this.leases.look(holders, millis, limit)
    if (expired.size > 0) await this.abandonWriters((holder) => expired.has(holder))
  }

  // Changing

  async mkdir({ user, ...request }: PathRequest & { parents: boolean; permission?: number }): Promise<void> {
    await this.durable.commit(decide.decideMkdir(this.state, this.caller(user), { ...request, time: this.#now() }))
  }

  /** Opens a file to one writer. Not durable by itself: the first block or `complete` makes it so. */
  async create(request: PathRequest & CreateRequest & { overwrite: boolean; parents: boolean }): Promise<OpenedFile> {
    const { path, overwrite, parents, user } = request
    const shape = this.#shape(request)
    return this.#open(decide.decideCreate(this.state, this.caller(user), { path, overwrite, parents, ...shape }))
  }

  async createDetached(request: UserRequest & CreateRequest): Promise<OpenedFile> {
    return this.#open(decide.decideCreateDetached(this.state, this.caller(request.user), this.#shape(request)))
  }

  #shape({ replication, blockSize, permission, holder }: CreateRequest): decide.CreateShape {
    const { config } = this.#options
    return {
      replication: this.allowedReplication(replication ?? config.replication),
      blockSize: blockSize ?? config.blockSize,
      ...(permission === undefined ? {} : { permission }),
      holder,
      time: this.#now(),
    }
  }

  /** Replication never exceeds the datanodes there are; the note says so once. */
  allowedReplication(wanted: number): number {
    const count = this.#replicas.usable
    if (!(wanted > count)) return wanted
    const note = `replication ${wanted} was asked for, but there are ${count} datanodes: files get ${count} replicas`
    if (!this.notes.includes(note)) this.notes.push(note)
    return count
  }

  #open(record: JournalRecord & { type: 'create' }): OpenedFile {
    const { file, path, blockSize, replication } = record
    const opened = { file, path, blockSize, replication }
    this.durable.change(record, opened)
    return opened
  }

  /** Not durable by itself, as `create`. */
  async reopen(request: PathRequest & { keep: 'all' | number; holder: string }): Promise<ReopenedFile> {
    const { user, path, keep, holder } = request
    const { rewriteBlockBytes } = this.#options.config
    const decided = decide.decideReopen(this.state, this.caller(user), { path, keep, holder, rewriteBlockBytes })
    const { record, file, rewrite } = decided
    const { blockSize, replication } = file.attributes
    const opened = { file: record.file, path: record.path, blockSize, replication }
    const again =
      rewrite === undefined
        ? {}
        : { rewrite: { block: this.locatedBlock(rewrite.block, rewrite.offset), length: rewrite.length } }
    this.durable.change(record, { ...opened, ...again })
    return { ...opened, ...again }
  }

  async addBlock(request: AddBlockRequest): Promise<AllocatedBlock> {
    const { record, block, generation } = decide.decideAddBlock(this.state, request)
    if (record !== undefined) {
      // Asked again it is known by its index, and may get other targets.
      this.durable.request = undefined
      this.durable.change(record)
      const added = this.state.blocks.get(block)
      if (added !== undefined) this.#replicas.added(added)
    }
    const { replication: count = 1, blockSize: length = 0 } = this.state.open.get(request.file)?.node.attributes ?? {}
    const choice = { count, length, present: [], excluded: request.excluded, writer: request.writer }
    let targets = this.#replicas.choose(choice)
    // A datanode that failed before is better than none: its disk may have room again.
    if (targets.length === 0) targets = this.#replicas.choose({ ...choice, excluded: [] })
    if (targets.length >= count) return { block, generation, targets }
    return { block, generation, targets, shortfall: this.#replicas.explain(choice) }
  }

  async moreTargets(request: {
    block: BlockId
    count: number
    excluded: readonly DatanodeId[]
  }): Promise<DatanodeTarget[]> {
    const block = this.state.blocks.get(request.block)
    const length = block?.file.attributes.blockSize ?? 0
    return this.#replicas.choose({ ...request, length, present: block?.replicas ?? [] })
  }

  /** Durable with the answer: a replica of this generation must not be taken for a newer one than there is. */
  async newGeneration(request: { file: FileId; block: BlockId; previous: GenerationStamp }): Promise<GenerationStamp> {
    const { record, generation } = decide.decideNewGeneration(this.state, request)
    if (record !== undefined) {
      this.durable.change(record, generation)
      const block = this.state.blocks.get(request.block)
      if (block !== undefined) this.#replicas.regenerated(block, request.previous)
    }
    await this.durable.durable()
    return generation
  }

  synced(): Promise<void> {
    return this.durable.durable()
  }

  async complete({ file, lastLength }: { file: FileId; lastLength: number }): Promise<void> {
    const blocks = this.state.open.get(file)?.node.blocks ?? []
    this.durable.change(decide.decideComplete(this.state, { file, lastLength, time: this.#now() }))
    this.#replicas.completed(blocks)
    await this.durable.durable()
  }

  /** What the writer has stored is deleted at once; that it is gone need not be durable, an open file never survives its writer. */
  async abandon({ file }: { file: FileId }): Promise<void> {
    const record = decide.decideAbandon(this.state, file)
    if (record !== undefined) await this.durable.commit(record)
  }

  async renewLease({ holder }: { holder: string }): Promise<void> {
    this.leases.renew(holder)
  }

  async delete({ user, ...request }: PathRequest & { recursive: boolean }): Promise<boolean> {
    const record = decide.decideDelete(this.state, this.caller(user), { ...request, time: this.#now() })
    await this.durable.commit(record, true)
    return record !== undefined
  }

  async rename({ user, ...request }: UserRequest & { from: string; to: string; overwrite: boolean }): Promise<void> {
    await this.durable.commit(decide.decideRename(this.state, this.caller(user), { ...request, time: this.#now() }))
  }

  async concat({ user, ...request }: PathRequest & { sources: readonly string[] }): Promise<void> {
    await this.durable.commit(decide.decideConcat(this.state, this.caller(user), { ...request, time: this.#now() }))
    const node = this.state.find(request.path)
    if (node instanceof FileNode) await this.#replicas.settle(node, false)
  }

  async setTimes({
    user,
    ...request
  }: PathRequest & { modificationTime?: number; accessTime?: number }): Promise<void> {
    await this.durable.commit(decide.decideSetTimes(this.state, this.caller(user), request))
  }

  async setReplication({
    user,
    path,
    ...request
  }: PathRequest & { replication: number; wait: boolean }): Promise<void> {
    const replication = this.allowedReplication(request.replication)
    await this.durable.commit(decide.decideSetReplication(this.state, this.caller(user), { path, replication }))
    const node = this.state.find(path)
    if (node instanceof FileNode) await this.#replicas.settle(node, request.wait)
  }

  async setPermission({ user, ...request }: PathRequest & { permission: number }): Promise<void> {
    await this.durable.commit(decide.decideSetPermission(this.state, this.caller(user), request))
  }

  async setOwner({ user, ...request }: PathRequest & { owner?: string; group?: string }): Promise<void> {
    await this.durable.commit(decide.decideSetOwner(this.state, this.caller(user), request))
  }

  async setQuota({ user, ...request }: PathRequest & { names?: number | null; space?: number | null }): Promise<void> {
    await this.durable.commit(decide.decideSetQuota(this.state, this.caller(user), request))
  }

  async publish({
    user,
    ...request
  }: UserRequest & {
    directory: string
    files: readonly { name: string; file: FileId }[]
    overwrite: boolean
  }): Promise<void> {
    await this.durable.commit(decide.decidePublish(this.state, this.caller(user), { ...request, time: this.#now() }))
  }

  // Snapshots

  async allowSnapshot({ user, ...request }: PathRequest): Promise<void> {
    await this.durable.commit(decide.decideAllowSnapshot(this.state, this.caller(user), request))
  }

  async disallowSnapshot({ user, ...request }: PathRequest): Promise<void> {
    await this.durable.commit(decide.decideDisallowSnapshot(this.state, this.caller(user), request))
  }

  async createSnapshot({ user, path, name }: PathRequest & { name?: string }): Promise<string> {
    const time = this.#now()
    const request = { path, name: name ?? snapshotName(time), time }
    const record = decide.decideCreateSnapshot(this.state, this.caller(user), request)
    const made = snapshotPath(record.path, record.name)
    await this.durable.commit(record, made)
    return made
  }

  async deleteSnapshot({ user, ...request }: PathRequest & { name: string }): Promise<void> {
    const time = this.#now()
    await this.durable.commit(decide.decideDeleteSnapshot(this.state, this.caller(user), { ...request, time }))
  }

  async renameSnapshot({ user, ...request }: PathRequest & { from: string; to: string }): Promise<void> {
    const time = this.#now()
    await this.durable.commit(decide.decideRenameSnapshot(this.state, this.caller(user), { ...request, time }))
  }

  #now(): number {
    return this.#options.env.now()
  }

  close(): Promise<void> {
    return this.durable.close()
  }
}

/** HDFS's way to call a snapshot that was given no name, in UTC: `s20260131-235959.123`. */
function snapshotName(time: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().slice(0, 23).split('T')
  return `s${date.replaceAll('-', '')}-${clock.replaceAll(':', '')}`
}
