import type { Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { type DfsWriter, readBuffer } from '../../../dfs/index.ts'
import { keepAttributes, type Preserved } from './attributes.ts'
import { hasCode, PathError, reasons } from './failure.ts'
import type { LocalPath } from './local.ts'
import { ownerOf } from './local-accounts.ts'
import type { DfsPath } from './path.ts'
import type { FsSession } from './session.ts'

const bufferBytes = 1024 * 1024

export interface CopyOptions {
  readonly overwrite: boolean
  readonly preserve: Preserved | undefined
  /** Of the new files; the file system's own if not given. */
  readonly replication?: number
}

/**
 * Writes one DFS file from whatever `fill` hands over and makes it visible whole, or leaves nothing.
 *
 * Hadoop writes to `name._COPYING_` and renames, because there a file can be seen while it grows. Here a file is in no
 * directory until it is closed, so it is written under its own name: one journal record fewer, and nothing to clean up
 * after a crash.
 */
export async function writeDfsFile(
  session: FsSession,
  target: DfsPath,
  { overwrite, replication }: Pick<CopyOptions, 'overwrite' | 'replication'>,
  fill: (writer: DfsWriter) => Promise<void>,
): Promise<void> {
  let writer: DfsWriter
  try {
    writer = await session.dfs.create(target.path, {
      overwrite,
      signal: session.io.signal,
      ...(replication === undefined ? {} : { replication }),
    })
  } catch (error) {
    if (hasCode(error, 'DFS_EXISTS', 'DFS_IS_DIRECTORY')) {
      throw new PathError(target.shown, reasons.exists, { cause: error })
    }
    throw error
  }
  try {
    await fill(writer)
    session.checkAbort()
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}

export async function copyLocalFile(
  session: FsSession,
  source: LocalPath,
  target: DfsPath,
  options: CopyOptions,
): Promise<void> {
  const file = await open(source.path, 'r')
  try {
    const stats = await file.stat()
    await writeDfsFile(session, target, options, (writer) => pumpFile(session, file, stats, writer))
    if (options.preserve === undefined) return
    const attributes = { ...(await localAttributes(stats)), accessTime: Math.floor(stats.atimeMs) }
    await keepAttributes(session.dfs, target.path, attributes, options.preserve)
  } finally {
    await file.close()
  }
}

export async function localAttributes(stats: Stats): Promise<{
  modificationTime: number
  permission: number
  owner: string | undefined
  group: string | undefined
}> {
  return { modificationTime: Math.floor(stats.mtimeMs), permission: stats.mode & 0o1777, ...(await ownerOf(stats)) }
}

/** A file's bytes from where it stands to its end, however long it is by then. */
export async function pumpFile(session: FsSession, file: FileHandle, stats: Stats, writer: DfsWriter): Promise<void> {
  if (stats.isFile() && stats.size >= bufferBytes) return await pumpAhead(session, file, writer)
  // One byte more than the file, so that a small one takes a single read that also sees its end.
  const buffer = Buffer.allocUnsafe(stats.isFile() ? stats.size + 1 : bufferBytes)
  for (;;) {
    session.checkAbort()
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
    if (bytesRead === 0) return
    await writer.write(buffer.subarray(0, bytesRead))
  }
}

/** While a piece is written the next is read. Not for what may wait for its bytes: a write that fails would wait with it. */
async function pumpAhead(session: FsSession, file: FileHandle, writer: DfsWriter): Promise<void> {
  const read = async (buffer: Buffer): Promise<Buffer> =>
    buffer.subarray(0, (await file.read(buffer, 0, buffer.length, null)).bytesRead)
  let [current, other] = [readBuffer(bufferBytes), readBuffer(bufferBytes)]
  let ahead = read(current)
  try {
    for (let piece = await ahead; piece.length > 0; piece = await ahead) {
      session.checkAbort()
      ahead = read(other)
      ahead.catch(() => undefined)
      await writer.write(piece)
      ;[current, other] = [other, current]
    }
  } finally {
    // The file is closed behind this.
    await ahead.catch(() => undefined)
  }
}

/** Waits for the stream chunk by chunk: the pipe before us is slowed to the DFS's speed. */
export async function pumpStream(session: FsSession, source: Readable, writer: DfsWriter): Promise<void> {
  const stop = (): void => {
    source.destroy(session.io.signal.reason)
  }
  session.io.signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of source) {
      session.checkAbort()
      await writer.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    }
  } finally {
    session.io.signal.removeEventListener('abort', stop)
  }
}
