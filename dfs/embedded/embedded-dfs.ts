import type { DfsConfig } from '../base/config.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId, FileId } from '../base/ids.ts'
import { blockNames } from '../base/names.ts'
import { compareNames, normalizePath } from '../base/path.ts'
import type { RootLock } from '../base/root-lock.ts'
import type {
  BadReplica,
  ContentSummary,
  CreateOptions,
  DetachedWriter,
  Dfs,
  DfsReader,
  DfsWriter,
  FileStatus,
  FsckReport,
  LocatedBlock,
} from '../client/dfs.ts'
import { FileReader } from '../client/file-reader.ts'
import { detachedWriter, FileWriter, namedWriter } from '../client/file-writer.ts'
import { globPaths, hasMagic } from '../client/glob.ts'
import type { Datanode } from '../datanode/datanode.ts'
import type { Block, FileNode } from '../namenode/inode.ts'
import type { NamenodeServer, OpenedFile } from '../namenode/server.ts'
import { checkFiles } from './fsck.ts'
import type { Incident, ReplicationMonitor } from './replication-monitor.ts'

export interface EmbeddedParts {
  readonly root: string
  readonly config: DfsConfig
  readonly lock: RootLock
  readonly namenode: NamenodeServer
  readonly datanodes: ReadonlyMap<DatanodeId, Datanode>
  readonly monitor: ReplicationMonitor
}

/** Namenode, datanodes and client in one process: the calls that would cross a socket are plain calls. */
export class EmbeddedDfs implements Dfs {
  readonly root: string
  readonly datanodes: Dfs['datanodes']
  readonly #parts: EmbeddedParts
  readonly #writers = new Set<FileWriter>()
  readonly #readers = new Set<FileReader>()
  readonly #reports = new Set<Promise<void>>()
  #closing: Promise<void> | undefined

  constructor(parts: EmbeddedParts) {
    this.#parts = parts
    this.root = parts.root
    this.datanodes = [...parts.datanodes.values()].map(({ id, rack, directory }) => ({ id, rack, directory }))
  }

  get incidents(): readonly Incident[] {
    return this.#parts.monitor.incidents
  }

