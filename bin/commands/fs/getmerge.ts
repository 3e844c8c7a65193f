import { streamFile, writeFully, writeLocalFile } from './copy-out.ts'
import { PathError, reasons } from './failure.ts'
import { localPath, statLocal } from './local.ts'
import { baseName, childOf, type FoundItem } from './path.ts'
import { type FsSession, found, isDirectory, type VerbCall } from './session.ts'

/** Nothing is written before every source is known to be there, so a bad name can not make half a merge. */
export async function getmerge({ session, flags, operands }: VerbCall): Promise<void> {
  const typed = operands.at(-1) ?? ''
  const newline = flags.has('nl') ? Buffer.from('\n') : undefined
  await session.attempt(typed, async () => {
    const target = localPath(typed, session.io.cwd)
    if (typed !== '-' && (await statLocal(target.path))?.isDirectory()) {
      throw new PathError(typed, reasons.isDirectory)
    }
    const sources = await mergeSources(session, operands.slice(0, -1))
    if (session.exitCode !== 0) return
    const merge = async (sink: (chunk: Uint8Array) => Promise<void>): Promise<void> => {
      for (const { path, status } of sources) {
        await streamFile(session, path, sink)
        const skipped = status.length === 0 && flags.has('skip-empty-file')
        if (newline !== undefined && !skipped) await sink(newline)
      }
      session.checkAbort()
    }
    if (typed === '-') await merge((chunk) => session.bytes(chunk))
    else await writeLocalFile(target, true, (file) => merge((chunk) => writeFully(file, chunk)))
  })
}

/** Files as they are named, the files directly in directories, no deeper. */
async function mergeSources(session: FsSession, operands: readonly string[]): Promise<FoundItem[]> {
  const sources: FoundItem[] = []
  for (const item of await session.expandAll(operands)) {
    await session.attempt(item.shown, async () => {
      const source = found(item)
      if (!isDirectory(source.status)) sources.push(source)
      else {
        const entries = await session.dfs.list(source.path)
        const inside = entries.filter((status) => !isDirectory(status))
        sources.push(...inside.map((status) => ({ ...childOf(source, baseName(status.path)), status })))
      }
    })
  }
  return sources
}
