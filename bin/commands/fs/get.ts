import { chmod, mkdir, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FileStatus } from '../../../dfs/index.ts'
import { eachAtOnce } from './concurrency.ts'
import { streamFile, writeFully, writeLocalFile } from './copy-out.ts'
import { PathError, reasons } from './failure.ts'
import { childOfLocal, type LocalPath, localPath, lstatLocal, statLocal } from './local.ts'
import { baseName, childOf, type FoundItem } from './path.ts'
import { type FsSession, found, isDirectory, type VerbCall } from './session.ts'

export async function get({ session, flags, operands }: VerbCall): Promise<void> {
  const options = { overwrite: flags.has('f'), preserve: flags.has('p') }
  const typed = operands.length > 1 ? (operands.at(-1) ?? '') : '.'
  const sources = operands.length > 1 ? operands.slice(0, -1) : operands
  if (typed === '-') {
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
        if (isDirectory(source.status)) await getDirectory(session, source, to, options)
        else await getFile(session, source, to, options)
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
  readonly preserve: boolean
}

async function getDirectory(
  session: FsSession,
  source: FoundItem,
  target: LocalPath,
  options: GetOptions,
): Promise<void> {
  const kept: { target: LocalPath; status: FileStatus }[] = []
  await eachAtOnce(
    files(session, source, target, kept, 'named by the user'),
    (file) => getFile(session, file.source, file.target, options),
    (error, file) => session.attempt(file.target.shown, () => Promise.reject(error)),
  )
  if (!options.preserve) return
  for (const directory of kept.reverse()) await keepAttributes(directory.target, directory.status)
}

interface FileToGet {
  readonly source: FoundItem
  readonly target: LocalPath
}

/** Makes the local directories and yields the files. Below the named target no symbolic link is followed: it might lead anywhere. */
async function* files(
  session: FsSession,
  source: FoundItem,
  target: LocalPath,
  kept: { target: LocalPath; status: FileStatus }[],
  depth: 'named by the user' | 'below',
): AsyncGenerator<FileToGet, void, undefined> {
  const standing = await (depth === 'below' ? lstatLocal(target.path) : statLocal(target.path))
  if (standing === undefined) await mkdir(target.path)
  else if (!standing.isDirectory()) throw new PathError(target.shown, reasons.notDirectory)
  kept.push({ target, status: source.status })
  for (const status of await session.dfs.list(source.path)) {
    session.checkAbort()
    const from: FoundItem = { ...childOf(source, baseName(status.path)), status }
    const to = below(target, from)
    if (!isDirectory(status)) yield { source: from, target: to }
    else {
      try {
        yield* files(session, from, to, kept, 'below')
      } catch (error) {
        await session.attempt(to.shown, () => Promise.reject(error))
      }
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
  await writeLocalFile(target, options.overwrite, async (file) => {
    await streamFile(session, source.path, (chunk) => writeFully(file, chunk))
    session.checkAbort()
  })
  if (options.preserve) await keepAttributes(target, source.status)
}

/** Times and mode; owners are this machine's own affair. */
async function keepAttributes(target: LocalPath, status: FileStatus): Promise<void> {
  await chmod(target.path, status.permission & 0o1777)
  await utimes(target.path, status.accessTime / 1000, status.modificationTime / 1000)
}
