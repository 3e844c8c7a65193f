import { chmod, type FileHandle, mkdir, open, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FileStatus } from '../../../dfs/index.ts'
import { type Preserved, preservedBy } from './attributes.ts'
import { copiesAsked, eachAtOnce } from './concurrency.ts'
import { CopiedSource } from './copied-source.ts'
import { streamFile, writeFully, writeLocalFile } from './copy-out.ts'
import { PathError, reasons } from './failure.ts'
import { childOfLocal, type LocalPath, localPath, lstatLocal, statLocal } from './local.ts'
import { chownLocal } from './local-accounts.ts'
import { baseName, childOf, type FoundItem } from './path.ts'
import { type FsSession, found, isDirectory, type VerbCall } from './session.ts'

export async function get(call: VerbCall): Promise<void> {
  await bringOut(call, false)
}

/** In Hadoop it is `not implemented yet`. */
export async function moveToLocal(call: VerbCall): Promise<void> {
  await bringOut(call, true)
}

async function bringOut({ session, flags, values, operands }: VerbCall, move: boolean): Promise<void> {
  const options: GetOptions = {
    overwrite: flags.has('f'),
    preserve: preservedBy({ flags, values }),
    copies: copiesAsked(values),
    move,
  }
  const typed = operands.length > 1 ? (operands.at(-1) ?? '') : '.'
  const sources = operands.length > 1 ? operands.slice(0, -1) : operands
  if (typed === '-' && !move) {
    await session.eachFound(sources, async ({ shown, path, status }) => {
      if (isDirectory(status)) throw new PathError(shown, reasons.isDirectory)
      await streamFile(session, path, (chunk) => session.bytes(chunk))
    })
    return
  }
  await session.attempt(typed, async () => {
    const target = localPath(typed, session.io.cwd)
    const items = await session.expandAll(sources)
    if (items.length === 0) return
    const intoDirectory = await checkLocalDestination(target, items.length, options.overwrite)
    for (const item of items) {
      await session.attempt(item.shown, async () => {
        const source = found(item)
        const to = intoDirectory ? below(target, source) : target
        const copied = new CopiedSource()
        if (isDirectory(source.status)) await getDirectory(session, source, to, options, copied)
        else {
          await getFile(session, source, to, options)
          copied.files.push(source.path)
        }
        const remove = (path: string): Promise<boolean> => session.dfs.delete(path)
        if (move) await copied.remove({ file: remove, directory: remove })
      })
    }
  })
}

/** Whether the sources go into the target rather than to it. The target itself may be a link to a directory: the user named it. */
async function checkLocalDestination(target: LocalPath, sources: number, overwrite: boolean): Promise<boolean> {
  const standing = await statLocal(target.path)
  if (standing?.isDirectory()) return true
  if (sources > 1) throw new PathError(target.shown, standing === undefined ? reasons.notFound : reasons.notDirectory)
  if (target.shown.endsWith('/')) {
    throw new PathError(target.shown, standing === undefined ? reasons.notFound : reasons.notDirectory)
  }
  if (standing !== undefined && !overwrite) throw new PathError(target.shown, reasons.exists)
  const parent = await statLocal(dirname(target.path))
  if (parent === undefined) throw new PathError(target.shown, reasons.notFound)
  if (!parent.isDirectory()) throw new PathError(target.shown, reasons.notDirectory)
  return false
}

interface GetOptions {
  readonly overwrite: boolean
  readonly preserve: Preserved | undefined
  readonly copies: number
  /** The source is deleted once its copy is on the disk. */
  readonly move: boolean
}

async function getDirectory(
  session: FsSession,
  source: FoundItem,
  target: LocalPath,
  options: GetOptions,
  copied: CopiedSource,
): Promise<void> {
  const kept: { target: LocalPath; status: FileStatus }[] = []
  const fail = async ({ shown }: LocalPath, error: unknown): Promise<void> => {
    copied.failed = true
    await session.attempt(shown, () => Promise.reject(error))
  }
  await eachAtOnce(
    files({ session, copied, kept, fail }, source, target, 'named by the user'),
    options.copies,
    (file) => getFile(session, file.source, file.target, options),
    (error, file) => fail(file.target, error),
  )
  for (const directory of kept.reverse()) {
    await keepAttributes(directory.target, directory.status, options.preserve)
    if (options.move) await syncDirectory(directory.target.path)
  }
}

interface Walk {
  readonly session: FsSession
  readonly copied: CopiedSource
  readonly kept: { target: LocalPath; status: FileStatus }[]
  readonly fail: (target: LocalPath, error: unknown) => Promise<void>
}

interface FileToGet {
  readonly source: FoundItem
  readonly target: LocalPath
}

/** Makes the local directories and yields the files. Below the named target no symbolic link is followed: it might lead anywhere. */
async function* files(
  walk: Walk,
  source: FoundItem,
  target: LocalPath,
  depth: 'named by the user' | 'below',
): AsyncGenerator<FileToGet, void, undefined> {
  const standing = await (depth === 'below' ? lstatLocal(target.path) : statLocal(target.path))
  if (standing === undefined) await mkdir(target.path)
  else if (!standing.isDirectory()) throw new PathError(target.shown, reasons.notDirectory)
  const { session, copied, kept, fail } = walk
  kept.push({ target, status: source.status })
  copied.directories.push(source.path)
  for (const status of await session.dfs.list(source.path)) {
    session.checkAbort()
    const from: FoundItem = { ...childOf(source, baseName(status.path)), status }
    const to = below(target, from)
    if (!isDirectory(status)) {
      copied.files.push(from.path)
      yield { source: from, target: to }
      continue
    }
    try {
      yield* files(walk, from, to, 'below')
    } catch (error) {
      await fail(to, error)
    }
  }
}

/** The DFS refuses such names itself; here they would leave the target directory, so they are refused once more. */
function below(target: LocalPath, source: FoundItem): LocalPath {
  const name = baseName(source.path)
  if (name === '') return target
  if (name === '.' || name === '..' || name.includes('\0'))
    throw new PathError(source.shown, 'not a name for a local file')
  return childOfLocal(target, name)
}

async function getFile(session: FsSession, source: FoundItem, target: LocalPath, options: GetOptions): Promise<void> {
  const fill = async (file: FileHandle): Promise<void> => {
    await streamFile(session, source.path, (chunk) => writeFully(file, chunk))
    session.checkAbort()
    if (options.move) await file.sync()
  }
  await writeLocalFile(target, options.overwrite, fill)
  if (options.move) await syncDirectory(dirname(target.path))
  await keepAttributes(target, source.status, options.preserve)
}

/** Mode before owner: giving a file away takes the right to change it. */
async function keepAttributes(
  { path }: LocalPath,
  status: FileStatus,
  preserved: Preserved | undefined,
): Promise<void> {
  if (preserved?.permission) await chmod(path, status.permission & 0o1777)
  if (preserved?.times) await utimes(path, seconds(status.accessTime), seconds(status.modificationTime))
  if (preserved?.ownership) await chownLocal(path, status.owner, status.group)
}

/** Seconds are cut to microseconds on their way to the disk: without the hundredth of a millisecond more, half of all times would be one less. */
const seconds = (milliseconds: number): number => (milliseconds + 0.01) / 1000

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
