import { combined, shiftOf } from '../base/crc-combination.ts'
import { dataChecksum } from '../base/data-checksum.ts'
import { DfsError } from '../base/errors.ts'
import { normalizePath } from '../base/path.ts'
import type { Connection, Incident } from './connection.ts'
import type { DetachedWriter, Dfs } from './dfs.ts'
import { FileReader } from './file-reader.ts'
import type { CreateOptions, DfsReader, DfsWriter } from './file-system.ts'
import { detachedWriter, FileWriter, namedWriter } from './file-writer.ts'
import { globSorted } from './glob.ts'
import { NamespaceClient, type SharedConnection } from './namespace-client.ts'
import type { Listing, OpenedFile } from './protocol.ts'
import type { BlockLocation, FileChecksum, FileStatus, LocatedBlock } from './status.ts'
import { walkTree } from './walk.ts'

/** Entries asked for at once when a directory is listed. */
const listingPage = 20_000

interface Shared extends SharedConnection {
  readonly writers: Set<FileWriter>
  readonly readers: Set<FileReader>
}

/** The DFS as its users see it, over the protocol: the same for an embedded namenode and for daemons. */
export class DfsClient extends NamespaceClient implements Dfs {
  readonly datanodes: Dfs['datanodes']
  readonly #shared: Shared
  readonly #isView: boolean

  private constructor(shared: Shared, user: string, isView: boolean) {
    super(shared, user)
    this.#shared = shared
    this.#isView = isView
    this.datanodes = shared.connection.datanodes
  }

  static over(connection: Connection, user: string): DfsClient {
    return new DfsClient({ connection, writers: new Set(), readers: new Set(), closing: undefined }, user, false)
  }

  as(user: string): Dfs {
    return new DfsClient(this.#shared, user, true)
  }

  get incidents(): readonly Incident[] {
    return this.#shared.connection.incidents
  }

  get notes(): readonly string[] {
    return this.#shared.connection.notes
  }

  repairsDone(): Promise<void> {
    return this.#shared.connection.repairsDone()
  }

  // Reading

  async stat(path: string): Promise<FileStatus> {
    const found = await this.find(path)
    if (found === undefined) throw new DfsError('DFS_NOT_FOUND', `no such file or directory: ${normalizePath(path)}`)
    return found
  }

  async list(path: string): Promise<FileStatus[]> {
    const all: FileStatus[] = []
    for (let startAfter: string | undefined; ; ) {
      const page = await this.listPage(path, {
        limit: listingPage,
        ...(startAfter === undefined ? {} : { startAfter }),
      })
      if (all.length === 0 && page.remaining === 0) return [...page.entries]
      all.push(...page.entries)
      const last = page.entries.at(-1)
      if (page.remaining === 0 || last === undefined) return all
      startAfter = last.path.slice(last.path.lastIndexOf('/') + 1)
    }
  }

  async listPage(path: string, page: { startAfter?: string; limit: number }): Promise<Listing> {
    return this.namenode.list({ ...this.on(path), ...page })
  }

  walk(path: string): AsyncIterable<FileStatus> {
    return walkTree(this, path)
  }

  async glob(pattern: string): Promise<FileStatus[]> {
    return await globSorted(this, pattern)
  }

  async blockLocations(path: string, range: { offset?: number; length?: number } = {}): Promise<BlockLocation[]> {
    const start = range.offset ?? 0
    const end = start + (range.length ?? Number.MAX_SAFE_INTEGER)
    const blocks = await this.locate(path)
    return blocks
      .filter(({ offset, length }) => offset < end && offset + length > start)
      .map(({ offset, length, replicas }) => {
        const hosts = replicas.map(({ address, datanode }) => address?.host ?? datanode)
        const names = replicas.map(({ address, datanode }) =>
          address === undefined ? datanode : `${address.host}:${address.port}`,
        )
        const topologyPaths = replicas.map(({ rack }, i) => `/${rack}/${names[i]}`)
        return { offset, length, hosts, names, topologyPaths, corrupt: replicas.length === 0 }
      })
  }

  /** Put together from the checksums of the replicas; what of it is in none that is at hand is read. */
  async checksum(path: string): Promise<FileChecksum> {
    const blocks = await this.locate(path)
    let crc = 0
    let reader: DfsReader | undefined
    try {
      for (const block of blocks) {
        const known = await this.#contentChecksum(block)
        if (known !== undefined) {
          crc = combined(crc, known, shiftOf(block.length))
          continue
        }
        reader ??= this.#reader(path, blocks)
        const range = { start: block.offset, end: block.offset + block.length }
        for await (const bytes of reader.stream(range)) crc = dataChecksum(bytes, crc)
      }
      return { algorithm: 'COMPOSITE-CRC32', bytes: crc.toString(16).padStart(8, '0') }
    } finally {
      await reader?.close()
    }
  }

  async #contentChecksum(block: LocatedBlock): Promise<number | undefined> {
    for (const location of block.replicas) {
      const known = await this.#shared.connection.access.contentChecksum(block, location)
      if (known !== undefined) return known
    }
    return undefined
  }

