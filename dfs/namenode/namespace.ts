import { DfsError } from '../base/errors.ts'
import { type FileId, fileId } from '../base/ids.ts'
import { splitPath } from '../base/path.ts'
import { BlockMap } from './block-map.ts'
import { Block, DirectoryNode, type FileAttributes, FileNode, type Inode, noBlocks, pathOf } from './inode.ts'
import type { JournalRecord, Owner } from './records.ts'

/** A file that is not (yet) in the tree. */
export interface OpenFile {
  readonly node: FileNode
  readonly kind: 'named' | 'detached'
  readonly overwrite: boolean
  readonly holder: string
  /** A detached file that its writer has closed. */
  sealed: boolean
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
  nextFile = 2
  nextBlock = 1
  nextGeneration = 1
  files = 0
  directories = 1
  readonly #attributes = new Map<string, FileAttributes>()
  readonly #owners = new Map<string, Owner>()
  #dead: Block[] = []

  constructor(root: DirectoryNode = new DirectoryNode(fileId(1), '', undefined, superuser, directoryPermission, 0, 0)) {
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
        this.#makeDirectories(splitPath(record.path), record.time, this.owner(record.owner))
        return
      case 'create':
        this.#create(record)
        return
      case 'addBlock':
        this.#addBlock(record)
        return
      case 'complete':
        this.#complete(record)
        return
      case 'abandon':
        this.#abandon(this.#openFile(record.file).node)
        return
      case 'delete':
        this.#remove(this.#existing(record.path), record.time)
        return
      case 'rename':
        this.#rename(record)
        return
      case 'setTimes': {
        const node = this.#existing(record.path)
        node.modificationTime = record.modificationTime
        node.accessTime = record.accessTime
        return
      }
      case 'setReplication': {
        const node = this.#existing(record.path)
        if (node instanceof FileNode) {
          node.attributes = this.attributes({ ...node.attributes, replication: record.replication })
        }
        return
      }
      case 'publish':
        this.#publish(record)
        return
    }
  }

  /** One object for all files that are alike. */
  attributes(wanted: FileAttributes): FileAttributes {
    const owner = this.owner(wanted.owner)
    const key = `${wanted.replication} ${wanted.blockSize} ${wanted.permission} ${owner.user}\0${owner.group}`
    const known = this.#attributes.get(key)
    if (known !== undefined) return known
    const fresh = { ...wanted, owner }
    this.#attributes.set(key, fresh)
    return fresh
  }

  owner(wanted: Owner): Owner {
    const key = `${wanted.user}\0${wanted.group}`
    const known = this.#owners.get(key)
    if (known !== undefined) return known
    this.#owners.set(key, wanted)
    return wanted
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

  #makeDirectories(parts: readonly string[], time: number, owner: Owner): DirectoryNode {
    let at = this.root
    for (const name of parts) {
      let next = at.child(name)
      if (next === undefined) {
        next = new DirectoryNode(fileId(this.nextFile++), ownCopy(name), at, owner, directoryPermission, time, time)
        at.put(next)
        at.modificationTime = time
        this.directories++
      }
      if (next instanceof FileNode) throw new DfsError('DFS_NOT_DIRECTORY', `not a directory: ${pathOf(next)}`)
      at = next
    }
    return at
  }

  #create(record: JournalRecord & { type: 'create' }): void {
    const attributes = this.attributes({
      replication: record.replication,
      blockSize: record.blockSize,
      owner: record.owner,
      permission: filePermission,
    })
    const detached = record.path === ''
    const parts = detached ? [] : splitPath(record.path)
    const name = ownCopy(parts.pop() ?? '')
    this.nextFile = Math.max(this.nextFile, record.file + 1)
    const parent = detached ? undefined : this.#makeDirectories(parts, record.time, this.owner(record.owner))
    const node = new FileNode(record.file, name, parent, attributes, record.time, record.time)
    if (parent !== undefined) {
      const other = parent.underConstruction?.get(name)
      if (other !== undefined) this.#abandon(other)
      parent.underConstruction ??= new Map()
      parent.underConstruction.set(name, node)
    }
    this.open.set(record.file, {
      node,
      kind: detached ? 'detached' : 'named',
      overwrite: record.overwrite,
      holder: record.holder,
      sealed: false,
    })
  }

  #addBlock(record: JournalRecord & { type: 'addBlock' }): void {
    const { node } = this.#openFile(record.file)
    const last = node.blocks.at(-1)
    if (last !== undefined) last.length = record.previousLength
    const block = new Block(record.block, record.generation, 0, node)
    node.blocks = node.blocks.concat(block)
    this.blocks.add(block)
    this.nextBlock = Math.max(this.nextBlock, record.block + 1)
    this.nextGeneration = Math.max(this.nextGeneration, record.generation + 1)
  }

  #complete(record: JournalRecord & { type: 'complete' }): void {
    const open = this.#openFile(record.file)
    const { node } = open
    const last = node.blocks.at(-1)
    if (last !== undefined) last.length = record.lastLength
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
    const old = parent.child(node.name)
    if (old !== undefined) this.#discard(old)
    parent.put(node)
    parent.modificationTime = record.time
    this.files++
  }

  #abandon(node: FileNode): void {
    this.open.delete(node.id)
    if (node.parent !== undefined) forgetWriter(node.parent, node.name)
    this.#dropBlocks(node)
    node.parent = undefined
  }

  #remove(node: Inode, time: number): void {
    const parent = node.parent
    if (parent === undefined) throw new DfsError('DFS_BAD_ARGUMENT', 'the root directory can not be deleted')
    parent.children?.delete(node.name)
    parent.modificationTime = time
    this.#discard(node)
  }

  /** Forgets a node that has left the tree and all below it, with the files being written there. */
  #discard(top: Inode): void {
    const stack: Inode[] = [top]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node instanceof FileNode) {
        this.#dropBlocks(node)
        this.files--
      } else {
        this.directories--
        for (const child of node.children?.values() ?? []) stack.push(child)
        for (const child of [...(node.underConstruction?.values() ?? [])]) this.#abandon(child)
        node.children = undefined
      }
      node.parent = undefined
    }
  }

  #dropBlocks(node: FileNode): void {
    for (const block of node.blocks) {
      this.#dead.push(block)
      this.blocks.remove(block.id)
    }
    node.blocks = noBlocks
  }

  #rename(record: JournalRecord & { type: 'rename' }): void {
    const node = this.#existing(record.from)
    const parts = splitPath(record.to)
    const name = ownCopy(parts.pop() ?? '')
    const target = this.directory(`/${parts.join('/')}`)
    node.parent?.children?.delete(node.name)
    if (node.parent !== undefined) node.parent.modificationTime = record.time
    node.name = name
    node.parent = target
    target.put(node)
    target.modificationTime = record.time
  }

  #publish(record: JournalRecord & { type: 'publish' }): void {
    const old = this.find(record.directory)
    if (old !== undefined) this.#remove(old, record.time)
    const directory = this.#makeDirectories(splitPath(record.directory), record.time, this.owner(record.owner))
    for (const { name, file } of record.files) {
      const { node } = this.#openFile(file)
      this.open.delete(file)
      node.name = ownCopy(name)
      node.parent = directory
      directory.put(node)
      this.files++
    }
  }
}

/** A part of a path is a view that keeps the whole path in memory; a name that stays gets its own bytes. */
const ownCopy = (name: string): string => Buffer.from(name).toString()

function forgetWriter(directory: DirectoryNode, name: string): void {
  directory.underConstruction?.delete(name)
  if (directory.underConstruction?.size === 0) directory.underConstruction = undefined
}

const superuser: Owner = { user: 'root', group: 'supergroup' }
