import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { DfsError } from '../../base/errors.ts'
import { childPath, compareNames, joinPath, normalizePath, splitPath } from '../../base/path.ts'
import type { CreateOptions, DfsReader, DfsWriter, FileSystem } from '../../client/file-system.ts'
import { globSorted } from '../../client/glob.ts'
import type { FileStatus } from '../../client/status.ts'
import { walkTree } from '../../client/walk.ts'
import { SERVER_NAME } from '../operations.ts'
import { answers, fileStatus, type StatusAnswer } from './answers.ts'
import { PlainCalls } from './plain-calls.ts'
import { WebHdfsReader } from './reader.ts'
import type { Params } from './rest-client.ts'
import { WebHdfsWriter } from './writer.ts'

/** Any HDFS behind WebHDFS or HttpFS, or quern's own server, as a file system. */
export class WebHdfsFileSystem extends PlainCalls implements FileSystem {
  readonly notes: string[] = []
  readonly #writers = new Set<DfsWriter>()
  readonly #readers = new Set<DfsReader>()
  /** An HDFS before 3.0 has no LISTSTATUS_BATCH. */
  #listsInPieces = true

  // Looking

  async stat(path: string): Promise<FileStatus> {
    const at = normalizePath(path)
    const { FileStatus } = await this.ask('GETFILESTATUS', at, answers.status)
    return fileStatus({ ...FileStatus, pathSuffix: '' }, at)
  }

  async find(path: string): Promise<FileStatus | undefined> {
    try {
      return await this.stat(path)
    } catch (error) {
      if (error instanceof DfsError && error.code === 'DFS_NOT_FOUND') return undefined
      throw error
    }
  }

