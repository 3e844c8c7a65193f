import { constants, statSync } from 'node:fs'
import * as fs from 'node:fs/promises'

/**
 * Everything the DFS asks of the operating system's files, so that tests can fail the Nth call and a simulator can
 * stand in for the machine. Errors are Node's own (`code` ENOENT, ENOSPC, EIO …).
 */
export interface Disk {
  /** `create` makes a new file, with these permissions if given, and fails if there is one; `append` opens one for reading and writing. */
  open(path: string, mode: 'read' | 'create' | 'append', permissions?: number): Promise<DiskFile>
  /** Whole small files (metadata); refuses one longer than `maxBytes`. */
  readFile(path: string, maxBytes: number): Promise<Buffer>
  rename(from: string, to: string): Promise<void>
  /** False when there was no such file. */
  remove(path: string): Promise<boolean>
  /** Names in no particular order; ENOENT when there is no such directory. */
  list(directory: string): Promise<string[]>
  /** Of one file; ENOENT when there is none. */
  fileSize(path: string): Promise<number>
  /** The device a directory lies on, its size and what is free; ENOENT when it is gone. */
  space(directory: string): Promise<DiskSpace>
  /** With its parents; no error when it is there. */
  makeDirectory(path: string): Promise<void>
  /** Makes the directory's entries durable: a rename or create is not until this returns. */
  syncDirectory(path: string): Promise<void>
  exists(path: string): Promise<boolean>
}

export interface DiskSpace {
  readonly device: number
  /** Of the directory: another one means that it was replaced. */
  readonly inode: number
  readonly capacity: number
  readonly free: number
}

export interface DiskFile {
  size(): Promise<number>
  /** Reads until `target` is full or the file ends; returns the bytes read. */
  read(target: Uint8Array, position: number): Promise<number>
  /** Writes all of `bytes`. */
  write(bytes: Uint8Array, position: number): Promise<void>
  truncate(length: number): Promise<void>
  /** fdatasync: the data and the length are durable once it returns. After a failure the data must be taken for lost. */
  sync(): Promise<void>
  close(): Promise<void>
}

const flags = {
  // A symbolic link planted in a data directory must not lead reads or writes elsewhere.
  read: constants.O_RDONLY | constants.O_NOFOLLOW,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  append: constants.O_RDWR | constants.O_NOFOLLOW,
} as const

export const realDisk: Disk = {
  async open(path, mode, permissions = 0o644) {
    return new RealFile(await fs.open(path, flags[mode], permissions))
  },
  async readFile(path, maxBytes) {
    const handle = await fs.open(path, flags.read)
    try {
      const { size } = await handle.stat()
      if (size > maxBytes) throw new Error(`${path} is ${size} bytes long; at most ${maxBytes} were expected`)
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  },
  rename: (from, to) => fs.rename(from, to),
  async remove(path) {
    try {
      await fs.unlink(path)
      return true
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false
      throw error
    }
  },
  list: (directory) => fs.readdir(directory),
  // Synchronous: asked a hundred thousand times at start, and answered from memory.
  fileSize: async (path) => statSync(path).size,
  async space(directory) {
    const [{ dev, ino }, { blocks, bavail, bsize }] = await Promise.all([fs.stat(directory), fs.statfs(directory)])
    return { device: dev, inode: ino, capacity: blocks * bsize, free: bavail * bsize }
  },
  async makeDirectory(path) {
    await fs.mkdir(path, { recursive: true })
  },
  async syncDirectory(path) {
    const handle = await fs.open(path, constants.O_RDONLY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  async exists(path) {
    try {
      await fs.lstat(path)
      return true
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false
      throw error
    }
  },
}

class RealFile implements DiskFile {
  readonly #handle: fs.FileHandle

  constructor(handle: fs.FileHandle) {
    this.#handle = handle
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const { bytesRead } = await this.#handle.read(target, done, target.length - done, position + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return done
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0
    // A write may be short, e.g. just before the disk is full; the next call then says why.
    while (done < bytes.length) {
      done += (await this.#handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten
    }
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length)
  }

  sync(): Promise<void> {
    return this.#handle.datasync()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** The `code` of a system error, or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
