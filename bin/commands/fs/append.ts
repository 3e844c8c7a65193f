import { open } from 'node:fs/promises'
import { DfsError } from '../../../dfs/base/errors.ts'
import type { DfsWriter } from '../../../dfs/index.ts'
import { pumpFile, pumpStream } from './copy-in.ts'
import { destination } from './destination.ts'
import { failureText, PathError, reasons, VerbError } from './failure.ts'
import { localPath } from './local.ts'
import { parentOf } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'

/** All of the sources, or nothing, become the file's new end: what is written is visible only once the writer is closed. */
export async function appendToFile({ session, operands }: VerbCall): Promise<void> {
  const typed = operands.at(-1) ?? ''
  const sources = operands.slice(0, -1)
  await session.attempt(typed, async () => {
    if (sources.includes('-') && sources.length > 1) {
      throw new VerbError('stdin (-) must be the sole input argument when present')
    }
    const target = await destination(session, typed)
    if (target.status !== undefined && isDirectory(target.status)) {
      throw new PathError(target.shown, reasons.isDirectory)
    }
    if (target.status === undefined && (await session.dfs.find(parentOf(target.path))) === undefined) {
      throw new PathError(target.shown, reasons.notFound)
    }
    const { signal } = session.io
    const writer = await (target.status === undefined
      ? session.dfs.create(target.path, { signal })
      : session.dfs.append(target.path, { signal }))
    try {
      for (const source of sources) await appendSource(source, writer)
      session.checkAbort()
      await writer.close()
    } catch (error) {
      await writer.abort()
      throw error
    }
  })

  async function appendSource(source: string, writer: DfsWriter): Promise<void> {
    if (source === '-') {
      await pumpStream(session, session.io.stdin, writer)
      return
    }
    try {
      const file = await open(localPath(source, session.io.cwd).path, 'r')
      try {
        await pumpFile(session, file, await file.stat(), writer)
      } finally {
        await file.close()
      }
    } catch (error) {
      if (error instanceof DfsError || session.io.signal.aborted) throw error
      throw new VerbError(failureText(error, source), { cause: error })
    }
  }
}
