import type { DfsWriter, FileStatus } from '../../../dfs/index.ts'
import { keepAttributes, preservedBy } from './attributes.ts'
import { copiesAsked, eachAtOnce } from './concurrency.ts'
import { type CopyOptions, writeDfsFile } from './copy-in.ts'
import { checkDestination, checkNotInside, destination, targetFor } from './destination.ts'
import { PathError, reasons } from './failure.ts'
import { baseName, childOf, type DfsPath, type FoundItem } from './path.ts'
import { type FsSession, found, isDirectory, type VerbCall } from './session.ts'

export async function cp({ session, flags, values, operands }: VerbCall): Promise<void> {
  const options: CopyOptions = { overwrite: flags.has('f'), preserve: preservedBy({ flags, values }) }
  const copies = copiesAsked(values)
  const typed = operands.at(-1) ?? ''
  await session.attempt(typed, async () => {
    const target = await destination(session, typed)
    const sources = await session.expandAll(operands.slice(0, -1))
    if (sources.length === 0) return
    await checkDestination(session, target, sources.length, options.overwrite)
    for (const item of sources) {
      await session.attempt(item.shown, async () => {
        const source = found(item)
        const to = targetFor(target, source.path)
        if (!isDirectory(source.status)) {
          await copyFile(session, source, to, options)
          return
        }
        checkNotInside(source, to)
        const kept: { path: string; status: FileStatus }[] = []
        await eachAtOnce(
          files(session, source, to, kept),
          copies,
          (file) => copyFile(session, file.source, file.target, options),
          (error, file) => session.attempt(file.source.shown, () => Promise.reject(error)),
        )
        for (const { path, status } of kept.reverse()) {
          await keepAttributes(session.dfs, path, status, options.preserve)
        }
      })
    }
  })
}

interface FileToCopy {
  readonly source: FoundItem
  readonly target: DfsPath
}

async function* files(
  session: FsSession,
  source: FoundItem,
  target: DfsPath,
  kept: { path: string; status: FileStatus }[],
): AsyncGenerator<FileToCopy, void, undefined> {
  const standing = await session.dfs.find(target.path)
  if (standing === undefined) await session.dfs.mkdir(target.path, { parents: true })
  else if (!isDirectory(standing)) throw new PathError(target.shown, reasons.notDirectory)
  kept.push({ path: target.path, status: source.status })
  for (const status of await session.dfs.list(source.path)) {
    session.checkAbort()
    const name = baseName(status.path)
    const from: FoundItem = { ...childOf(source, name), status }
    const to = childOf(target, name)
    if (!isDirectory(status)) yield { source: from, target: to }
    else yield* files(session, from, to, kept)
  }
}

async function copyFile(session: FsSession, source: FoundItem, target: DfsPath, options: CopyOptions): Promise<void> {
  if (source.path === target.path) throw new PathError(source.shown, 'are identical', { target: target.shown })
  const reader = await session.dfs.open(source.path)
  try {
    await writeDfsFile(session, target, options, async (writer: DfsWriter) => {
      for await (const chunk of reader.stream()) {
        session.checkAbort()
        await writer.write(chunk)
      }
    })
  } finally {
    await reader.close()
  }
  await keepAttributes(session.dfs, target.path, source.status, options.preserve)
}
