import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { BlockId, DatanodeId, FileId, GenerationStamp } from '../base/ids.ts'
import { normalizePath } from '../base/path.ts'
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
import { DirectoryNode, type FileNode } from './inode.ts'
import type { Namespace } from './namespace.ts'
import type { JournalRecord, Owner } from './records.ts'
import type { ReplicaDirectory } from './replica-directory.ts'
import * as view from './view.ts'

export interface ServerOptions {
  readonly env: Env
  readonly directory: string
  readonly config: DfsConfig
  /** The root was never made to its end. */
  readonly unfinished?: boolean
  readonly superuser: string
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

  private constructor(options: ServerOptions, durable: DurableNamespace, replicas: ReplicaDirectory) {
    this.#options = options
    this.durable = durable
    this.#replicas = replicas
  }

  static async open(options: ServerOptions): Promise<NamenodeServer> {
    let replicas: ReplicaDirectory | undefined
    const durable = await DurableNamespace.open({ ...options, onDead: (blocks) => replicas?.dead(blocks) })
    replicas = options.replicas(durable.state)
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

  // Reading

  async find({ path }: PathRequest): Promise<FileStatus | undefined> {
    this.durable.check()
    return view.findStatus(this.state, path)
  }

  async list({ path, startAfter, limit }: PathRequest & { startAfter?: string; limit?: number }): Promise<Listing> {
    this.durable.check()
    const all = view.listStatus(this.state, path)
    const from = startAfter === undefined ? 0 : view.firstBehind(all, startAfter)
    const entries = all.slice(from, limit === undefined ? undefined : from + limit)
    return { entries, remaining: all.length - from - entries.length }
  }

  async summary({ path }: PathRequest): Promise<ContentSummary> {
    this.durable.check()
    return view.summarize(this.state, path)
  }

  async access(request: PathRequest & { mode: AccessMode }): Promise<void> {
    if ((await this.find(request)) === undefined) {
      throw new DfsError('DFS_NOT_FOUND', `no such file or directory: ${normalizePath(request.path)}`)
    }
  }

  async locate({ path }: PathRequest): Promise<LocatedBlock[]> {
    this.durable.check()
    return this.located(view.existingFile(this.state, path))
  }

  located(file: FileNode): LocatedBlock[] {
    let offset = 0
    return file.blocks.map((block) => {
      const located = { block: block.id, generation: block.generation, offset, length: block.length }
      offset += block.length
      return { ...located, replicas: this.#replicas.locate(block) }
    })
  }

  status(_request: UserRequest): Promise<FsStatus> {
    return this.#replicas.status()
  }

  async serverDefaults(_request: UserRequest): Promise<ServerDefaults> {
    const { blockSize, replication, chunkBytes, packetBytes } = this.#options.config
    return { blockSize, replication, bytesPerChecksum: chunkBytes, packetBytes, trashInterval: 0 }
  }

  // Changing

  async mkdir({ path, parents, user }: PathRequest & { parents: boolean; permission?: number }): Promise<void> {
    await this.durable.commit(decide.decideMkdir(this.state, { path, parents, ...this.#stamp(user) }))
  }

  /** Opens a file to one writer. Not durable by itself: the first block or `complete` makes it so. */
  async create(request: PathRequest & CreateRequest & { overwrite: boolean; parents: boolean }): Promise<OpenedFile> {
    const { path, overwrite, user } = request
    return this.#open(
      decide.decideCreate(this.state, { path, overwrite, ...this.#shape(request), ...this.#stamp(user) }),
    )
  }

  async createDetached(request: UserRequest & CreateRequest): Promise<OpenedFile> {
    return this.#open(
      decide.decideCreateDetached(this.state, { ...this.#shape(request), ...this.#stamp(request.user) }),
    )
  }

  #shape(request: CreateRequest): { replication: number; blockSize: number; holder: string } {
    const { config } = this.#options
    return {
      replication: this.allowedReplication(request.replication ?? config.replication),
      blockSize: request.blockSize ?? config.blockSize,
      holder: request.holder,
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

  reopen(_request: PathRequest & { keep: 'all' | number; holder: string }): Promise<ReopenedFile> {
    return unsupported('append')
  }

  async addBlock(request: AddBlockRequest): Promise<AllocatedBlock> {
    const record = decide.decideAddBlock(this.state, request)
    const replication = this.state.open.get(request.file)?.node.attributes.replication ?? 1
    this.durable.change(record)
    const { writer, excluded } = request
    let targets = this.#replicas.choose(replication, { present: [], excluded, writer })
    // A datanode that failed before is better than none: its disk may have room again.
    if (targets.length === 0) targets = this.#replicas.choose(replication, { present: [], excluded: [], writer })
    return { block: record.block, generation: record.generation, targets }
  }

  async moreTargets(request: {
    block: BlockId
    count: number
    excluded: readonly DatanodeId[]
  }): Promise<DatanodeTarget[]> {
    const present = this.state.blocks.get(request.block)?.replicas ?? []
    return this.#replicas.choose(request.count, { present, excluded: request.excluded })
  }

  newGeneration(_request: { file: FileId; block: BlockId; previous: GenerationStamp }): Promise<GenerationStamp> {
    return unsupported('another generation of a block')
  }

  synced(): Promise<void> {
    return this.durable.durable()
  }

  async complete({ file, lastLength }: { file: FileId; lastLength: number }): Promise<void> {
    const node = this.state.open.get(file)?.node
    await this.durable.commit(decide.decideComplete(this.state, { file, lastLength, time: this.#options.env.now() }))
    if (node !== undefined) await this.#replicas.settle(node, false)
  }

  /** What the writer has stored is deleted at once; that it is gone need not be durable, an open file never survives its writer. */
  async abandon({ file }: { file: FileId }): Promise<void> {
    const record = decide.decideAbandon(this.state, file)
    if (record !== undefined) await this.durable.commit(record)
  }

  async renewLease(_request: { holder: string }): Promise<void> {}

  async delete({ path, recursive }: PathRequest & { recursive: boolean }): Promise<boolean> {
    const record = decide.decideDelete(this.state, { path, recursive, time: this.#options.env.now() })
    await this.durable.commit(record)
    return record !== undefined
  }

  async rename({ from, to }: UserRequest & { from: string; to: string; overwrite: boolean }): Promise<void> {
    await this.durable.commit(decide.decideRename(this.state, { from, to, time: this.#options.env.now() }))
  }

  concat(_request: PathRequest & { sources: readonly string[] }): Promise<void> {
    return unsupported('concat')
  }

  async setTimes(request: PathRequest & { modificationTime?: number; accessTime?: number }): Promise<void> {
    await this.durable.commit(decide.decideSetTimes(this.state, request))
  }

  async setReplication(request: PathRequest & { replication: number; wait: boolean }): Promise<void> {
    const { path, wait } = request
    const replication = this.allowedReplication(request.replication)
    await this.durable.commit(decide.decideSetReplication(this.state, { path, replication }))
    const node = this.state.find(path)
    if (node !== undefined && !(node instanceof DirectoryNode)) await this.#replicas.settle(node, wait)
  }

  setPermission(_request: PathRequest & { permission: number }): Promise<void> {
    return unsupported('setPermission')
  }

  setOwner(_request: PathRequest & { owner?: string; group?: string }): Promise<void> {
    return unsupported('setOwner')
  }

  setQuota(_request: PathRequest & { names?: number | null; space?: number | null }): Promise<void> {
    return unsupported('setQuota')
  }

  async publish({
    user,
    ...request
  }: UserRequest & {
    directory: string
    files: readonly { name: string; file: FileId }[]
    overwrite: boolean
  }): Promise<void> {
    await this.durable.commit(decide.decidePublish(this.state, { ...request, ...this.#stamp(user) }))
  }

  // Snapshots

  allowSnapshot(_request: PathRequest): Promise<void> {
    return unsupported('allowSnapshot')
  }

  disallowSnapshot(_request: PathRequest): Promise<void> {
    return unsupported('disallowSnapshot')
  }

  createSnapshot(_request: PathRequest & { name?: string }): Promise<string> {
    return unsupported('createSnapshot')
  }

  deleteSnapshot(_request: PathRequest & { name: string }): Promise<void> {
    return unsupported('deleteSnapshot')
  }

  renameSnapshot(_request: PathRequest & { from: string; to: string }): Promise<void> {
    return unsupported('renameSnapshot')
  }

  snapshotDiff(_request: PathRequest & { from: string; to: string }): Promise<SnapshotDiffEntry[]> {
    return unsupported('snapshotDiff')
  }

  snapshottableDirectories(_request: UserRequest): Promise<SnapshottableDirectory[]> {
    return unsupported('snapshottableDirectories')
  }

  snapshots(_request: PathRequest): Promise<SnapshotStatus[]> {
    return unsupported('snapshots')
  }

  #stamp(user: string): { time: number; owner: Owner } {
    return { time: this.#options.env.now(), owner: { user, group: 'supergroup' } }
  }

  close(): Promise<void> {
    return this.durable.close()
  }
}

function unsupported(what: string): Promise<never> {
  return Promise.reject(new DfsError('DFS_UNSUPPORTED', `${what} is not there yet`))
}
