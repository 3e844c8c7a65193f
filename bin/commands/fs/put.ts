import type { Dirent, Stats } from 'node:fs'
import { readdir, rmdir, unlink } from 'node:fs/promises'
import { keepAttributes, preservedBy } from './attributes.ts'
import { copiesAsked, eachAtOnce } from './concurrency.ts'
import { CopiedSource } from './copied-source.ts'
import { type CopyOptions, copyLocalFile, localAttributes, pumpStream, writeDfsFile } from './copy-in.ts'
import { checkDestination, destination, targetFor } from './destination.ts'
import { PathError, reasons } from './failure.ts'
import { childOfLocal, expandLocal, type LocalPath, lstatLocal, statLocal } from './local.ts'
import { childOf, type DfsPath } from './path.ts'
import type { FsSession, VerbCall } from './session.ts'

export async function put(call: VerbCall): Promise<void> {
  await bringIn(call, false)
}

export async function moveFromLocal(call: VerbCall): Promise<void> {
  await bringIn(call, true)
}

interface PutOptions extends CopyOptions {
  readonly copies: number
  /** The source is removed once it is copied. */
  readonly move: boolean
}

async function bringIn({ session, flags, values, operands }: VerbCall, move: boolean): Promise<void> {
  const options: PutOptions = {
    overwrite: flags.has('f'),
    preserve: preservedBy({ flags, values }),
    copies: copiesAsked(values),
    move,
    // HDFS keeps such a file in memory at first, on one datanode; here it is written like any other.
    ...(flags.has('l') ? { replication: 1 } : {}),
  }
  const typed = operands.length > 1 ? (operands.at(-1) ?? '') : '.'
  const sources = operands.length > 1 ? operands.slice(0, -1) : operands
  await session.attempt(typed, async () => {
    const target = await destination(session, typed)
    if (sources.length === 1 && sources[0] === '-') {
      await checkDestination(session, target, 1, options.overwrite)
      await writeDfsFile(session, targetFor(target, '-'), options, (writer) =>
        pumpStream(session, session.io.stdin, writer),
      )
      return
    }
    const files = await expandSources(session, sources)
    if (files.length === 0) return
    await checkDestination(session, target, files.length, options.overwrite)
    for (const file of files) {
      await session.attempt(file.shown, () => new Put(session, options).source(file, targetFor(target, file.path)))
    }
  })
}

async function expandSources(session: FsSession, sources: readonly string[]): Promise<LocalPath[]> {
  const files: LocalPath[] = []
  for (const typed of sources) {
    await session.attempt(typed, async () => {
      files.push(...(await expandLocal(typed, session.io.cwd)))
    })
  }
  return files
}

interface FileToPut {
  readonly source: LocalPath
  readonly target: DfsPath
}

interface DirectoryToPut extends FileToPut {
  readonly stats: Stats
  /** Identities of the directories it lies in. */
  readonly above: readonly string[]
  /** It was reached through a symbolic link: what lies behind is copied, but is not the move's to remove. */
  readonly linked: boolean
}

class Put {
  readonly #session: FsSession
  readonly #options: PutOptions
  /** Directories whose attributes are kept; set last, when nothing is added to them any more. */
  readonly #finished: { path: string; stats: Stats }[] = []
  readonly #copied = new CopiedSource()

  constructor(session: FsSession, options: PutOptions) {
    this.#session = session
    this.#options = options
  }

  async source(source: LocalPath, target: DfsPath): Promise<void> {
    const stats = await statLocal(source.path)
    if (stats === undefined) throw new PathError(source.shown, reasons.notFound)
    if (!stats.isDirectory()) {
      await copyLocalFile(this.#session, source, target, this.#options)
      this.#copied.files.push(source.path)
    } else {
      if (this.#options.move && (await this.#session.dfs.find(target.path)) !== undefined) {
        throw new PathError(target.shown, reasons.exists)
      }
      const linked = (await lstatLocal(source.path))?.isSymbolicLink() === true
      if (linked) this.#copied.files.push(source.path)
      await this.#directory({ source, target, stats, above: [], linked })
    }
    if (this.#options.move) await this.#copied.remove({ file: unlink, directory: rmdir })
  }

  async #directory(directory: DirectoryToPut): Promise<void> {
    await eachAtOnce(
      this.#files(directory),
      this.#options.copies,
      (file) => copyLocalFile(this.#session, file.source, file.target, this.#options),
      (error, file) => this.#fail(file.source.shown, error),
    )
    for (const { path, stats } of this.#finished.reverse()) {
      await keepAttributes(this.#session.dfs, path, await localAttributes(stats), this.#options.preserve)
    }
  }

  async #fail(shown: string, error: unknown): Promise<void> {
    this.#copied.failed = true
    await this.#session.attempt(shown, () => Promise.reject(error))
  }

  /** Makes each directory as it is met, and yields the files to be copied into it. Symbolic links are followed, as Hadoop does. */
  async *#files(directory: DirectoryToPut): AsyncGenerator<FileToPut, void, undefined> {
    const { source, target, stats, above, linked } = directory
    const identity = `${stats.dev}:${stats.ino}`
    if (above.includes(identity)) throw new PathError(source.shown, 'symbolic link leads back to a directory above it')
    await this.#makeDirectory(target)
    this.#finished.push({ path: target.path, stats })
    if (!linked) this.#copied.directories.push(source.path)
    for (const entry of await sortedEntries(source.path)) {
      this.#session.checkAbort()
      const from = childOfLocal(source, entry.name)
      const to = childOf(target, entry.name)
      const below = entry.isFile() ? 'file' : await this.#look(from)
      if (below === undefined) continue
      const link = entry.isSymbolicLink()
      if (!linked && (link || !isDirectory(below))) this.#copied.files.push(from.path)
      if (!isDirectory(below)) yield { source: from, target: to }
      else {
        const next = { source: from, target: to, stats: below, above: [...above, identity], linked: linked || link }
        yield* this.#guarded(from, () => this.#files(next))
      }
    }
  }

  /** What an entry of a directory is behind its links; told and left out when it is nothing that can be copied. */
  async #look(entry: LocalPath): Promise<Stats | undefined> {
    try {
      const found = await statLocal(entry.path)
      if (found === undefined) throw new PathError(entry.shown, reasons.notFound)
      // A pipe or device inside a tree is there by accident, and reading it may never end.
      if (!found.isFile() && !found.isDirectory()) throw new PathError(entry.shown, 'Not a regular file or directory')
      return found
    } catch (error) {
      await this.#fail(entry.shown, error)
      return undefined
    }
  }

  /** A directory that can not be read is told, and its siblings go on. */
  async *#guarded(
    directory: LocalPath,
    files: () => AsyncGenerator<FileToPut, void, undefined>,
  ): AsyncGenerator<FileToPut, void, undefined> {
    try {
      yield* files()
    } catch (error) {
      await this.#fail(directory.shown, error)
    }
  }

  async #makeDirectory(target: DfsPath): Promise<void> {
    const standing = await this.#session.dfs.find(target.path)
    if (standing === undefined) await this.#session.dfs.mkdir(target.path, { parents: true })
    else if (standing.kind !== 'directory') throw new PathError(target.shown, reasons.notDirectory)
  }
}

const isDirectory = (entry: Stats | 'file'): entry is Stats => entry !== 'file' && entry.isDirectory()

/** In byte order, so that block ids and messages do not depend on the local file system's mood. */
async function sortedEntries(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries.sort((left, right) => (left.name < right.name ? -1 : 1))
}
