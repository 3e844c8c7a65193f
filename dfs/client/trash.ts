import { DfsError } from '../base/errors.ts'
import { childPath, isWithin, splitPath, trashRoot } from '../base/path.ts'
import type { FileSystem } from './file-system.ts'

/**
 * The trash, HDFS's way: a deleted path is moved to `<home>/.Trash/Current/<its path>`. A checkpoint renames `Current` to
 * the time, `yyMMddHHmmss` in the local time zone (with `-1`, `-2` … where one of that second is there); checkpoints older
 * than the interval are deleted. All of it is plain moves and deletes of a client, so any HDFS client's trash is the same.
 */
export interface TrashOptions {
  /** Minutes that a checkpoint is kept; 0: nothing is moved to the trash. */
  readonly interval: number
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

export interface TrashChanges {
  readonly created: readonly string[]
  readonly deleted: readonly string[]
}

const minute = 60_000
const current = 'Current'
/** What is deleted was somebody's own business; so is the trash. */
const makeDirectory = { parents: true, permission: 0o700 } as const

export class Trash {
  readonly #fs: FileSystem
  readonly #interval: number
  readonly #clock: () => number

  /** With the interval that the file system asks for. */
  static async of(fs: FileSystem, clock: () => number = Date.now): Promise<Trash> {
    const { trashInterval } = await fs.serverDefaults()
    return new Trash(fs, { interval: trashInterval, clock })
  }

  constructor(fs: FileSystem, options: TrashOptions) {
    this.#fs = fs
    this.#interval = options.interval * minute
    this.#clock = options.clock
  }

  /**
   * Where `path` lies now; undefined where there is no trash, or `path` is in it already: then it is to be deleted.
   * DFS_BAD_ARGUMENT for a directory that holds the trash itself.
   */
  async moveToTrash(path: string): Promise<string | undefined> {
    if (this.#interval <= 0) return undefined
    const root = trashRoot(await this.#fs.home())
    if (isWithin(path, root)) return undefined
    if (isWithin(root, path)) {
      throw new DfsError('DFS_BAD_ARGUMENT', `Cannot move "${path}" to the trash, as it contains the trash`)
    }
    try {
      return await this.#move(path, root)
    } catch (error) {
      // A checkpoint may have taken `Current` away between making the directory and moving into it.
      if (!isCode(error, 'DFS_NOT_FOUND') || (await this.#fs.find(path)) === undefined) throw error
      return await this.#move(path, root)
    }
  }

  async #move(path: string, root: string): Promise<string> {
    const names = splitPath(path)
    const name = names.pop() ?? ''
    const directory = await this.#directoryFor(root, names)
    const target = await this.#freeName(childPath(directory, name))
    await this.#fs.rename(path, target)
    return target
  }

  /** `Current/<names>`, made. Where a file of an earlier delete stands in the way, the directory gets the time behind its name. */
  async #directoryFor(root: string, names: readonly string[]): Promise<string> {
    if ((await this.#fs.find(root)) === undefined) {
      await this.#fs.mkdir(root.slice(0, root.lastIndexOf('/')), { parents: true })
      await this.#fs.mkdir(root, makeDirectory)
    }
    const plain = [current, ...names].reduce(childPath, root)
    try {
      await this.#fs.mkdir(plain, makeDirectory)
      return plain
    } catch (error) {
      if (!isCode(error, 'DFS_NOT_DIRECTORY', 'DFS_EXISTS')) throw error
    }
    let directory = root
    for (const name of [current, ...names]) {
      const wanted = childPath(directory, name)
      const standing = await this.#fs.find(wanted)
      directory = standing?.kind === 'file' ? await this.#freeName(wanted) : wanted
    }
    await this.#fs.mkdir(directory, makeDirectory)
    return directory
  }

  async #freeName(wanted: string): Promise<string> {
    let name = wanted
    for (let time = this.#clock(); (await this.#fs.find(name)) !== undefined; time++) name = `${wanted}${time}`
    return name
  }

  /** Renames `Current` to the time. Undefined when nothing was deleted since the last checkpoint. */
  async checkpoint(): Promise<string | undefined> {
    return await this.#checkpoint(trashRoot(await this.#fs.home()))
  }

  async #checkpoint(root: string): Promise<string | undefined> {
    const from = childPath(root, current)
    if ((await this.#fs.find(from)) === undefined) return undefined
    const base = childPath(root, checkpointName(this.#clock()))
    let target = base
    for (let attempt = 1; (await this.#fs.find(target)) !== undefined; attempt++) target = `${base}-${attempt}`
    await this.#fs.rename(from, target)
    return target
  }

  /** Deletes the user's checkpoints older than the interval, then makes one. `immediate`: everything in the trash goes. */
  async expunge(options: { immediate?: boolean } = {}): Promise<TrashChanges> {
    return await this.#expunge(trashRoot(await this.#fs.home()), options.immediate === true)
  }

  async #expunge(root: string, immediate: boolean): Promise<TrashChanges> {
    const deleted: string[] = []
    for (const { path } of (await this.#fs.find(root))?.kind === 'directory' ? await this.#fs.list(root) : []) {
      const name = path.slice(root.length + 1)
      if (!immediate && !isOld(name, this.#clock() - this.#interval)) continue
      if (await this.#fs.delete(path, { recursive: true })) deleted.push(path)
    }
    const created = immediate ? undefined : await this.#checkpoint(root)
    return { created: created === undefined ? [] : [created], deleted }
  }

  /**
   * What the namenode does every interval, as superuser: `expunge` for every user, or those named. One trash that
   * fails does not keep the others; it is among the `failures`.
   */
  async emptyAll(users?: readonly string[]): Promise<TrashChanges & { readonly failures: readonly unknown[] }> {
    const created: string[] = []
    const deleted: string[] = []
    const failures: unknown[] = []
    for (const user of users ?? (await this.#users())) {
      try {
        const changes = await this.#expunge(trashRoot(childPath(homes, user)), false)
        created.push(...changes.created)
        deleted.push(...changes.deleted)
      } catch (error) {
        failures.push(error)
      }
    }
    return { created, deleted, failures }
  }

  async #users(): Promise<string[]> {
    if ((await this.#fs.find(homes))?.kind !== 'directory') return []
    const entries = await this.#fs.list(homes)
    return entries.filter(({ kind }) => kind === 'directory').map(({ path }) => path.slice(homes.length + 1))
  }
}

const homes = '/user'

/** `yyMMddHHmmss` in the local time zone. */
export function checkpointName(time: number): string {
  const at = new Date(time)
  const parts = [
    at.getFullYear() % 100,
    at.getMonth() + 1,
    at.getDate(),
    at.getHours(),
    at.getMinutes(),
    at.getSeconds(),
  ]
  return parts.map((part) => String(part).padStart(2, '0')).join('')
}

/** When the checkpoint of that name was made; undefined for what is none, such as `Current`. */
export function checkpointTime(name: string): number | undefined {
  const parts = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:-\d+)?$/.exec(name)?.slice(1, 7).map(Number)
  if (parts === undefined) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minutes = 0, second = 0] = parts
  return new Date(2000 + year, month - 1, day, hour, minutes, second).getTime()
}

function isOld(name: string, before: number): boolean {
  const time = checkpointTime(name)
  return time !== undefined && time < before
}

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof DfsError && codes.includes(error.code)
