import type { BlockId, FileId, GenerationStamp } from '../base/ids.ts'
import type { Owner } from './record-types.ts'

/**
 * What the namespace is made of. There may be millions of these, so they are classes with few fields, and what many files
 * have in common (`FileAttributes`, sets of replicas) is one shared object.
 */
export interface FileAttributes {
  readonly replication: number
  readonly blockSize: number
  readonly owner: Owner
  readonly permission: number
}

export class Block {
  readonly id: BlockId
  /** Rises only while the block is written; one that is whole never changes. */
  generation: GenerationStamp
  length: number
  /** The file that has it; where only snapshots do, the oldest one's copy of the file. */
  file: FileNode
  /** Datanodes (by number) that are known to hold it; a shared, sorted, immutable list. Soft state: reported, not journalled. */
  replicas: readonly number[]

  constructor(id: BlockId, generation: GenerationStamp, length: number, file: FileNode) {
    this.id = id
    this.generation = generation
    this.length = length
    this.file = file
    this.replicas = noReplicas
  }
}

export const noReplicas: readonly number[] = []
export const noBlocks: readonly Block[] = []

export class FileNode {
  readonly id: FileId
  name: string
  /** The directory it is in, or will be in once complete; undefined for a detached file and a deleted one. */
  parent: DirectoryNode | undefined
  attributes: FileAttributes
  blocks: readonly Block[] = noBlocks
  modificationTime: number
  accessTime: number

  constructor(
    id: FileId,
    name: string,
    parent: DirectoryNode | undefined,
    attributes: FileAttributes,
    modificationTime: number,
    accessTime: number,
  ) {
    this.id = id
    this.name = name
    this.parent = parent
    this.attributes = attributes
    this.modificationTime = modificationTime
    this.accessTime = accessTime
  }

  get length(): number {
    let length = 0
    for (const block of this.blocks) length += block.length
    return length
  }
}

export class DirectoryNode {
  readonly id: FileId
  name: string
  /** Undefined for the root. */
  parent: DirectoryNode | undefined
  owner: Owner
  permission: number
  modificationTime: number
  accessTime: number
  /** By name. A Map, so that `__proto__` and `constructor` are names like others. */
  children: Map<string, Inode> | undefined
  /** Files being written that will appear here; by name, one writer each. */
  underConstruction: Map<string, FileNode> | undefined
  /** The names in byte order, where someone lists them in pages; gone once they have changed. */
  sorted: readonly string[] | undefined

  constructor(
    id: FileId,
    name: string,
    parent: DirectoryNode | undefined,
    owner: Owner,
    permission: number,
    modificationTime: number,
    accessTime: number,
  ) {
    this.id = id
    this.name = name
    this.parent = parent
    this.owner = owner
    this.permission = permission
    this.modificationTime = modificationTime
    this.accessTime = accessTime
    this.children = undefined
    this.underConstruction = undefined
    this.sorted = undefined
  }

  child(name: string): Inode | undefined {
    return this.children?.get(name)
  }

  put(node: Inode): void {
    this.children ??= new Map()
    this.children.set(node.name, node)
    this.sorted = undefined
  }

  remove(name: string): void {
    this.children?.delete(name)
    this.sorted = undefined
  }

  get size(): number {
    return this.children?.size ?? 0
  }
}

export type Inode = FileNode | DirectoryNode

export const ownerOf = (node: Inode): Owner => (node instanceof DirectoryNode ? node.owner : node.attributes.owner)
export const permissionOf = (node: Inode): number =>
  node instanceof DirectoryNode ? node.permission : node.attributes.permission

/** The absolute path; for a file being written, the one it will have. */
export function pathOf(node: Inode): string {
  const parts: string[] = []
  for (let at: Inode | undefined = node; at?.parent !== undefined; at = at.parent) parts.push(at.name)
  return `/${parts.reverse().join('/')}`
}

/** The files at and below a node, in no particular order. */
export function* filesBelow(top: Inode): Generator<FileNode> {
  const stack: Inode[] = [top]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node instanceof FileNode) yield node
    // One by one: a large directory would not fit among a call's arguments.
    else for (const child of node.children?.values() ?? []) stack.push(child)
  }
}
