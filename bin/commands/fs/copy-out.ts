import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { hasCode, PathError, reasons } from './failure.ts'
import { type LocalPath, lstatLocal, statLocal } from './local.ts'
import type { FsSession } from './session.ts'

/** One keeps up with most uses of the bytes; on a machine of one core it would only take turns with them. */
const threadsAhead = availableParallelism() > 1 ? 2 : 0

/** Streams one DFS file to stdout or any sink, a chunk at a time. */
export async function streamFile(
  session: FsSession,
  path: string,
  sink: (chunk: Uint8Array) => Promise<void>,
  range?: { start?: number; end?: number },
): Promise<void> {
  const reader = await session.dfs.open(path)
  try {
    for await (const chunk of reader.stream({ ...range, threads: threadsAhead })) {
      session.checkAbort()
      await sink(chunk)
    }
  } finally {
    await reader.close()
  }
}

/**
 * Makes a local file whole or not at all: written beside its target under a name nobody uses, then put in place in one
 * step. A symbolic link standing at the target is replaced, never written through. Devices and pipes are written to,
 * for replacing /dev/null would be a disaster.
 */
export async function writeLocalFile(
  target: LocalPath,
  overwrite: boolean,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const standing = await lstatLocal(target.path)
  const behind = standing?.isSymbolicLink() ? await statLocal(target.path) : standing
  if (standing !== undefined) {
    if (behind?.isDirectory() && !standing.isSymbolicLink()) throw new PathError(target.shown, reasons.exists)
    if (!overwrite) throw new PathError(target.shown, reasons.exists)
    if (behind !== undefined && !behind.isFile() && !behind.isDirectory()) {
      await writeInto(target.path, fill)
      return
    }
  }
  const temporary = join(dirname(target.path), `.quern-${process.pid}-${randomBytes(6).toString('hex')}`)
  const file = await open(temporary, 'wx')
  try {
    try {
      await fill(file)
    } finally {
      await file.close()
    }
    if (overwrite) await rename(temporary, target.path)
    else await placeNew(temporary, target)
  } catch (error) {
    await removeIfThere(temporary)
    throw error
  }
}

async function writeInto(path: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'w')
  try {
    await fill(file)
  } finally {
    await file.close()
  }
}

/** A link fails where a file has come to stand meanwhile, which a rename would silently replace. */
async function placeNew(temporary: string, target: LocalPath): Promise<void> {
  try {
    await link(temporary, target.path)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new PathError(target.shown, reasons.exists, { cause: error })
    // File systems without hard links get the plain rename.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error
    await rename(temporary, target.path)
    return
  }
  await unlink(temporary)
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

/** A write may take fewer bytes than it was given. */
export async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done)
    done += bytesWritten
  }
}
