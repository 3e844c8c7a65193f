import type { Dirent, Stats } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { eachAtOnce } from './concurrency.ts'
import { type CopyOptions, copyLocalFile, copyStream } from './copy-in.ts'
import { checkDestination, destination, targetFor } from './destination.ts'
import { PathError, reasons } from './failure.ts'
import { childOfLocal, expandLocal, type LocalPath, statLocal } from './local.ts'
import { childOf, type DfsPath } from './path.ts'
import type { FsSession, VerbCall } from './session.ts'

export async function put({ session, flags, operands }: VerbCall): Promise<void> {
  const options: CopyOptions = { overwrite: flags.has('f'), preserve: flags.has('p') }
  const typed = operands.length > 1 ? (operands.at(-1) ?? '') : '.'
  const sources = operands.length > 1 ? operands.slice(0, -1) : operands
  await session.attempt(typed, async () => {
    const target = await destination(session, typed)
    if (sources.length === 1 && sources[0] === '-') {
      await checkDestination(session, target, 1, options.overwrite)
      await copyStream(session, session.io.stdin, targetFor(target, '-'), options.overwrite)
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

class Put {
  readonly #session: FsSession
  readonly #options: CopyOptions
  /** Directories with times to keep; set last, when nothing is added to them any more. */
  readonly #finished: { path: string; stats: Stats }[] = []

  constructor(session: FsSession, options: CopyOptions) {
    this.#session = session
    this.#options = options
  }

  async source(source: LocalPath, target: DfsPath): Promise<void> {
    const stats = await statLocal(source.path)
    if (stats === undefined) throw new PathError(source.shown, reasons.notFound)
    if (!stats.isDirectory()) {
      await copyLocalFile(this.#session, source, target, this.#options)
      return
    }
    await eachAtOnce(
      this.#files(source, target, stats, []),
      (file) => copyLocalFile(this.#session, file.source, file.target, this.#options),
      (error, file) => this.#session.attempt(file.source.shown, () => Promise.reject(error)),
    )
    if (!this.#options.preserve) return
    for (const { path, stats } of this.#finished.reverse()) {
      await this.#session.dfs.setTimes(path, { modificationTime: Math.floor(stats.mtimeMs) })
    }
  }

  /** Makes each directory as it is met, and yields the files to be copied into it. Symbolic links are followed, as Hadoop does. */
  async *#files(
    source: LocalPath,
    target: DfsPath,
    stats: Stats,
    above: readonly string[],
  ): AsyncGenerator<FileToPut, void, undefined> {
    const identity = `${stats.dev}:${stats.ino}`
    if (above.includes(identity)) throw new PathError(source.shown, 'symbolic link leads back to a directory above it')
    await this.#makeDirectory(target)
    this.#finished.push({ path: target.path, stats })
    for (const entry of await sortedEntries(source.path)) {
      this.#session.checkAbort()
      const from = childOfLocal(source, entry.name)
      const to = childOf(target, entry.name)
      if (entry.isFile()) {
        yield { source: from, target: to }
        continue
      }
      const below = await this.#look(from)
      if (below === undefined) continue
      if (below.isFile()) yield { source: from, target: to }
      else yield* this.#guarded(from, () => this.#files(from, to, below, [...above, identity]))
    }
  }

  /** What an entry of a directory is behind its links; told and left out when it is nothing that can be copied. */
  async #look(entry: LocalPath): Promise<Stats | undefined> {
    let stats: Stats | undefined
    await this.#session.attempt(entry.shown, async () => {
      const found = await statLocal(entry.path)
      if (found === undefined) throw new PathError(entry.shown, reasons.notFound)
      // A pipe or device inside a tree is there by accident, and reading it may never end.
      if (!found.isFile() && !found.isDirectory()) throw new PathError(entry.shown, 'Not a regular file or directory')
      stats = found
    })
    return stats
  }

  /** A directory that can not be read is told, and its siblings go on. */
  async *#guarded(
    directory: LocalPath,
    files: () => AsyncGenerator<FileToPut, void, undefined>,
  ): AsyncGenerator<FileToPut, void, undefined> {
    try {
      yield* files()
    } catch (error) {
      await this.#session.attempt(directory.shown, () => Promise.reject(error))
    }
  }

  async #makeDirectory(target: DfsPath): Promise<void> {
    const standing = await this.#session.dfs.find(target.path)
    if (standing === undefined) await this.#session.dfs.mkdir(target.path, { parents: true })
    else if (standing.kind !== 'directory') throw new PathError(target.shown, reasons.notDirectory)
  }
}

/** In byte order, so that block ids and messages do not depend on the local file system's mood. */
async function sortedEntries(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries.sort((left, right) => (left.name < right.name ? -1 : 1))
}
