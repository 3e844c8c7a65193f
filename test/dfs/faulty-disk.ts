import { type Disk, type DiskFile, type DiskSpace, realDisk } from '../../dfs/base/disk.ts'
import { type Env, realEnv } from '../../dfs/base/env.ts'

export interface Fault {
  /** The system error's code. */
  readonly code: string
  /** Counted from 1, over all calls that change or read the disk. */
  readonly call: number
  readonly lasting?: boolean
  /** Only calls whose operation or path fit count. */
  readonly only?: (operation: string, path: string) => boolean
}

/** The real disk with one fault planted; `calls` counts what was asked for, so that a loop can visit every call. */
export class FaultyDisk implements Disk {
  calls = 0
  fault: Fault | undefined
  readonly log: string[] = []

  get env(): Env {
    return { ...realEnv, disk: this }
  }

  plant(fault: Fault): void {
    this.calls = 0
    this.fault = fault
  }

  heal(): void {
    this.fault = undefined
    this.calls = 0
  }

  #call(operation: string, path: string): void {
    if (this.fault?.only !== undefined && !this.fault.only(operation, path)) return
    this.calls++
    if (this.fault === undefined) return
    const { code, call, lasting } = this.fault
    if (this.calls === call || (lasting === true && this.calls > call)) {
      this.log.push(`${operation} ${path}`)
      throw Object.assign(new Error(`${code}: planted fault, ${operation} '${path}'`), { code })
    }
  }

  async open(path: string, mode: 'read' | 'create' | 'append', permissions?: number): Promise<DiskFile> {
    this.#call('open', path)
    const file = await realDisk.open(path, mode, permissions)
    return {
      size: () => file.size(),
      read: async (target, position) => {
        this.#call('read', path)
        return file.read(target, position)
      },
      write: async (bytes, position) => {
        try {
          this.#call('write', path)
        } catch (error) {
          // A disk fills up in the middle of a write.
          await file.write(bytes.subarray(0, bytes.length >>> 1), position)
          throw error
        }
        await file.write(bytes, position)
      },
      truncate: async (length) => {
        this.#call('truncate', path)
        await file.truncate(length)
      },
      sync: async () => {
        this.#call('sync', path)
        await file.sync()
      },
      close: () => file.close(),
    }
  }

  async readFile(path: string, maxBytes: number): Promise<Buffer> {
    this.#call('readFile', path)
    return realDisk.readFile(path, maxBytes)
  }

  async rename(from: string, to: string): Promise<void> {
    this.#call('rename', to)
    await realDisk.rename(from, to)
  }

  async remove(path: string): Promise<boolean> {
    this.#call('remove', path)
    return realDisk.remove(path)
  }

  async list(directory: string): Promise<string[]> {
    this.#call('list', directory)
    return realDisk.list(directory)
  }

  async fileSize(path: string): Promise<number> {
    this.#call('fileSize', path)
    return realDisk.fileSize(path)
  }

  async space(directory: string): Promise<DiskSpace> {
    this.#call('space', directory)
    return realDisk.space(directory)
  }

  async makeDirectory(path: string): Promise<void> {
    this.#call('makeDirectory', path)
    await realDisk.makeDirectory(path)
  }

  async syncDirectory(path: string): Promise<void> {
    this.#call('syncDirectory', path)
    await realDisk.syncDirectory(path)
  }

  async exists(path: string): Promise<boolean> {
    this.#call('exists', path)
    return realDisk.exists(path)
  }
}
