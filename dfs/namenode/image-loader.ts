import { ByteReader, MalformedBytes } from '../base/bytes.ts'
import { limits } from '../base/config.ts'
import { blockId, fileId, generationStamp } from '../base/ids.ts'
import { entryType, type Section } from './image.ts'
import { Block, DirectoryNode, FileNode, type Inode } from './inode.ts'
import { Namespace, type OpenFile } from './namespace.ts'
import { answerBytesMax, clientBytesMax, decodeOptional, decodeOwner, ownerBytesMax } from './records.ts'
import type { Snapshot } from './snapshots.ts'

/** Builds a namespace from an image's sections (image.ts) given in order. Throws MalformedBytes. */
export class ImageLoader {
  readonly #directories = new Map<number, DirectoryNode>()
  /** What is in snapshots, by its number less one. */
  readonly #kept: Inode[] = []
  readonly #snapshots: { directory: DirectoryNode; name: string; snapshot: Snapshot }[] = []
  #state: Namespace | undefined
  #files = 0
  #nextSnapshot = 1

  add(section: Section): void {
    const input = new ByteReader(section.payload)
    if (this.#state === undefined) {
      this.#state = this.#first(input)
    } else {
      for (let i = 0; i < section.records; i++) this.#entry(this.#state, input)
    }
    if (!input.done) throw new MalformedBytes('a section holds more than its entries')
  }

  /** Call after the last section. */
  finish(): Namespace {
    const state = this.#state
    if (state === undefined) throw new MalformedBytes('the image is empty')
    if (state.files !== this.#files || state.directories !== this.#directories.size) {
      throw new MalformedBytes('the image holds fewer entries than it says')
    }
    // Only now is each of their trees whole.
    for (const { directory, name, snapshot } of this.#snapshots) state.snapshots.restore(directory, name, snapshot)
    state.snapshots.nextId = Math.max(state.snapshots.nextId, this.#nextSnapshot)
    for (const [directory, { limits }] of state.quotas.entries()) {
      state.quotas.set(directory, limits, state.usage(directory))
    }
    return state
  }

  #first(input: ByteReader): Namespace {
    const nextFile = input.number()
    const nextBlock = input.number()
    const nextGeneration = input.number()
    const files = input.number()
    const directories = input.number()
    const root = readDirectory(input, () => undefined)
    this.#directories.set(root.id, root)
    const state = new Namespace(root)
    Object.assign(state, { nextFile, nextBlock, nextGeneration, files, directories })
    return state
  }

  #entry(state: Namespace, input: ByteReader): void {
    const type = input.number()
    switch (type) {
      case entryType.directory: {
        const node = readDirectory(input, (id) => this.#parent(id))
        node.owner = state.pool.owner(node.owner)
        if (node.parent === undefined) throw new MalformedBytes(`directory ${node.id} has no parent`)
        node.parent.put(node)
        this.#directories.set(node.id, node)
        return
      }
      case entryType.file: {
        const node = readFile(state, input, (id) => this.#parent(id))
        if (node.parent === undefined) throw new MalformedBytes(`file ${node.id} has no parent`)
        node.parent.put(node)
        this.#files++
        return
      }
      case entryType.open:
      case entryType.reopened: {
        const node = readFile(state, input, (id) => this.#parent(id))
        if (type === entryType.open) this.#open(state, node, input)
        else state.reopen(readReopened(state, node, input))
        return
      }
      case entryType.quota: {
        const directory = this.#directory(input.number())
        const quota = { names: decodeOptional(input), space: decodeOptional(input) }
        // What is used is told once everything is there.
        state.quotas.set(directory, quota, { names: 0, space: 0 })
        return
      }
      case entryType.snapshottable:
        state.snapshots.allow(this.#directory(input.number()))
        return
      case entryType.snapshot:
        this.#snapshot(state, input)
        return
      case entryType.keptDirectory:
      case entryType.keptFile:
      case entryType.keptAgain:
        this.#keep(state, type, input)
        return
      case entryType.answer:
        state.answers.remember({
          client: input.text(clientBytesMax),
          sequence: input.number(),
          answer: input.text(answerBytesMax),
          time: input.number(),
        })
        return
      case entryType.counters:
        this.#nextSnapshot = input.number()
        return
      default:
        throw new MalformedBytes(`unknown entry type ${type}`)
    }
  }

  #open(state: Namespace, node: FileNode, input: ByteReader): void {
    const kind = input.number(1) === 1 ? 'detached' : 'named'
    const overwrite = input.number(1) === 1
    const sealed = input.number(1) === 1
    state.open.set(node.id, { node, kind, overwrite, sealed, holder: input.text(ownerBytesMax) })
    if (node.parent !== undefined) {
      node.parent.underConstruction ??= new Map()
      node.parent.underConstruction.set(node.name, node)
    }
  }

  #snapshot(state: Namespace, input: ByteReader): void {
    const directory = this.#directory(input.number())
    const id = input.number()
    const name = input.text(limits.nameBytesMax)
    const createdTime = input.number()
    if (input.number() !== entryType.keptDirectory) throw new MalformedBytes(`snapshot ${id} has no tree`)
    const root = this.#keep(state, entryType.keptDirectory, input)
    if (!(root instanceof DirectoryNode)) throw new MalformedBytes(`snapshot ${id} is no directory`)
    this.#snapshots.push({ directory, name, snapshot: { id, createdTime, root } })
  }

  /** One inode of a snapshot: put where it belongs, which its own `parent` does not say. */
  #keep(state: Namespace, type: number, input: ByteReader): Inode {
    if (type === entryType.keptAgain) {
      const parent = this.#keptDirectory(input.number())
      const again = this.#kept[input.number() - 1]
      if (again === undefined || parent === undefined) throw new MalformedBytes('a snapshot shares what is not there')
      parent.put(again)
      return again
    }
    let above: DirectoryNode | undefined
    const parentOf = (number: number): undefined => {
      above = this.#keptDirectory(number)
    }
    const node = type === entryType.keptDirectory ? readDirectory(input, parentOf) : readFile(state, input, parentOf)
    if (node instanceof DirectoryNode) node.owner = state.pool.owner(node.owner)
    this.#kept.push(node)
    above?.put(node)
    return node
  }

  #keptDirectory(number: number): DirectoryNode | undefined {
    if (number === 0) return undefined
    const node = this.#kept[number - 1]
    if (node instanceof DirectoryNode) return node
    throw new MalformedBytes(`there is no directory of number ${number} in the snapshots`)
  }