  async home(): Promise<string> {
    return `/user/${this.user}`
  }

  async open(path: string): Promise<DfsReader> {
    return this.#reader(path, await this.locate(path))
  }

  #reader(path: string, blocks: readonly LocatedBlock[]): DfsReader {
    const { access, packetBytes } = this.#shared.connection
    const reader = new FileReader({
      path: normalizePath(path),
      blocks,
      access,
      locate: () => this.locate(path),
      streamBytes: packetBytes,
      onBad: (bad) => this.#shared.connection.met(bad),
      onOver: (over) => this.#shared.readers.delete(over),
    })
    this.#shared.readers.add(reader)
    return reader
  }

  // Changing

  async create(path: string, options: CreateOptions = {}): Promise<DfsWriter> {
    options.signal?.throwIfAborted()
    const { overwrite = false, parents = true } = options
    const opened = await this.namenode.create({ ...this.on(path), ...this.#shape(options), overwrite, parents })
    return namedWriter(this.#writer(opened, options))
  }

  async createDetached(options: CreateOptions = {}): Promise<DetachedWriter> {
    options.signal?.throwIfAborted()
    const opened = await this.namenode.createDetached({ user: this.user, ...this.#shape(options) })
    return detachedWriter(this.#writer(opened, options))
  }

  #shape({ replication, blockSize, permission }: CreateOptions): {
    replication?: number
    blockSize?: number
    permission?: number
    holder: string
  } {
    return {
      holder: this.#shared.connection.holder,
      ...(replication === undefined ? {} : { replication }),
      ...(blockSize === undefined ? {} : { blockSize }),
      ...(permission === undefined ? {} : { permission }),
    }
  }

  #writer(opened: OpenedFile, options: CreateOptions): FileWriter {
    const { connection, writers } = this.#shared
    const path = opened.path === '' ? `detached file ${opened.file}` : opened.path
    const { replication = 0 } = options
    if (opened.replication < replication) {
      const count = opened.replication
      // In the namenode's own words: where it is in this process, it has said so already.
      connection.short(
        `replication ${replication} was asked for, but there are ${count} datanodes: files get ${count} replicas`,
      )
    }
    const writer = new FileWriter(connection.namenode, connection.access, {
      file: opened.file,
      path,
      blockSize: opened.blockSize,
      chunkBytes: connection.chunkBytes,
      packetBytes: connection.packetBytes,
      writerNode: options.writerNode,
      signal: options.signal,
      onLost: (lost) => connection.lost(lost, path),
      onShort: (why) => connection.short(`${path} has fewer replicas than it asks for: ${why}`),
      onOver: (over) => {
        writers.delete(over)
        connection.writerOver()
      },
    })
    writers.add(writer)
    connection.writerBegun()
    return writer
  }

  async append(path: string, options: { signal?: AbortSignal } = {}): Promise<DfsWriter> {
    options.signal?.throwIfAborted()
    return namedWriter(await this.#reopen(path, 'all', options))
  }

  async truncate(path: string, length: number): Promise<void> {
    const status = await this.stat(path)
    if (status.kind === 'file' && status.length === length) {
      await this.access(path, 'w')
      return
    }
    const writer = await this.#reopen(path, length, {})
    await ending(writer, () => writer.finish())
  }

  /** A writer that has what is to be written again behind it. */
  async #reopen(path: string, keep: 'all' | number, options: CreateOptions): Promise<FileWriter> {
    const { holder } = this.#shared.connection
    const opened = await this.namenode.reopen({ ...this.on(path), keep, holder })
    const writer = this.#writer(opened, options)
    const { rewrite } = opened
    if (rewrite === undefined) return writer
    await ending(writer, async () => {
      const reader = this.#reader(path, [{ ...rewrite.block, offset: 0 }])
      try {
        for await (const bytes of reader.stream({ end: rewrite.length })) await writer.write(bytes)
      } finally {
        await reader.close()
      }
    })
    return writer
  }

  // Ending

  async close(): Promise<void> {
    if (this.#isView) return
    this.#shared.closing ??= this.#close()
    await this.#shared.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { writers, readers, connection } = this.#shared
    try {
      // A writer whose journal has failed can not take its file back; opening the root, or its lease's end, does.
      for (const writer of [...writers]) await writer.abort().catch(() => undefined)
      for (const reader of [...readers]) await reader.close().catch(() => undefined)
    } finally {
      await connection.close()
    }
  }
}

/** Takes back what was written where `action` fails: nobody else would. */
async function ending(writer: FileWriter, action: () => Promise<unknown>): Promise<void> {
  try {
    await action()
  } catch (error) {
    // The first failure is the one to tell.
    await writer.abort().catch(() => undefined)
    throw error
  }
}
