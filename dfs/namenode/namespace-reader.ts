import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import type { Listing, PathRequest, UserRequest } from '../client/protocol.ts'
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
import type { DurableNamespace } from './durable-namespace.ts'
import { type GroupsOf, systemGroups } from './groups.ts'
import type { Block, FileNode } from './inode.ts'
import type { Namespace } from './namespace.ts'
import { type Caller, checkAccountName } from './permission.ts'
import type { ReplicaDirectory } from './replica-directory.ts'
import * as view from './view.ts'

export interface ReaderOptions {
  readonly env: Env
  readonly config: DfsConfig
  /** Of the operating system: whose root it is. May do everything, as may who owns `/`, and members of `supergroup`. */
  readonly superuser: string
  /** The system's if not given. */
  readonly groupsOf?: GroupsOf
}

export const supergroup = 'supergroup'

/** The requests that change nothing. What they show may not be durable yet; who changed it is told only when it is. */
export class NamespaceReader {
  readonly durable: DurableNamespace
  readonly #options: ReaderOptions
  readonly #replicas: ReplicaDirectory
  readonly #groupsOf: GroupsOf

  constructor(options: ReaderOptions, durable: DurableNamespace, replicas: ReplicaDirectory) {
    this.#options = options
    this.durable = durable
    this.#replicas = replicas
    this.#groupsOf = options.groupsOf ?? systemGroups(options.env.now)
  }

  get state(): Namespace {
    return this.durable.state
  }

  get notes(): string[] {
    return this.durable.notes
  }

  /** Whom a request is made as. */
  caller(user: string): Caller {
    checkAccountName('user', user)
    const groups = this.#groupsOf(user)
    const owns = user === this.#options.superuser || user === this.state.root.owner.user
    return { user, groups, superuser: owns || groups.includes(supergroup) }
  }

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
      const located = this.locatedBlock(block, offset)
      offset += block.length
      return located
    })
  }

  locatedBlock(block: Block, offset: number): LocatedBlock {
    const { id, generation, length } = block
    return { block: id, generation, offset, length, replicas: this.#replicas.locate(block) }
  }

  status(_request: UserRequest): Promise<FsStatus> {
    return this.#replicas.status()
  }

  async serverDefaults(_request: UserRequest): Promise<ServerDefaults> {
    const { blockSize, replication, chunkBytes, packetBytes, trashIntervalMinutes } = this.#options.config
    return { blockSize, replication, bytesPerChecksum: chunkBytes, packetBytes, trashInterval: trashIntervalMinutes }
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
}