  async repairsDone(): Promise<void> {
    while (this.#reports.size > 0) await Promise.allSettled([...this.#reports])
  }

  #met(report: Promise<void>): Promise<void> {
    this.#reports.add(report)
    return report.finally(() => this.#reports.delete(report))
  }

  get notes(): readonly string[] {
    return this.#parts.namenode.notes
  }

  async stat(path: string): Promise<FileStatus> {
    const found = this.#namenode.find(path)
    if (found === undefined) throw new DfsError('DFS_NOT_FOUND', `no such file or directory: ${normalizePath(path)}`)
    return found
  }

  async find(path: string): Promise<FileStatus | undefined> {
    return this.#namenode.find(path)
  }

  async list(path: string): Promise<FileStatus[]> {
    return this.#namenode.list(path)
  }

  async *walk(path: string): AsyncIterable<FileStatus> {
    const stack = [await this.stat(path)]
    for (let status = stack.pop(); status !== undefined; status = stack.pop()) {
      yield status
      if (status.kind !== 'directory') continue
      // Undefined: it was deleted while we walked.
      if (this.#namenode.find(status.path) === undefined) continue
      stack.push(...this.#namenode.list(status.path).reverse())
    }
  }

  async glob(pattern: string): Promise<FileStatus[]> {
    if (!hasMagic(pattern)) {
      const found = this.#namenode.find(pattern)
      return found === undefined ? [] : [found]
    }
    const found = await globPaths(this, pattern)
    return found.sort((a, b) => compareNames(a.path, b.path))
  }

  async summary(path: string): Promise<ContentSummary> {
    return this.#namenode.summary(path)
  }

  async mkdir(path: string, options: { parents?: boolean } = {}): Promise<void> {
    await this.#namenode.mkdir(path, options.parents ?? false)
  }

  async create(path: string, options: CreateOptions = {}): Promise<DfsWriter> {
    options.signal?.throwIfAborted()
    return namedWriter(this.#writer(this.#namenode.create(path, options), options))
  }

  async createDetached(options: CreateOptions = {}): Promise<DetachedWriter> {
    options.signal?.throwIfAborted()
    return detachedWriter(this.#writer(this.#namenode.createDetached(options), options))
  }

  #writer(opened: OpenedFile, options: CreateOptions): FileWriter {
    const { config, datanodes, monitor, namenode } = this.#parts
    const path = opened.path === '' ? `detached file ${opened.file}` : opened.path
    const writer = new FileWriter(namenode, datanodes, {
      file: opened.file,
      path,
      blockSize: opened.blockSize,
      chunkBytes: config.chunkBytes,
      packetBytes: config.packetBytes,
      writerNode: options.writerNode,
      signal: options.signal,
      onLost: (lost) => monitor.lost(lost, path),
      onOver: (over) => {
        this.#writers.delete(over)
        monitor.writerOver()
      },
    })
    this.#writers.add(writer)
    return writer
  }

  async open(path: string): Promise<DfsReader> {
    const blocks = await this.locate(path)
    const { config, datanodes, monitor } = this.#parts
    const reader = new FileReader({
      path: normalizePath(path),
      blocks,
      datanodes,
      streamBytes: config.packetBytes,
      onBad: (bad) => monitor.inBackground('repairing a bad replica', () => this.#met(monitor.report([bad]))),
      onOver: (over) => this.#readers.delete(over),
    })
    this.#readers.add(reader)
    return reader
  }

  async delete(path: string, options: { recursive?: boolean } = {}): Promise<boolean> {
    return this.#namenode.delete(path, options.recursive ?? false)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#namenode.rename(from, to)
  }

  async setTimes(path: string, times: { modificationTime?: number; accessTime?: number }): Promise<void> {
    await this.#namenode.setTimes(path, times)
  }

  async setReplication(path: string, replication: number): Promise<void> {
    await this.#namenode.setReplication(path, replication)
    const { monitor } = this.#parts
    await Promise.all(this.#namenode.file(path).blocks.map((block) => monitor.repair(block.id)))
  }

  async locate(path: string): Promise<LocatedBlock[]> {
    return this.#located(this.#namenode.file(path))
  }

  #located(file: FileNode): LocatedBlock[] {
    let offset = 0
    return file.blocks.map((block) => {
      const located = { block: block.id, generation: block.generation, offset, length: block.length }
      offset += block.length
      return { ...located, replicas: this.#replicas(block) }
    })
  }

  #replicas(block: Block): LocatedBlock['replicas'] {
    const good = this.#namenode.holders(block)
    // With nothing better left even one that was found bad is offered: the reader checks it, and says of each what is wrong.
    const offered = good.length > 0 ? good : this.#namenode.corruptHolders(block.id)
    const key = { block: block.id, generation: block.generation }
    return offered.flatMap(({ id, rack }) => {
      const directory = this.#parts.datanodes.get(id)?.directory
      if (directory === undefined) return []
      return {
        datanode: id,
        rack,
        dataFile: blockNames.data(directory, key),
        checksumFile: blockNames.checksum(directory, key),
      }
    })
  }

  async discardDetached(file: FileId): Promise<void> {
    await this.#namenode.abandon(file)
  }

  async publish(
    directory: string,
    files: readonly { name: string; file: FileId }[],
    options: { overwrite?: boolean } = {},
  ): Promise<void> {
    await this.#namenode.publish(directory, files, options.overwrite ?? false)
  }

  async reportBad(replicas: readonly BadReplica[]): Promise<void> {
    this.#check()
    await this.#parts.monitor.report(replicas)
  }

  async fsck(path: string, options: { verify?: boolean } = {}): Promise<FsckReport> {
    this.#check()
    return checkFiles(this.#parts, normalizePath(path), options.verify ?? false, (file) => this.#located(file))
  }

  async checkpoint(): Promise<void> {
    await this.#namenode.checkpoint()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { namenode, monitor, lock } = this.#parts
    try {
      // A writer whose journal has failed can not take its file back; opening the root does.
      for (const writer of [...this.#writers]) await writer.abort().catch((error: unknown) => this.#note(error))
      for (const reader of [...this.#readers]) await reader.close().catch((error: unknown) => this.#note(error))
      await monitor.stop()
      await namenode.close()
    } finally {
      await lock.release()
    }
  }

  #note(error: unknown): void {
    this.#parts.namenode.notes.push(`closing: ${error instanceof Error ? error.message : String(error)}`)
  }

  #check(): void {
    if (this.#closing !== undefined) throw new DfsError('DFS_CLOSED', `the DFS at ${this.root} has been closed`)
  }

  get #namenode(): NamenodeServer {
    this.#check()
    return this.#parts.namenode
  }
}