  async list(path: string): Promise<FileStatus[]> {
    const at = normalizePath(path)
    const entries = (await this.#entries(at)).map((entry) => fileStatus(entry, at))
    return entries.sort((left, right) => compareNames(left.path, right.path))
  }

  walk(path: string): AsyncIterable<FileStatus> {
    return walkTree(this, path)
  }

  async glob(pattern: string): Promise<FileStatus[]> {
    return await globSorted(this, pattern)
  }

  async open(path: string): Promise<DfsReader> {
    const at = normalizePath(path)
    const status = await this.stat(at)
    if (status.kind === 'directory') throw this.error('DFS_IS_DIRECTORY', at, 'is a directory')
    const reader = new WebHdfsReader({
      rest: this.rest,
      status,
      look: () => this.find(at),
      onClosed: (closed) => this.#readers.delete(closed),
    })
    this.#readers.add(reader)
    return reader
  }

  // Writing

  /**
   * quern makes a file visible when it is whole. An HDFS shows it while it grows, and keeps the half of it when a writer dies;
   * there it is written under a hidden name beside its place and renamed once it is all there.
   */
  async create(path: string, options: CreateOptions = {}): Promise<DfsWriter> {
    options.signal?.throwIfAborted()
    const { overwrite = false, parents = true, blockSize, replication, permission } = options
    const at = normalizePath(path)
    const standing = await this.find(at)
    if (standing?.kind === 'directory') throw this.error('DFS_IS_DIRECTORY', at, 'is a directory')
    if (standing !== undefined && !overwrite) throw this.error('DFS_EXISTS', at, 'exists already')
    if (standing === undefined && !parents) await this.stat(parentOf(at))
    const whole = this.rest.server === SERVER_NAME
    const target = whole ? at : childPath(parentOf(at), `.quern-${randomBytes(8).toString('hex')}._COPYING_`)
    const params = {
      overwrite: whole ? overwrite : true,
      blocksize: blockSize,
      replication,
      permission: (permission ?? 0o644).toString(8),
      ...(parents ? {} : { createparent: false }),
    }
    return await this.#writer('CREATE', target, params, options.signal, {
      onWritten: async () => {
        if (!whole) await this.#move(target, at, overwrite ? 'OVERWRITE' : 'NONE')
      },
      isThere: async (bytes) => {
        if (!whole) return false
        const now = await this.find(at)
        return now !== undefined && now.length === bytes && now.fileId !== standing?.fileId
      },
      onAborted: () => this.#clear(target, whole),
    })
  }

  /** An HDFS adds piece by piece: a writer that is given up there is followed by a cut back to the old length. */
  async append(path: string, options: { signal?: AbortSignal } = {}): Promise<DfsWriter> {
    options.signal?.throwIfAborted()
    const at = normalizePath(path)
    const before = await this.stat(at)
    if (before.kind === 'directory') throw this.error('DFS_IS_DIRECTORY', at, 'is a directory')
    const whole = this.rest.server === SERVER_NAME
    return await this.#writer('APPEND', at, {}, options.signal, {
      onWritten: async () => undefined,
      isThere: async (bytes) => whole && bytes > 0 && (await this.find(at))?.length === before.length + bytes,
      onAborted: async () => {
        if (!whole) await this.#cutBack(at, before.length)
      },
    })
  }

  async truncate(path: string, length: number): Promise<void> {
    // HDFS answers false where the last block is still being shortened, which readers do not see.
    await this.ask('TRUNCATE', path, answers.boolean, { newlength: length })
  }

  async concat(target: string, sources: readonly string[]): Promise<void> {
    const paths = sources.map(normalizePath)
    const comma = paths.find((path) => path.includes(','))
    if (comma !== undefined) {
      throw this.error('DFS_BAD_ARGUMENT', comma, 'can not be told to WebHDFS as a source: its name holds a comma')
    }
    await this.tell('CONCAT', target, { sources: paths.join(',') })
  }

  // Changing

  /** Without `parents` the place is looked at first, since WebHDFS always makes what is missing above. */
  async mkdir(path: string, options: { parents?: boolean; permission?: number } = {}): Promise<void> {
    const at = normalizePath(path)
    if (options.parents !== true) {
      if ((await this.find(at)) !== undefined) throw this.error('DFS_EXISTS', at, 'exists already')
      const parent = await this.stat(parentOf(at))
      if (parent.kind !== 'directory') throw this.error('DFS_NOT_DIRECTORY', parent.path, 'is not a directory')
    }
    const permission = options.permission?.toString(8)
    const { boolean: made } = await this.ask('MKDIRS', at, answers.boolean, { permission })
    if (!made) throw this.error('DFS_IO', at, 'could not be made')
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    await this.#move(normalizePath(from), normalizePath(to), options.overwrite === true ? 'OVERWRITE' : undefined)
  }

  async setReplication(path: string, replication: number, options: { wait?: boolean } = {}): Promise<void> {
    const { boolean: set } = await this.ask('SETREPLICATION', path, answers.boolean, { replication })
    if (!set) {
      const { kind } = await this.stat(path)
      if (kind === 'directory') throw this.error('DFS_IS_DIRECTORY', path, 'is a directory')
      throw this.error('DFS_IO', path, 'did not take the replication')
    }
    if (options.wait === true) await this.#replicated(path, replication)
  }

  // Ending

  async close(): Promise<void> {
    for (const writer of [...this.#writers]) await writer.abort()
    for (const reader of [...this.#readers]) await reader.close()
    this.rest.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // Inside

  async #entries(at: string): Promise<StatusAnswer[]> {
    if (!this.#listsInPieces) return await this.#entriesAtOnce(at)
    const entries: StatusAnswer[] = []
    for (let startAfter: string | undefined; ; ) {
      try {
        const { DirectoryListing } = await this.ask('LISTSTATUS_BATCH', at, answers.batch, { startAfter })
        const { FileStatus: piece } = DirectoryListing.partialListing.FileStatuses
        for (const entry of piece) entries.push(entry)
        const last = piece.at(-1)
        if (DirectoryListing.remainingEntries === 0 || last === undefined) return entries
        if (last.pathSuffix === startAfter) throw this.error('DFS_PROTOCOL', at, 'is listed in circles')
        startAfter = last.pathSuffix
      } catch (error) {
        if (startAfter !== undefined || !isUnsupported(error)) throw error
        this.#listsInPieces = false
        return await this.#entriesAtOnce(at)
      }
    }
  }

  async #entriesAtOnce(at: string): Promise<StatusAnswer[]> {
    return (await this.ask('LISTSTATUS', at, answers.listing)).FileStatuses.FileStatus
  }

  async #writer(
    op: 'CREATE' | 'APPEND',
    path: string,
    params: Params,
    signal: AbortSignal | undefined,
    ends: {
      onWritten: () => Promise<void>
      isThere: (bytes: number) => Promise<boolean>
      onAborted: () => Promise<void>
    },
  ): Promise<DfsWriter> {
    const call = { op, path, params }
    const place = await this.rest.place(call)
    const writer = new WebHdfsWriter({
      rest: this.rest,
      call,
      place,
      signal,
      ...ends,
      onOver: (over) => this.#writers.delete(over),
    })
    this.#writers.add(writer)
    try {
      await writer.begin()
    } catch (error) {
      await writer.abort()
      throw error
    }
    return writer
  }

  /** An HDFS says no more than `false` to a plain rename; why is looked up. */
  async #move(from: string, to: string, renameoptions: 'OVERWRITE' | 'NONE' | undefined): Promise<void> {
    const text = await this.rest.text({ op: 'RENAME', path: from, params: { destination: to, renameoptions } })
    // With options nothing is answered but the status.
    if (text.trim() === '') return
    const { boolean: moved } = this.rest.parse({ op: 'RENAME', path: from }, text, answers.boolean)
    if (moved) return
    await this.stat(from)
    const standing = await this.find(to)
    const inside = standing?.kind === 'directory' ? await this.find(childPath(to, baseName(from))) : standing
    if (inside !== undefined) throw this.error('DFS_EXISTS', inside.path, 'exists already')
    if (to.startsWith(`${from}/`)) throw this.error('DFS_BAD_ARGUMENT', from, `can not be moved into itself, to ${to}`)
    const parent = await this.stat(parentOf(to))
    if (parent.kind !== 'directory') throw this.error('DFS_NOT_DIRECTORY', parent.path, 'is not a directory')
    throw this.error('DFS_IO', from, `could not be renamed to ${to}; the server does not say why`)
  }

  /** Takes away what a writer that was given up has left. A server that shows no halves needs no help. */
  async #clear(path: string, whole: boolean): Promise<void> {
    if (whole) return
    try {
      await this.rest.json({ op: 'DELETE', path, params: { recursive: false }, anyway: true }, answers.boolean)
    } catch (error) {
      this.#leave(path, 'half of a file is left there', error)
    }
  }

  /** The datanode learns only by and by that its writer is gone, and until then the file is taken. */
  async #cutBack(path: string, length: number): Promise<void> {
    const { attempts, pause: first } = this.rest.timing
    for (let tries = 1; ; tries++) {
      try {
        await this.rest.json({ op: 'TRUNCATE', path, params: { newlength: length }, anyway: true }, answers.boolean)
        return
      } catch (error) {
        const taken = error instanceof DfsError && error.code === 'DFS_BEING_WRITTEN'
        if (!taken || tries > attempts) {
          this.#leave(path, `what was appended behind ${length} bytes may be left there`, error)
          return
        }
      }
      await pause(first * 3 ** tries)
    }
  }

  #leave(path: string, what: string, error: unknown): void {
    if (!(error instanceof DfsError)) throw error
    this.notes.push(`${this.rest.origin}${path}: ${what} (${error.message})`)
  }

  /** Looks until every block has its replicas, or their number has stood still for so long that more datanodes are not there. */
  async #replicated(path: string, replication: number): Promise<void> {
    const { replicationLook, replicationStill } = this.rest.timing
    let last = -1
    for (let still = 0; still <= replicationStill; still += replicationLook) {
      const blocks = await this.blockLocations(path)
      if (blocks.every(({ hosts }) => hosts.length >= replication)) return
      const replicas = blocks.reduce((sum, { hosts }) => sum + hosts.length, 0)
      if (replicas !== last) still = 0
      last = replicas
      await pause(replicationLook)
    }
  }
}

const isUnsupported = (error: unknown): boolean => error instanceof DfsError && error.code === 'DFS_UNSUPPORTED'

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const parentOf = (path: string): string => joinPath(splitPath(path).slice(0, -1))
