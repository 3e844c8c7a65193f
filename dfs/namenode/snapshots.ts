import type { BlockId } from '../base/ids.ts'
import { type Block, DirectoryNode, FileNode, filesBelow, type Inode } from './inode.ts'

/** Below a directory that snapshots may be made of, the directory of these; no name for anything else. */
export const snapshotFolder = '.snapshot'

/** One directory as it was: a tree of its own, whose files have the very blocks that they had. */
export interface Snapshot {
  readonly id: number
  readonly createdTime: number
  readonly root: DirectoryNode
}

/** A directory that snapshots may be made of. */
export interface Snapshottable {
  /** What `.snapshot` shows: the snapshots' roots by their names. */
  readonly folder: DirectoryNode
  readonly snapshots: Map<string, Snapshot>
}

interface Held {
  /** How often snapshots have the block. */
  count: number
  /** The copy in the oldest of them. */
  file: FileNode
}

/**
 * Snapshots, beside the tree. Blocks never change once whole, so a snapshot is a copy of inodes; what did not change since the
 * directory's last snapshot is that one's copy again. A block stays as long as the file or a snapshot has it, which is
 * counted only for blocks that snapshots have.
 */
export class SnapshotTable {
  readonly #directories = new Map<DirectoryNode, Snapshottable>()
  readonly #held = new Map<BlockId, Held>()
  nextId = 1

  get size(): number {
    return this.#directories.size
  }

  entries(): IterableIterator<[DirectoryNode, Snapshottable]> {
    return this.#directories.entries()
  }

  get(directory: DirectoryNode): Snapshottable | undefined {
    return this.#directories.get(directory)
  }

  /** Its `.snapshot`, which is as the directory itself is but for what is in it. */
  folder(directory: DirectoryNode): DirectoryNode | undefined {
    const folder = this.#directories.get(directory)?.folder
    if (folder === undefined) return undefined
    folder.owner = directory.owner
    folder.permission = directory.permission
    folder.modificationTime = directory.modificationTime
    folder.accessTime = directory.accessTime
    return folder
  }

  /** Of all directories, in the order they were made. */
  all(): { directory: DirectoryNode; name: string; snapshot: Snapshot }[] {
    const found: { directory: DirectoryNode; name: string; snapshot: Snapshot }[] = []
    for (const [directory, { snapshots }] of this.#directories) {
      for (const [name, snapshot] of snapshots) found.push({ directory, name, snapshot })
    }
    return found.sort((a, b) => a.snapshot.id - b.snapshot.id)
  }

