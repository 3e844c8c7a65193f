import { createReadStream, createWriteStream } from 'node:fs'
import fs from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { diskError, errorCode } from '../base/system-error.ts'

export { diskError, errorCode }

/** The file operations of commit and recovery, so that a test can fail or stop any one of them. Paths are absolute. */
export interface OutputDisk {
  /** Undefined when nothing is there. Follows symbolic links. */
  kind(path: string): Promise<'file' | 'directory' | 'other' | undefined>
  list(directory: string): Promise<string[]>
  mkdir(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file or a whole tree; nothing there is fine. */
  remove(path: string): Promise<void>
  /** Removes an empty directory; false when it is not empty or not there. */
  removeEmpty(path: string): Promise<boolean>
  readText(path: string): Promise<string | undefined>
  /** The file is whole and durable once this resolves. */
  writeDurable(path: string, text: string): Promise<void>
  /** Makes a file of the bytes of others, one after the other; not yet durable. */
  concat(path: string, files: readonly string[]): Promise<void>
  syncFile(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
}

/** The real thing; refusals are `MrError`s with the path. */
export const outputDisk: OutputDisk = {
  async kind(path) {
    try {
      const stat = await fs.stat(path)
      return stat.isDirectory() ? 'directory' : stat.isFile() ? 'file' : 'other'
    } catch (error) {
      const code = errorCode(error)
      if (code === 'ENOENT') return (await isDanglingLink(path)) ? 'other' : undefined
      if (code === 'ENOTDIR') return undefined
      throw diskError(error, 'looking at', path)
    }
  },
  list: (directory) => attempt('listing', directory, async () => (await fs.readdir(directory)).sort()),
  mkdir: (path) => attempt('making the directory', path, () => fs.mkdir(path)),
  // Told apart by callers, so the code stays as it is.
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => attempt('removing', path, () => fs.rm(path, { recursive: true, force: true, maxRetries: 3 })),
  async removeEmpty(path) {
    try {
      await fs.rmdir(path)
      return true
    } catch (error) {
      const code = errorCode(error)
      if (code === 'ENOENT' || code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return false
      throw diskError(error, 'removing', path)
    }
  },
  async readText(path) {
    try {
      return await fs.readFile(path, 'utf8')
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
      throw diskError(error, 'reading', path)
    }
  },
  writeDurable: (path, text) =>
    attempt('writing', path, async () => {
      const handle = await fs.open(path, 'w')
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }),
  concat: (path, files) =>
    attempt('writing', path, async () => {
      for (const [index, file] of files.entries()) {
        await pipeline(createReadStream(file), createWriteStream(path, { flags: index === 0 ? 'wx' : 'a' }))
      }
    }),
  // A failed fsync is never tried again on the same file: its pages may count as clean. The attempt fails instead.
  syncFile: (path) => attempt('syncing', path, () => sync(path, 'r+')),
  syncDirectory: (path) => attempt('syncing', path, () => sync(path, 'r')),
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await fs.open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function isDanglingLink(path: string): Promise<boolean> {
  try {
    return (await fs.lstat(path)).isSymbolicLink()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw diskError(error, 'looking at', path)
  }
}

async function attempt<T>(doing: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw diskError(error, doing, path)
  }
}