  #parent(id: number): DirectoryNode | undefined {
    return id === 0 ? undefined : this.#directory(id)
  }

  #directory(id: number): DirectoryNode {
    const directory = this.#directories.get(id)
    if (directory === undefined) throw new MalformedBytes(`there is no directory ${id}`)
    return directory
  }
}

type ParentOf = (id: number) => DirectoryNode | undefined

function readDirectory(input: ByteReader, parentOf: ParentOf): DirectoryNode {
  const id = input.number()
  const parent = parentOf(input.number())
  const name = input.text(limits.nameBytesMax)
  const owner = decodeOwner(input)
  const permission = input.number(0o7777)
  const modificationTime = input.number()
  const accessTime = input.number()
  return new DirectoryNode(fileId(id), name, parent, owner, permission, modificationTime, accessTime)
}

function readFile(state: Namespace, input: ByteReader, parentOf: ParentOf): FileNode {
  const id = input.number()
  const parent = parentOf(input.number())
  const name = input.text(limits.nameBytesMax)
  const owner = decodeOwner(input)
  const permission = input.number(0o7777)
  const modificationTime = input.number()
  const accessTime = input.number()
  const replication = input.number(limits.replicationMax)
  const blockSize = input.number(limits.blockSizeMax)
  const attributes = state.pool.attributes({ replication, blockSize, owner, permission })
  const node = new FileNode(fileId(id), name, parent, attributes, modificationTime, accessTime)
  const count = input.number(limits.blocksPerFileMax)
  if (count === 0) return node
  const blocks: Block[] = []
  for (let i = 0; i < count; i++) {
    const block = blockId(input.number())
    const generation = generationStamp(input.number())
    const length = input.number(limits.blockSizeMax)
    // A file and its snapshots have the very same blocks.
    let known = state.blocks.get(block)
    if (known === undefined) {
      known = new Block(block, generation, length, node)
      state.blocks.add(known)
    }
    blocks.push(known)
  }
  // An array that was pushed to has room for many more.
  node.blocks = blocks.slice()
  return node
}

function readReopened(state: Namespace, node: FileNode, input: ByteReader): OpenFile & { readonly base: FileNode } {
  const path = input.text(limits.pathBytesMax)
  const keep = input.number(limits.blocksPerFileMax)
  const base = state.find(path)
  if (!(base instanceof FileNode)) throw new MalformedBytes(`there is no file ${path} to add to`)
  return {
    node,
    kind: 'reopened',
    overwrite: false,
    sealed: false,
    holder: input.text(ownerBytesMax),
    base,
    keep,
  }
}
