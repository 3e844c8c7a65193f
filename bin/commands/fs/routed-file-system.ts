import {
  type BlockLocation,
  type ContentSummary,
  type CreateOptions,
  DfsError,
  type DfsReader,
  type DfsWriter,
  type FileChecksum,
  type FileStatus,
  type FileSystem,
  type FsStatus,
  type ServerDefaults,
  type SnapshotDiffEntry,
  type SnapshotStatus,
  type SnapshottableDirectory,
} from '../../../dfs/index.ts'
import { splitOrigin } from './path.ts'

export interface FileSystemSources {
  /** The one that plain paths are in. */
  readonly own: () => Promise<FileSystem>
  /** By origin: `webhdfs://host:port`. */
  readonly remote: (origin: string) => Promise<FileSystem>
}

interface Place {
  readonly fileSystem: FileSystem
  readonly path: string
  /** What paths of it begin with here; empty for the own one. */
  readonly origin: string
}

/**
 * All file systems as one: a path says in which it is. `/a` is in the own one, `webhdfs://host:port/a` in another; each is
 * opened when its first path is met. What has no path is asked of the own one.
 */
export class RoutedFileSystem implements FileSystem {
  readonly user: string
  readonly #sources: FileSystemSources
  readonly #opened = new Map<string, Promise<FileSystem>>()
  readonly #ready: FileSystem[] = []

  constructor(user: string, sources: FileSystemSources) {
    this.user = user
    this.#sources = sources
  }

  get notes(): readonly string[] {
    return this.#ready.flatMap(({ notes }) => notes)
  }

  /** The file system that `path` is in. */
  async fileSystem(path: string): Promise<FileSystem> {
    return (await this.#at(path)).fileSystem
  }

  /** Where the user's own files are in the file system of `path`, as a path here. */
  async homeAt(path: string): Promise<string> {
    const { fileSystem, origin } = await this.#at(path)
    return origin + (await fileSystem.home())
  }

  async #at(typed: string): Promise<Place> {
    const { origin, path } = splitOrigin(typed)
    let opening = this.#opened.get(origin)
    if (opening === undefined) {
      opening = origin === '' ? this.#sources.own() : this.#sources.remote(origin)
      this.#opened.set(origin, opening)
      this.#ready.push(await opening)
    }
    return { fileSystem: await opening, path, origin }
  }

