import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import type { BlockId, DatanodeId, FileId, GenerationStamp } from '../base/ids.ts'
import type {
  AddBlockRequest,
  AllocatedBlock,
  CreateRequest,
  DatanodeTarget,
  Listing,
  NamespaceProtocol,
  OpenedFile,
  PathRequest,
  ReopenedFile,
  UserRequest,
} from '../client/protocol.ts'
import type {
  AccessMode,
  ContentSummary,
  FileStatus,
  FsStatus,
  LocatedBlock,
  ServerDefaults,
  SnapshotDiffEntry,
  SnapshotStatus,
  SnapshottableDirectory,
} from '../client/status.ts'
import * as decide from './decide.ts'
import { DurableNamespace } from './durable-namespace.ts'
import { type GroupsOf, systemGroups } from './groups.ts'
import { type Block, FileNode } from './inode.ts'
import type { Namespace } from './namespace.ts'
import type { Caller } from './permission.ts'
import type { JournalRecord } from './record-types.ts'
import type { ReplicaDirectory } from './replica-directory.ts'
import * as view from './view.ts'

export interface ServerOptions {
  readonly env: Env
  readonly directory: string
  readonly config: DfsConfig
  /** The root was never made to its end. */
  readonly unfinished?: boolean
  /** Of the operating system: whose root it is. May do everything, as may who owns `/`, and members of `supergroup`. */
  readonly superuser: string
  /** Whom `/` belongs to where the namespace is made now; the superuser if not given. */
  readonly maker?: string
  /** The system's if not given. */
  readonly groupsOf?: GroupsOf
  /** Asked for only once the namespace is there. */
  readonly replicas: (state: Namespace) => ReplicaDirectory
}

/**
 * The shell around the state machine: asks `decide` for a record, applies it, journals it, and answers once it is durable.
 * Deciding and applying happen in one turn of the event loop, so requests never see each other half done.
 */
export class NamenodeServer implements NamespaceProtocol {
  readonly durable: DurableNamespace
  readonly #options: ServerOptions
  readonly #replicas: ReplicaDirectory
  readonly #groupsOf: GroupsOf

  private constructor(options: ServerOptions, durable: DurableNamespace, replicas: ReplicaDirectory) {
    this.#options = options
    this.durable = durable
    this.#replicas = replicas
    this.#groupsOf = options.groupsOf ?? systemGroups(options.env.now)
  }

  static async open(options: ServerOptions): Promise<NamenodeServer> {
    let replicas: ReplicaDirectory | undefined
    const durable = await DurableNamespace.open({ ...options, onDead: (blocks) => replicas?.dead(blocks) })
    replicas = options.replicas(durable.state)
    // What is first of all in a new journal.
    if (durable.isNew) {
      durable.change({
        type: 'setOwner',
        path: '/',
        owner: { user: options.maker ?? options.superuser, group: supergroup },
      })
    }
    return new NamenodeServer(options, durable, replicas)
  }

  get state(): Namespace {
    return this.durable.state
  }

  get notes(): string[] {
    return this.durable.notes
  }

  /** Drops every file that `gone` was writing: what it wrote is not complete and never will be. Returns how many. */
  async abandonWriters(gone: (holder: string) => boolean): Promise<number> {
    const dead = [...this.state.open.values()].filter((open) => gone(open.holder))
    for (const open of dead) this.durable.change({ type: 'abandon', file: open.node.id })
    if (dead.length > 0) await this.durable.durable()
    return dead.length
  }

  /** Whom a request is made as. */
  caller(user: string): Caller {
    const groups = this.#groupsOf(user)
    const owns = user === this.#options.superuser || user === this.state.root.owner.user
    return { user, groups, superuser: owns || groups.includes(supergroup) }
  }

  // Reading

  async find({ path, user }: PathRequest): Promise<FileStatus | undefined> {
    this.durable.check()
    return view.findStatus(this.state, path, this.caller(user))
  }

  async list({ path, user, ...range }: PathRequest & { startAfter?: string; limit?: number }): Promise<Listing> {
    this.durable.check()
    return view.listStatus(this.state, path, this.caller(user), range)
  }

  async summary({ path, user }: PathRequest): Promise<ContentSummary> {
    this.durable.check()
    return view.summarize(this.state, path, this.caller(user))
  }

  async access({ path, mode, user }: PathRequest & { mode: AccessMode }): Promise<void> {
    this.durable.check()
    view.checkAccess(this.state, path, mode, this.caller(user))
  }

  async locate({ path, user }: PathRequest): Promise<LocatedBlock[]> {
    this.durable.check()
    return this.located(view.readableFile(this.state, path, this.caller(user)))
  }

  located(file: FileNode): LocatedBlock[] {
    let offset = 0
    return file.blocks.map((block) => {
      const located = this.#located(block, offset)
      offset += block.length
      return located
    })
  }

  #located(block: Block, offset: number): LocatedBlock {
    const { id, generation, length } = block
    return { block: id, generation, offset, length, replicas: this.#replicas.locate(block) }
  }

  status(_request: UserRequest): Promise<FsStatus> {
    return this.#replicas.status()
  }

