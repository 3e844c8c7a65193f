import { DfsError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { type DirectoryNode, FileNode, type Inode, pathOf } from './inode.ts'
import type { QuotaLimits } from './record-types.ts'

/** What counts against quotas: files and directories, also those being written, and bytes with every replica. */
export interface Usage {
  readonly names: number
  readonly space: number
}

interface Quota {
  limits: QuotaLimits
  names: number
  space: number
}

/**
 * The directories with a quota, and what is below each. Kept beside the tree: where there is no quota nothing is counted.
 * Snapshots count against none, unlike in HDFS: what users see is what they are charged for.
 */
export class QuotaTable {
  readonly #quotas = new Map<DirectoryNode, Quota>()

  get size(): number {
    return this.#quotas.size
  }

  entries(): IterableIterator<[DirectoryNode, Quota]> {
    return this.#quotas.entries()
  }

  get(directory: DirectoryNode): Readonly<Quota> | undefined {
    return this.#quotas.get(directory)
  }

  set(directory: DirectoryNode, limits: QuotaLimits, used: Usage): void {
    if (limits.names === undefined && limits.space === undefined) this.#quotas.delete(directory)
    else this.#quotas.set(directory, { limits, ...used })
  }

  forget(directory: DirectoryNode): void {
    this.#quotas.delete(directory)
  }

  /** Something in `directory`, or below it, has become that much more. */
  charge(directory: DirectoryNode | undefined, names: number, space: number): void {
    if (this.#quotas.size === 0) return
    for (let at = directory; at !== undefined; at = at.parent) {
      const quota = this.#quotas.get(at)
      if (quota === undefined) continue
      quota.names += names
      quota.space += space
    }
  }

  /**
   * DFS_NAME_QUOTA or DFS_SPACE_QUOTA, in HDFS's words, if that much more in `directory` is too much for it or for one
   * above it. Those from `below` on up are left out: what is only moved is in them already.
   */
  check(directory: DirectoryNode | undefined, more: Usage, below?: DirectoryNode): void {
    if (this.#quotas.size === 0) return
    for (let at = directory; at !== undefined && at !== below; at = at.parent) {
      const quota = this.#quotas.get(at)
      if (quota === undefined) continue
      const { limits } = quota
      const names = quota.names + more.names
      if (limits.names !== undefined && more.names > 0 && names > limits.names) {
        throw new DfsError(
          'DFS_NAME_QUOTA',
          `The NameSpace quota (directories and files) of directory ${pathOf(at)} is exceeded: quota=${limits.names} file count=${names}`,
        )
      }
      const space = quota.space + more.space
      if (limits.space !== undefined && more.space > 0 && space > limits.space) {
        throw new DfsError(
          'DFS_SPACE_QUOTA',
          `The DiskSpace quota of ${pathOf(at)} is exceeded: quota = ${bytes(limits.space)} but diskspace consumed = ${bytes(space)}`,
        )
      }
    }
  }
}

/** As HDFS tells them: in bytes, and in a unit one can read. */
function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10))
  const value = count / 1024 ** unit
  return `${count} B = ${Number.isInteger(value) ? value : value.toFixed(2)} ${units[unit]}`
}

export const fileSpace = (file: FileNode): number => file.length * file.attributes.replication

/** A file being written counts its last block as a full one, as long as it may still become that. */
export function writtenSpace(file: FileNode): number {
  const last = file.blocks.at(-1)
  const rest = last === undefined ? 0 : file.attributes.blockSize - last.length
  return (file.length + rest) * file.attributes.replication
}

/** Everything from `top` down; `writer` gives what is being added to a file. */
export function usageOf(top: Inode, writer: (file: FileId) => FileNode | undefined): Usage {
  let names = 0
  let space = 0
  const stack: Inode[] = [top]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    names++
    if (node instanceof FileNode) {
      const adding = writer(node.id)
      space += fileSpace(node) + (adding === undefined ? 0 : writtenSpace(adding))
      continue
    }
    for (const child of node.children?.values() ?? []) stack.push(child)
    for (const file of node.underConstruction?.values() ?? []) {
      names++
      space += writtenSpace(file)
    }
  }
  return { names, space }
}