  allow(directory: DirectoryNode): void {
    if (this.#directories.has(directory)) return
    const { id, owner, permission } = directory
    const folder = new DirectoryNode(id, snapshotFolder, undefined, owner, permission, 0, 0)
    this.#directories.set(directory, { folder, snapshots: new Map() })
  }

  forget(directory: DirectoryNode): void {
    this.#directories.delete(directory)
  }

  create(directory: DirectoryNode, name: string, id: number, time: number): void {
    const previous = this.#directories.get(directory)?.snapshots
    this.restore(directory, name, { id, createdTime: time, root: copyRoot(directory, name, time, lastOf(previous)) })
  }

  /** Adds a snapshot with its tree. Has to be called in the order of their ids. */
  restore(directory: DirectoryNode, name: string, snapshot: Snapshot): void {
    this.allow(directory)
    const snapshottable = this.#directories.get(directory)
    snapshottable?.folder.put(snapshot.root)
    snapshottable?.snapshots.set(name, snapshot)
    this.nextId = Math.max(this.nextId, snapshot.id + 1)
    for (const file of filesBelow(snapshot.root)) {
      for (const { id } of file.blocks) {
        const held = this.#held.get(id)
        if (held === undefined) this.#held.set(id, { count: 1, file })
        else held.count++
      }
    }
  }

  rename(directory: DirectoryNode, from: string, to: string): void {
    const snapshottable = this.#directories.get(directory)
    const snapshot = snapshottable?.snapshots.get(from)
    if (snapshottable === undefined || snapshot === undefined) return
    snapshottable.snapshots.delete(from)
    snapshottable.folder.remove(from)
    snapshot.root.name = to
    snapshottable.snapshots.set(to, snapshot)
    snapshottable.folder.put(snapshot.root)
  }

  /** Gives the blocks that nobody has any more. */
  delete(directory: DirectoryNode, name: string): Block[] {
    const snapshottable = this.#directories.get(directory)
    const snapshot = snapshottable?.snapshots.get(name)
    if (snapshottable === undefined || snapshot === undefined) return []
    snapshottable.snapshots.delete(name)
    snapshottable.folder.remove(name)
    const dead: Block[] = []
    const wanting = new Map<BlockId, Block>()
    for (const file of filesBelow(snapshot.root)) {
      for (const block of file.blocks) {
        const held = this.#held.get(block.id)
        if (held === undefined) continue
        held.count--
        if (held.count === 0) {
          this.#held.delete(block.id)
          if (block.file === held.file) dead.push(block)
        } else if (held.file === file) {
          wanting.set(block.id, block)
        }
      }
    }
    this.#passOn(wanting)
    return dead
  }

  /** The oldest snapshot that has a block is gone: the copy in the next is the block's file, where no living file is. */
  #passOn(wanting: Map<BlockId, Block>): void {
    for (const { snapshot } of wanting.size === 0 ? [] : this.all()) {
      for (const file of filesBelow(snapshot.root)) {
        for (const { id } of file.blocks) {
          const block = wanting.get(id)
          const held = this.#held.get(id)
          if (block === undefined || held === undefined) continue
          if (block.file === held.file) block.file = file
          held.file = file
          wanting.delete(id)
        }
      }
      if (wanting.size === 0) return
    }
  }

  /** The copy of the file in the oldest snapshot that has the block. */
  holder(block: BlockId): FileNode | undefined {
    return this.#held.get(block)?.file
  }
}

function lastOf(snapshots: ReadonlyMap<string, Snapshot> | undefined): Snapshot | undefined {
  let last: Snapshot | undefined
  for (const snapshot of snapshots?.values() ?? []) if (last === undefined || snapshot.id > last.id) last = snapshot
  return last
}

function copyRoot(directory: DirectoryNode, name: string, time: number, previous: Snapshot | undefined): DirectoryNode {
  const { id, owner, permission, accessTime } = directory
  const root = new DirectoryNode(id, name, undefined, owner, permission, time, accessTime)
  for (const child of directory.children?.values() ?? []) root.put(copyOf(child, previous?.root.child(child.name)))
  return root
}

/** `previous` itself where it says the same. */
function copyOf(node: Inode, previous: Inode | undefined): Inode {
  const { id, name, modificationTime, accessTime } = node
  const before = previous?.id === id ? previous : undefined
  if (node instanceof FileNode) {
    if (before instanceof FileNode && sameFile(node, before)) return before
    const copy = new FileNode(id, name, undefined, node.attributes, modificationTime, accessTime)
    copy.blocks = node.blocks
    return copy
  }
  const old = before instanceof DirectoryNode ? before : undefined
  let same = old !== undefined && old.size === node.size && sameDirectory(node, old)
  const copy = new DirectoryNode(id, name, undefined, node.owner, node.permission, modificationTime, accessTime)
  for (const child of node.children?.values() ?? []) {
    const last = old?.child(child.name)
    const kept = copyOf(child, last)
    if (kept !== last) same = false
    copy.put(kept)
  }
  return same && old !== undefined ? old : copy
}

const sameTimes = (a: Inode, b: Inode): boolean =>
  a.modificationTime === b.modificationTime && a.accessTime === b.accessTime

const sameDirectory = (a: DirectoryNode, b: DirectoryNode): boolean =>
  a.owner === b.owner && a.permission === b.permission && sameTimes(a, b)

const sameFile = (a: FileNode, b: FileNode): boolean =>
  a.attributes === b.attributes && sameBlocks(a.blocks, b.blocks) && sameTimes(a, b)

export const sameBlocks = (a: readonly Block[], b: readonly Block[]): boolean =>
  a === b || (a.length === b.length && a.every((block, i) => block === b[i]))
