import { DfsError } from '../base/errors.ts'
import { type FileId, fileId } from '../base/ids.ts'
import { splitPath } from '../base/path.ts'
import { applyAttributes, applySnapshots } from './apply-attributes.ts'
import { AttributePool } from './attribute-pool.ts'
import { BlockMap } from './block-map.ts'
import { Block, DirectoryNode, FileNode, type Inode, noBlocks, pathOf } from './inode.ts'
import { fileSpace, QuotaTable, type Usage, usageOf, writtenSpace } from './quotas.ts'
import type { JournalRecord, Making, Owner } from './record-types.ts'
import { RetryCache } from './retry-cache.ts'
import { SnapshotTable } from './snapshots.ts'

/** A file that is not (yet) in the tree, or what is being added to one that is. */
export interface OpenFile {
  /** Its blocks are those that this writer made. */
  readonly node: FileNode
  readonly kind: 'named' | 'detached' | 'reopened'
  readonly overwrite: boolean
  readonly holder: string
  /** A detached file that its writer has closed. */
  sealed: boolean
  /** Of a reopened file: the file, and how many of its blocks stay in front of the new ones. */
  readonly base?: FileNode
  readonly keep?: number
}

export const directoryPermission = 0o755
export const filePermission = 0o644

/**
 * The namespace and the blocks: a state machine. `apply` is the only way it changes, and applying the same records in the
 * same order always gives the same state. It trusts its records; `decide.ts` makes only records that fit the state.
 */
export class Namespace {
  readonly root: DirectoryNode
  readonly blocks = new BlockMap()
  readonly open = new Map<FileId, OpenFile>()
  /** Files that are in the tree and have a writer, by their own ids. */
  readonly reopened = new Map<FileId, OpenFile>()
  readonly quotas = new QuotaTable()
  readonly snapshots = new SnapshotTable()
  readonly answers = new RetryCache()
  readonly pool = new AttributePool()
  nextFile = 2
  nextBlock = 1
  nextGeneration = 1
  files = 0
  directories = 1
  #dead: Block[] = []

  constructor(root: DirectoryNode = new DirectoryNode(fileId(1), '', undefined, superuser, directoryPermission, 0, 0)) {
    root.owner = this.pool.owner(root.owner)
    this.root = root
  }

  /** The node at `path`; undefined where there is none, also when a file stands where a directory is needed. */
  find(path: string): Inode | undefined {
    return this.findParts(splitPath(path))
  }

  findParts(parts: readonly string[]): Inode | undefined {
    let node: Inode | undefined = this.root
    for (const name of parts) {
      if (!(node instanceof DirectoryNode)) return undefined
      node = node.child(name)
      if (node === undefined) return undefined
    }
    return node
  }

  directory(path: string): DirectoryNode {
    const node = this.find(path)
    if (node instanceof DirectoryNode) return node
    if (node === undefined) throw new DfsError('DFS_NOT_FOUND', `no such directory: ${path}`)
    throw new DfsError('DFS_NOT_DIRECTORY', `not a directory: ${path}`)
  }

  /** Blocks that no file has any more since the last call; their replicas may be deleted once the records are durable. */
  takeDead(): Block[] {
    const dead = this.#dead
    this.#dead = []
    return dead
  }

  apply(record: JournalRecord): void {
    switch (record.type) {
      case 'mkdir':
        this.#makeDirectories(splitPath(record.path), record.time, record, record.permission)
        return
      case 'create':
        this.#create(record)
        return
      case 'reopen':
        this.#reopen(record)
        return
      case 'addBlock':
        this.#addBlock(record)
        return
      case 'newGeneration': {
        const block = this.blocks.get(record.block)
        if (block === undefined) return
        this.blocks.renew(block, record.generation)
        this.nextGeneration = Math.max(this.nextGeneration, record.generation + 1)
        return
      }
      case 'complete':
        this.#complete(record)
        return
      case 'abandon':
        this.#abandon(this.#openFile(record.file))
        return
      case 'delete':
        this.#remove(this.#existing(record.path), record.time)
        return
      case 'rename':
        this.#rename(record)
        return
      case 'publish':
        this.#publish(record)
        return
      case 'concat':
        this.#concat(record)
        return
      case 'answer':
        this.answers.remember(record)
        return
      case 'setTimes':
      case 'setReplication':
      case 'setPermission':
      case 'setOwner':
      case 'setQuota':
        applyAttributes(this, record, this.#existing(record.path))
        return
      case 'allowSnapshot':
      case 'disallowSnapshot':
      case 'createSnapshot':
      case 'deleteSnapshot':
      case 'renameSnapshot':
        applySnapshots(this, record, this.#existing(record.path))
        return
    }
  }

  /** What counts against quotas, from `top` down. */
  usage(top: Inode): Usage {
    return usageOf(top, (file) => this.reopened.get(file)?.node)
  }

  #existing(path: string): Inode {
    const node = this.find(path)
    if (node === undefined) throw new DfsError('DFS_NOT_FOUND', `no such file or directory: ${path}`)
    return node
  }

  #openFile(file: FileId): OpenFile {
    const open = this.open.get(file)
    if (open === undefined) throw new DfsError('DFS_LEASE_LOST', `file ${file} is not being written`)
    return open
  }

