import { dirname } from 'node:path'
import type { Disk, DiskFile, DiskSpace } from '../../dfs/base/disk.ts'

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: '${path}'`), { code })
}

/** A disk in memory, for tests that open thousands of damaged roots. */
export class MemoryDisk implements Disk {
  readonly files = new Map<string, Buffer>()
  readonly directories = new Set<string>(['/'])

  clone(): MemoryDisk {
    const copy = new MemoryDisk()
    for (const [path, bytes] of this.files) copy.files.set(path, Buffer.from(bytes))
    for (const path of this.directories) copy.directories.add(path)
    return copy
  }

  content(path: string): Buffer {
    const bytes = this.files.get(path)
    if (bytes === undefined) throw systemError('ENOENT', path)
    return bytes
  }

  async open(path: string, mode: 'read' | 'create' | 'append'): Promise<DiskFile> {
    if (mode === 'create') {
      if (this.files.has(path)) throw systemError('EEXIST', path)
      if (!this.directories.has(dirname(path))) throw systemError('ENOENT', path)
      this.files.set(path, Buffer.alloc(0))
    }
    this.content(path)
    const files = this.files
    // As on a real system, the open file follows its inode through a rename; here by looking the object up once.
    const node = { path }
    this.#open.push(node)
    const bytes = (): Buffer => files.get(node.path) ?? Buffer.alloc(0)
    return {
      size: async () => bytes().length,
      read: async (target, position) => {
        const piece = bytes().subarray(position, position + target.length)
        target.set(piece)
        return piece.length
      },
      write: async (data, position) => {
        const old = bytes()
        const grown = Buffer.alloc(Math.max(old.length, position + data.length))
        old.copy(grown)
        grown.set(data, position)
        files.set(node.path, grown)
      },
      truncate: async (length) => {
        files.set(node.path, Buffer.from(bytes().subarray(0, length)))
      },
      sync: async () => {},
      close: async () => {},
    }
  }

  readonly #open: { path: string }[] = []

  async readFile(path: string, maxBytes: number): Promise<Buffer> {
    const bytes = this.content(path)
    if (bytes.length > maxBytes) throw new Error(`${path} is too long`)
    return Buffer.from(bytes)
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, this.content(from))
    this.files.delete(from)
    for (const node of this.#open) if (node.path === from) node.path = to
  }

  async remove(path: string): Promise<boolean> {
    return this.files.delete(path)
  }

  async fileSize(path: string): Promise<number> {
    return this.content(path).length
  }

  async space(directory: string): Promise<DiskSpace> {
    if (!this.directories.has(directory)) throw systemError('ENOENT', directory)
    return { device: 1, inode: 1, capacity: 2 ** 40, free: 2 ** 39 }
  }

  async list(directory: string): Promise<string[]> {
    if (!this.directories.has(directory)) throw systemError('ENOENT', directory)
    const prefix = `${directory}/`
    return [...this.files.keys()].filter((path) => dirname(path) === directory).map((path) => path.slice(prefix.length))
  }

  async makeDirectory(path: string): Promise<void> {
    for (let at = path; at !== '/'; at = dirname(at)) this.directories.add(at)
  }

  async syncDirectory(): Promise<void> {}

  async exists(path: string): Promise<boolean> {
    return this.files.has(path) || this.directories.has(path)
  }
}