  async #bothAt(one: string, other: string): Promise<Place & { readonly to: string }> {
    const { origin, path } = splitOrigin(other)
    const from = await this.#at(one)
    if (from.origin === origin) return { ...from, to: path }
    throw new DfsError('DFS_BAD_ARGUMENT', `${one} and ${other} are not in one file system`)
  }

  async stat(path: string): Promise<FileStatus> {
    const at = await this.#at(path)
    return here(at, await at.fileSystem.stat(at.path))
  }

  async find(path: string): Promise<FileStatus | undefined> {
    const at = await this.#at(path)
    const status = await at.fileSystem.find(at.path)
    return status === undefined ? undefined : here(at, status)
  }

  async list(path: string): Promise<FileStatus[]> {
    const at = await this.#at(path)
    return (await at.fileSystem.list(at.path)).map((status) => here(at, status))
  }

  async *walk(path: string): AsyncGenerator<FileStatus, void, undefined> {
    const at = await this.#at(path)
    for await (const status of at.fileSystem.walk(at.path)) yield here(at, status)
  }

  async glob(pattern: string): Promise<FileStatus[]> {
    const at = await this.#at(pattern)
    return (await at.fileSystem.glob(at.path)).map((status) => here(at, status))
  }

  async summary(path: string): Promise<ContentSummary> {
    const at = await this.#at(path)
    return await at.fileSystem.summary(at.path)
  }

  async access(path: string, mode: Parameters<FileSystem['access']>[1]): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.access(at.path, mode)
  }

  async blockLocations(path: string, range?: { offset?: number; length?: number }): Promise<BlockLocation[]> {
    const at = await this.#at(path)
    return await at.fileSystem.blockLocations(at.path, range)
  }

  async checksum(path: string): Promise<FileChecksum> {
    const at = await this.#at(path)
    return await at.fileSystem.checksum(at.path)
  }

  async status(): Promise<FsStatus> {
    return await (await this.fileSystem('/')).status()
  }

  async serverDefaults(): Promise<ServerDefaults> {
    return await (await this.fileSystem('/')).serverDefaults()
  }

  async home(): Promise<string> {
    return await this.homeAt('/')
  }

  async mkdir(path: string, options?: { parents?: boolean; permission?: number }): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.mkdir(at.path, options)
  }

  async create(path: string, options?: CreateOptions): Promise<DfsWriter> {
    const at = await this.#at(path)
    return await at.fileSystem.create(at.path, options)
  }

  async append(path: string, options?: { signal?: AbortSignal }): Promise<DfsWriter> {
    const at = await this.#at(path)
    return await at.fileSystem.append(at.path, options)
  }

  async open(path: string): Promise<DfsReader> {
    const at = await this.#at(path)
    return await at.fileSystem.open(at.path)
  }

  async truncate(path: string, length: number): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.truncate(at.path, length)
  }

  async concat(target: string, sources: readonly string[]): Promise<void> {
    const at = await this.#at(target)
    const inside: string[] = []
    for (const source of sources) inside.push((await this.#bothAt(target, source)).to)
    await at.fileSystem.concat(at.path, inside)
  }

  async delete(path: string, options?: { recursive?: boolean }): Promise<boolean> {
    const at = await this.#at(path)
    return await at.fileSystem.delete(at.path, options)
  }

  async rename(from: string, to: string, options?: { overwrite?: boolean }): Promise<void> {
    const at = await this.#bothAt(from, to)
    await at.fileSystem.rename(at.path, at.to, options)
  }

  async setTimes(path: string, times: { modificationTime?: number; accessTime?: number }): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.setTimes(at.path, times)
  }

  async setReplication(path: string, replication: number, options?: { wait?: boolean }): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.setReplication(at.path, replication, options)
  }

  async setPermission(path: string, permission: number): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.setPermission(at.path, permission)
  }

  async setOwner(path: string, owner: { user?: string; group?: string }): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.setOwner(at.path, owner)
  }

  async setQuota(path: string, quota: { names?: number | null; space?: number | null }): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.setQuota(at.path, quota)
  }

  async allowSnapshot(path: string): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.allowSnapshot(at.path)
  }

  async disallowSnapshot(path: string): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.disallowSnapshot(at.path)
  }

  async createSnapshot(path: string, name?: string): Promise<string> {
    const at = await this.#at(path)
    return at.origin + (await at.fileSystem.createSnapshot(at.path, name))
  }

  async deleteSnapshot(path: string, name: string): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.deleteSnapshot(at.path, name)
  }

  async renameSnapshot(path: string, from: string, to: string): Promise<void> {
    const at = await this.#at(path)
    await at.fileSystem.renameSnapshot(at.path, from, to)
  }

  async snapshotDiff(path: string, from: string, to: string): Promise<SnapshotDiffEntry[]> {
    const at = await this.#at(path)
    return await at.fileSystem.snapshotDiff(at.path, from, to)
  }

  async snapshottableDirectories(): Promise<SnapshottableDirectory[]> {
    return await (await this.fileSystem('/')).snapshottableDirectories()
  }

  async snapshots(path: string): Promise<SnapshotStatus[]> {
    const at = await this.#at(path)
    return (await at.fileSystem.snapshots(at.path)).map((snapshot) => here(at, snapshot))
  }

  /** Closes those that were opened. */
  async close(): Promise<void> {
    for (const fileSystem of this.#ready) await fileSystem.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const here = <T extends { readonly path: string }>({ origin }: Place, found: T): T =>
  origin === '' ? found : { ...found, path: origin + found.path }