  /** What is missing of `parts`; the last gets `permission`. */
  #makeDirectories(parts: readonly string[], time: number, made: Making, permission: number): DirectoryNode {
    const owner = this.pool.owner(made.owner)
    let at = this.root
    for (const [depth, name] of parts.entries()) {
      let next = at.child(name)
      if (next === undefined) {
        const bits = depth === parts.length - 1 ? permission : made.parentPermission
        next = new DirectoryNode(fileId(this.nextFile++), ownCopy(name), at, owner, bits, time, time)
        at.put(next)
        at.modificationTime = time
        this.directories++
        this.quotas.charge(at, 1, 0)
      }
      if (next instanceof FileNode) throw new DfsError('DFS_NOT_DIRECTORY', `not a directory: ${pathOf(next)}`)
      at = next
    }
    return at
  }

  #create(record: JournalRecord & { type: 'create' }): void {
    const { replication, blockSize, owner, permission, holder, overwrite } = record
    const attributes = this.pool.attributes({ replication, blockSize, owner, permission })
    const detached = record.path === ''
    const parts = detached ? [] : splitPath(record.path)
    const name = ownCopy(parts.pop() ?? '')
    this.nextFile = Math.max(this.nextFile, record.file + 1)
    const parent = detached ? undefined : this.#makeDirectories(parts, record.time, record, record.parentPermission)
    const node = new FileNode(record.file, name, parent, attributes, record.time, record.time)
    if (parent !== undefined) {
      const other = parent.underConstruction?.get(name)
      if (other !== undefined) this.#abandon(this.#openFile(other.id))
      parent.underConstruction ??= new Map()
      parent.underConstruction.set(name, node)
      this.quotas.charge(parent, 1, 0)
    }
    this.open.set(record.file, { node, kind: detached ? 'detached' : 'named', overwrite, holder, sealed: false })
  }

  #reopen({ file, path, keep, holder }: JournalRecord & { type: 'reopen' }): void {
    const base = this.#existing(path)
    if (base instanceof DirectoryNode) throw new DfsError('DFS_IS_DIRECTORY', `is a directory: ${path}`)
    this.nextFile = Math.max(this.nextFile, file + 1)
    const node = new FileNode(file, base.name, undefined, base.attributes, base.modificationTime, base.accessTime)
    this.reopen({ node, kind: 'reopened', overwrite: false, holder, sealed: false, base, keep })
  }

  /** Makes a writer of an existing file known. */
  reopen(open: OpenFile & { readonly base: FileNode }): void {
    this.open.set(open.node.id, open)
    this.reopened.set(open.base.id, open)
  }

  #addBlock(record: JournalRecord & { type: 'addBlock' }): void {
    const open = this.#openFile(record.file)
    const { node } = open
    const before = writtenSpace(node)
    const last = node.blocks.at(-1)
    if (last !== undefined) last.length = record.previousLength
    const block = new Block(record.block, record.generation, 0, node)
    node.blocks = node.blocks.length === 0 ? [block] : node.blocks.concat(block)
    this.blocks.add(block)
    this.nextBlock = Math.max(this.nextBlock, record.block + 1)
    this.nextGeneration = Math.max(this.nextGeneration, record.generation + 1)
    this.quotas.charge(directoryOf(open), 0, writtenSpace(node) - before)
  }

  #complete(record: JournalRecord & { type: 'complete' }): void {
    const open = this.#openFile(record.file)
    const { node, base } = open
    const before = writtenSpace(node)
    const last = node.blocks.at(-1)
    if (last !== undefined) last.length = record.lastLength
    if (base !== undefined) {
      this.#splice(open, base, record.time)
      return
    }
    node.modificationTime = record.time
    node.accessTime = record.time
    if (open.kind === 'detached') {
      open.sealed = true
      return
    }
    this.open.delete(record.file)
    const parent = node.parent
    if (parent === undefined) throw new DfsError('DFS_LEASE_LOST', `file ${record.file} has lost its directory`)
    forgetWriter(parent, node.name)
    this.quotas.charge(parent, 0, fileSpace(node) - before)
    const old = parent.child(node.name)
    if (old !== undefined) this.#remove(old, record.time)
    parent.put(node)
    parent.modificationTime = record.time
    this.files++
  }

  /** What was written beside a file becomes its end, in place of what is not kept. */
  #splice(open: OpenFile, base: FileNode, time: number): void {
    this.open.delete(open.node.id)
    this.reopened.delete(base.id)
    const before = fileSpace(base) + writtenSpace(open.node)
    const kept = base.blocks.slice(0, open.keep)
    this.#dropBlocks(base.blocks.slice(open.keep))
    for (const block of open.node.blocks) block.file = base
    base.blocks = [...kept, ...open.node.blocks]
    base.modificationTime = time
    this.quotas.charge(base.parent, 0, fileSpace(base) - before)
  }

  #abandon(open: OpenFile): void {
    const { node, base } = open
    this.open.delete(node.id)
    if (base !== undefined) this.reopened.delete(base.id)
    if (node.parent !== undefined) forgetWriter(node.parent, node.name)
    this.quotas.charge(directoryOf(open), base === undefined ? -1 : 0, -writtenSpace(node))
    this.#dropBlocks(node.blocks)
    node.blocks = noBlocks
    node.parent = undefined
  }

  #remove(node: Inode, time: number): void {
    const parent = node.parent
    if (parent === undefined) throw new DfsError('DFS_BAD_ARGUMENT', 'the root directory can not be deleted')
    if (this.quotas.size > 0) {
      const { names, space } = this.usage(node)
      this.quotas.charge(parent, -names, -space)
    }
    parent.remove(node.name)
    parent.modificationTime = time
    this.#discard(node)
  }

  /** Forgets a node that has left the tree and all below it, with the files being written there. */
  #discard(top: Inode): void {
    const stack: Inode[] = [top]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      // First of all, so that nothing of this is charged to what stays.
      node.parent = undefined
      if (node instanceof FileNode) {
        const writer = this.reopened.get(node.id)
        if (writer !== undefined) this.#abandon(writer)
        this.#dropBlocks(node.blocks)
        node.blocks = noBlocks
        this.files--
      } else {
        this.directories--
        this.quotas.forget(node)
        this.snapshots.forget(node)
        for (const child of node.children?.values() ?? []) stack.push(child)
        for (const child of [...(node.underConstruction?.values() ?? [])]) this.#abandon(this.#openFile(child.id))
        node.children = undefined
      }
    }
  }

  /** Of blocks that no file has any more those stay that a snapshot has. */
  #dropBlocks(blocks: readonly Block[]): void {
    for (const block of blocks) {
      const keeper = this.snapshots.holder(block.id)
      if (keeper === undefined) this.bury([block])
      else block.file = keeper
    }
  }

  /** Blocks that nobody has any more. */
  bury(blocks: readonly Block[]): void {
    for (const block of blocks) {
      this.#dead.push(block)
      this.blocks.remove(block.id)
    }
  }

  #rename(record: JournalRecord & { type: 'rename' }): void {
    const node = this.#existing(record.from)
    const parts = splitPath(record.to)
    const name = ownCopy(parts.pop() ?? '')
    const target = this.directory(`/${parts.join('/')}`)
    const old = record.overwrite ? target.child(name) : undefined
    if (old !== undefined) this.#remove(old, record.time)
    const { names, space } = this.quotas.size > 0 ? this.usage(node) : { names: 0, space: 0 }
    this.quotas.charge(node.parent, -names, -space)
    node.parent?.remove(node.name)
    if (node.parent !== undefined) node.parent.modificationTime = record.time
    node.name = name
    node.parent = target
    target.put(node)
    target.modificationTime = record.time
    this.quotas.charge(target, names, space)
  }

  #publish(record: JournalRecord & { type: 'publish' }): void {
    const old = this.find(record.directory)
    if (old !== undefined) this.#remove(old, record.time)
    const parts = splitPath(record.directory)
    const directory = this.#makeDirectories(parts, record.time, record, record.permission)
    for (const { name, file } of record.files) {
      const { node } = this.#openFile(file)
      this.open.delete(file)
      node.name = ownCopy(name)
      node.parent = directory
      node.attributes = this.pool.attributes({ ...node.attributes, owner: record.owner })
      directory.put(node)
      this.quotas.charge(directory, 1, fileSpace(node))
      this.files++
    }
  }

  #concat(record: JournalRecord & { type: 'concat' }): void {
    const target = this.#existing(record.path)
    if (target instanceof DirectoryNode) throw new DfsError('DFS_IS_DIRECTORY', `is a directory: ${record.path}`)
    const before = fileSpace(target)
    const blocks = [...target.blocks]
    for (const path of record.sources) {
      const source = this.#existing(path)
      if (source instanceof DirectoryNode) throw new DfsError('DFS_IS_DIRECTORY', `is a directory: ${path}`)
      this.quotas.charge(source.parent, 0, -fileSpace(source))
      for (const block of source.blocks) {
        block.file = target
        blocks.push(block)
      }
      source.blocks = noBlocks
      this.#remove(source, record.time)
    }
    target.blocks = blocks
    target.modificationTime = record.time
    this.quotas.charge(target.parent, 0, fileSpace(target) - before)
  }
}

/** Where what is written counts against quotas. */
const directoryOf = ({ node, base }: OpenFile): DirectoryNode | undefined => (base ?? node).parent

/** A part of a path is a view that keeps the whole path in memory; a name that stays gets its own bytes. */
const ownCopy = (name: string): string => Buffer.from(name).toString()

function forgetWriter(directory: DirectoryNode, name: string): void {
  directory.underConstruction?.delete(name)
  if (directory.underConstruction?.size === 0) directory.underConstruction = undefined
}

const superuser: Owner = { user: 'root', group: 'supergroup' }
