import { DfsError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { joinPath, splitPath } from '../base/path.ts'
import type {
  BalanceReport,
  ClusterReport,
  FsckReport,
  SafeModeAction,
  SafeModeStatus,
  ScrubReport,
} from './administration.ts'
import type { Connection } from './connection.ts'
import type { CareProtocol, NamespaceProtocol } from './protocol.ts'
import type {
  AccessMode,
  BadReplica,
  ContentSummary,
  FileStatus,
  FsStatus,
  LocatedBlock,
  ServerDefaults,
  SnapshotDiffEntry,
  SnapshotStatus,
  SnapshottableDirectory,
} from './status.ts'

/** What every view of one connection has in common. */
export interface SharedConnection {
  readonly connection: Connection
  closing: Promise<void> | undefined
}

/** The calls of a `Dfs` that are one request each. */
export abstract class NamespaceClient {
  readonly user: string
  readonly root: string
  readonly #shared: SharedConnection

  constructor(shared: SharedConnection, user: string) {
    this.#shared = shared
    this.user = user
    this.root = shared.connection.root
  }

  async find(path: string): Promise<FileStatus | undefined> {
    return this.namenode.find(this.on(path))
  }

  async summary(path: string): Promise<ContentSummary> {
    return this.namenode.summary(this.on(path))
  }

  async access(path: string, mode: AccessMode): Promise<void> {
    await this.namenode.access({ ...this.on(path), mode })
  }

  async locate(path: string): Promise<LocatedBlock[]> {
    return this.namenode.locate(this.on(path))
  }

  async status(): Promise<FsStatus> {
    return this.namenode.status({ user: this.user })
  }

  async serverDefaults(): Promise<ServerDefaults> {
    return this.namenode.serverDefaults({ user: this.user })
  }

  async mkdir(path: string, options: { parents?: boolean; permission?: number } = {}): Promise<void> {
    const { parents = false, permission } = options
    await this.namenode.mkdir({ ...this.on(path), parents, ...(permission === undefined ? {} : { permission }) })
  }

  async concat(target: string, sources: readonly string[]): Promise<void> {
    await this.namenode.concat({ ...this.on(target), sources })
  }

  async delete(path: string, options: { recursive?: boolean } = {}): Promise<boolean> {
    return this.namenode.delete({ ...this.on(path), recursive: options.recursive ?? false })
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    await this.namenode.rename({ user: this.user, from, to, overwrite: options.overwrite ?? false })
  }

  async setTimes(path: string, times: { modificationTime?: number; accessTime?: number }): Promise<void> {
    await this.namenode.setTimes({ ...this.on(path), ...times })
  }

  async setReplication(path: string, replication: number, options: { wait?: boolean } = {}): Promise<void> {
    await this.namenode.setReplication({ ...this.on(path), replication, wait: options.wait ?? false })
  }

  async setPermission(path: string, permission: number): Promise<void> {
    await this.namenode.setPermission({ ...this.on(path), permission })
  }

  async setOwner(path: string, { user, group }: { user?: string; group?: string }): Promise<void> {
    await this.namenode.setOwner({
      ...this.on(path),
      ...(user === undefined ? {} : { owner: user }),
      ...(group === undefined ? {} : { group }),
    })
  }

  async setQuota(path: string, quota: { names?: number | null; space?: number | null }): Promise<void> {
    await this.namenode.setQuota({ ...this.on(path), ...quota })
  }

  async discardDetached(file: FileId): Promise<void> {
    await this.namenode.abandon({ file })
  }

  async publish(
    directory: string,
    files: readonly { name: string; file: FileId }[],
    options: { overwrite?: boolean } = {},
  ): Promise<void> {
    await this.namenode.publish({ user: this.user, directory, files, overwrite: options.overwrite ?? false })
  }

  // Snapshots

  async allowSnapshot(path: string): Promise<void> {
    await this.namenode.allowSnapshot(this.on(path))
  }

  async disallowSnapshot(path: string): Promise<void> {
    await this.namenode.disallowSnapshot(this.on(path))
  }

  async createSnapshot(path: string, name?: string): Promise<string> {
    return this.namenode.createSnapshot({ ...this.on(path), ...(name === undefined ? {} : { name }) })
  }

  async deleteSnapshot(path: string, name: string): Promise<void> {
    await this.namenode.deleteSnapshot({ ...this.on(path), name })
  }

  async renameSnapshot(path: string, from: string, to: string): Promise<void> {
    await this.namenode.renameSnapshot({ ...this.on(path), from, to })
  }

  async snapshotDiff(path: string, from: string, to: string): Promise<SnapshotDiffEntry[]> {
    return this.namenode.snapshotDiff({ ...this.on(path), from, to })
  }

  async snapshottableDirectories(): Promise<SnapshottableDirectory[]> {
    return this.namenode.snapshottableDirectories({ user: this.user })
  }

  async snapshots(path: string): Promise<SnapshotStatus[]> {
    return this.namenode.snapshots(this.on(path))
  }

  // Care

  async reportBad(replicas: readonly BadReplica[]): Promise<void> {
    await this.care.reportBad({ replicas, wait: true })
  }

  async report(): Promise<ClusterReport> {
    return this.care.report({ user: this.user })
  }

  async fsck(path: string, options: { verify?: boolean } = {}): Promise<FsckReport> {
    return this.care.fsck({ ...this.on(path), verify: options.verify ?? false })
  }

  async checkpoint(): Promise<void> {
    await this.care.checkpoint({ user: this.user })
  }

  async safeMode(action: SafeModeAction): Promise<SafeModeStatus> {
    return this.care.safeMode({ user: this.user, action })
  }

  async balance({ threshold }: { threshold: number; signal?: AbortSignal }): Promise<BalanceReport> {
    return this.care.balance({ user: this.user, threshold })
  }

  async decommission(datanode: string): Promise<void> {
    await this.care.decommission({ user: this.user, datanode })
  }

  async recommission(datanode: string): Promise<void> {
    await this.care.recommission({ user: this.user, datanode })
  }

  async scrub(): Promise<ScrubReport> {
    return this.care.scrub({ user: this.user })
  }

  protected on(path: string): { user: string; path: string } {
    return { user: this.user, path: joinPath(splitPath(path)) }
  }

  protected get namenode(): NamespaceProtocol {
    return this.connection.namenode
  }

  protected get care(): CareProtocol {
    return this.connection.care
  }

  protected get connection(): Connection {
    if (this.#shared.closing !== undefined) throw new DfsError('DFS_CLOSED', `the DFS at ${this.root} has been closed`)
    return this.#shared.connection
  }
}