  async serverDefaults(_request: UserRequest): Promise<ServerDefaults> {
    const { blockSize, replication, chunkBytes, packetBytes } = this.#options.config
    return { blockSize, replication, bytesPerChecksum: chunkBytes, packetBytes, trashInterval: 0 }
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
    this.durable.change(record)
    return { file: record.file, path: record.path, blockSize: record.blockSize, replication: record.replication }
  }

  /** Not durable by itself, as `create`. */
  async reopen(request: PathRequest & { keep: 'all' | number; holder: string }): Promise<ReopenedFile> {
    const { user, path, keep, holder } = request
    const { rewriteBlockBytes } = this.#options.config
    const decided = decide.decideReopen(this.state, this.caller(user), { path, keep, holder, rewriteBlockBytes })
    const { record, file, rewrite } = decided
    this.durable.change(record)
    const { blockSize, replication } = file.attributes
    const opened = { file: record.file, path: record.path, blockSize, replication }
    if (rewrite === undefined) return opened
    return { ...opened, rewrite: { block: this.#located(rewrite.block, rewrite.offset), length: rewrite.length } }
  }

  async addBlock(request: AddBlockRequest): Promise<AllocatedBlock> {
    const { record, block, generation } = decide.decideAddBlock(this.state, request)
    if (record !== undefined) this.durable.change(record)
    const replication = this.state.open.get(request.file)?.node.attributes.replication ?? 1
    const { writer, excluded } = request
    let targets = this.#replicas.choose(replication, { present: [], excluded, writer })
    // A datanode that failed before is better than none: its disk may have room again.
    if (targets.length === 0) targets = this.#replicas.choose(replication, { present: [], excluded: [], writer })
    return { block, generation, targets }
  }

  async moreTargets(request: {
    block: BlockId
    count: number
    excluded: readonly DatanodeId[]
  }): Promise<DatanodeTarget[]> {
    const present = this.state.blocks.get(request.block)?.replicas ?? []
    return this.#replicas.choose(request.count, { present, excluded: request.excluded })
  }

  /** Durable with the answer: a replica of this generation must not be taken for a newer one than there is. */
  async newGeneration(request: { file: FileId; block: BlockId; previous: GenerationStamp }): Promise<GenerationStamp> {
    const { record, generation } = decide.decideNewGeneration(this.state, request)
    await this.durable.commit(record)
    return generation
  }

  synced(): Promise<void> {
    return this.durable.durable()
  }

  async complete({ file, lastLength }: { file: FileId; lastLength: number }): Promise<void> {
    const open = this.state.open.get(file)
    await this.durable.commit(decide.decideComplete(this.state, { file, lastLength, time: this.#now() }))
    if (open !== undefined) await this.#replicas.settle(open.base ?? open.node, false)
  }

  /** What the writer has stored is deleted at once; that it is gone need not be durable, an open file never survives its writer. */
  async abandon({ file }: { file: FileId }): Promise<void> {
    const record = decide.decideAbandon(this.state, file)
    if (record !== undefined) await this.durable.commit(record)
  }

  async renewLease(_request: { holder: string }): Promise<void> {}

  async delete({ user, ...request }: PathRequest & { recursive: boolean }): Promise<boolean> {
    const record = decide.decideDelete(this.state, this.caller(user), { ...request, time: this.#now() })
    await this.durable.commit(record)
    return record !== undefined
  }

  async rename({ user, ...request }: UserRequest & { from: string; to: string; overwrite: boolean }): Promise<void> {
    await this.durable.commit(decide.decideRename(this.state, this.caller(user), { ...request, time: this.#now() }))
  }

  async concat({ user, ...request }: PathRequest & { sources: readonly string[] }): Promise<void> {
    await this.durable.commit(decide.decideConcat(this.state, this.caller(user), { ...request, time: this.#now() }))
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
    await this.durable.commit(record)
    return view.snapshotPath(record.path, record.name)
  }

  async deleteSnapshot({ user, ...request }: PathRequest & { name: string }): Promise<void> {
    const time = this.#now()
    await this.durable.commit(decide.decideDeleteSnapshot(this.state, this.caller(user), { ...request, time }))
  }

  async renameSnapshot({ user, ...request }: PathRequest & { from: string; to: string }): Promise<void> {
    const time = this.#now()
    await this.durable.commit(decide.decideRenameSnapshot(this.state, this.caller(user), { ...request, time }))
  }

  async snapshotDiff({ user, ...request }: PathRequest & { from: string; to: string }): Promise<SnapshotDiffEntry[]> {
    this.durable.check()
    return view.snapshotDiff(this.state, request, this.caller(user))
  }

  async snapshottableDirectories({ user }: UserRequest): Promise<SnapshottableDirectory[]> {
    this.durable.check()
    return view.listSnapshottable(this.state, this.caller(user))
  }

  async snapshots({ path, user }: PathRequest): Promise<SnapshotStatus[]> {
    this.durable.check()
    return view.listSnapshots(this.state, path, this.caller(user))
  }

  #now(): number {
    return this.#options.env.now()
  }

  close(): Promise<void> {
    return this.durable.close()
  }
}

const supergroup = 'supergroup'

/** HDFS's way to call a snapshot that was given no name, in UTC: `s20260131-235959.123`. */
function snapshotName(time: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().slice(0, 23).split('T')
  return `s${date.replaceAll('-', '')}-${clock.replaceAll(':', '')}`
}
