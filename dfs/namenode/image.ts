import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { limits } from '../base/config.ts'
import { blockId, fileId, generationStamp } from '../base/ids.ts'
import { Block, DirectoryNode, FileNode, type Inode } from './inode.ts'
import { Namespace } from './namespace.ts'
import { type Owner, ownerBytesMax } from './records.ts'

/**
 * The image: the whole namespace as sections, each the payload of one frame (frame.ts).
 *
 *   section 0 := nextFile nextBlock nextGeneration files directories, the root as `directory`
 *   section n := entry*                      cut anywhere between entries once it is large enough
 *   last      := a frame with no records, so that a missing end shows
 *   entry     := 1 directory | 2 file | 3 file kind:0 named|1 detached overwrite sealed holder    (3: being written)
 *   directory := id parent name user group permission mtime atime
 *   file      := id parent name user group permission mtime atime replication blockSize blocks (id generation length)*
 *
 * A parent comes before its children; `parent` is 0 for the root and for detached files. Replicas are not in it, datanodes
 * report them.
 */
const entryType = { directory: 1, file: 2, open: 3 } as const
const sectionBytes = 256 * 1024

export interface Section {
  readonly records: number
  readonly payload: Buffer
}

export function* encodeImage(state: Namespace): Generator<Section> {
  const out = new ByteWriter(sectionBytes + 4096)
  out.number(state.nextFile)
  out.number(state.nextBlock)
  out.number(state.nextGeneration)
  out.number(state.files)
  out.number(state.directories)
  encodeDirectory(state.root, out)
  yield { records: 1, payload: Buffer.from(out.bytes()) }
  out.clear()
  let records = 0
  for (const encode of entries(state)) {
    encode(out)
    records++
    if (out.length < sectionBytes) continue
    yield { records, payload: Buffer.from(out.bytes()) }
    out.clear()
    records = 0
  }
  if (records > 0) yield { records, payload: Buffer.from(out.bytes()) }
  yield { records: 0, payload: Buffer.alloc(0) }
}

function* entries(state: Namespace): Generator<(out: ByteWriter) => void> {
  const stack: DirectoryNode[] = [state.root]
  for (let directory = stack.pop(); directory !== undefined; directory = stack.pop()) {
    for (const child of directory.children?.values() ?? []) {
      if (child instanceof DirectoryNode) stack.push(child)
      yield (out) => encodeInode(child, out)
    }
  }
  for (const open of state.open.values()) {
    yield (out) => {
      out.number(entryType.open)
      encodeFile(open.node, out)
      out.number(open.kind === 'detached' ? 1 : 0)
      out.number(open.overwrite ? 1 : 0)
      out.number(open.sealed ? 1 : 0)
      out.text(open.holder)
    }
  }
}

function encodeInode(node: Inode, out: ByteWriter): void {
  if (node instanceof DirectoryNode) {
    out.number(entryType.directory)
    encodeDirectory(node, out)
  } else {
    out.number(entryType.file)
    encodeFile(node, out)
  }
}

function encodeDirectory(node: DirectoryNode, out: ByteWriter): void {
  out.number(node.id)
  out.number(node.parent?.id ?? 0)
  out.text(node.name)
  out.text(node.owner.user)
  out.text(node.owner.group)
  out.number(node.permission)
  out.number(node.modificationTime)
  out.number(node.accessTime)
}

function encodeFile(node: FileNode, out: ByteWriter): void {
  const { attributes } = node
  out.number(node.id)
  out.number(node.parent?.id ?? 0)
  out.text(node.name)
  out.text(attributes.owner.user)
  out.text(attributes.owner.group)
  out.number(attributes.permission)
  out.number(node.modificationTime)
  out.number(node.accessTime)
  out.number(attributes.replication)
  out.number(attributes.blockSize)
  out.number(node.blocks.length)
  for (const block of node.blocks) {
    out.number(block.id)
    out.number(block.generation)
    out.number(block.length)
  }
}

/** Builds a namespace from sections given in order. Throws MalformedBytes. */
export class ImageLoader {
  readonly #directories = new Map<number, DirectoryNode>()
  #state: Namespace | undefined
  #files = 0

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
    if (this.#state === undefined) throw new MalformedBytes('the image is empty')
    if (this.#state.files !== this.#files || this.#state.directories !== this.#directories.size) {
      throw new MalformedBytes('the image holds fewer entries than it says')
    }
    return this.#state
  }

  #first(input: ByteReader): Namespace {
    const nextFile = input.number()
    const nextBlock = input.number()
    const nextGeneration = input.number()
    const files = input.number()
    const directories = input.number()
    const root = this.#directory(input)
    const state = new Namespace(root)
    Object.assign(state, { nextFile, nextBlock, nextGeneration, files, directories })
    return state
  }

  #entry(state: Namespace, input: ByteReader): void {
    const type = input.number()
    if (type === entryType.directory) {
      const node = this.#directory(input)
      if (node.parent === undefined) throw new MalformedBytes(`directory ${node.id} has no parent`)
      node.parent.put(node)
      return
    }
    const node = this.#file(state, input)
    for (const block of node.blocks) state.blocks.add(block)
    if (type === entryType.file) {
      if (node.parent === undefined) throw new MalformedBytes(`file ${node.id} has no parent`)
      node.parent.put(node)
      this.#files++
      return
    }
    if (type !== entryType.open) throw new MalformedBytes(`unknown entry type ${type}`)
    const kind = input.number(1) === 1 ? 'detached' : 'named'
    const overwrite = input.number(1) === 1
    const sealed = input.number(1) === 1
    state.open.set(node.id, { node, kind, overwrite, sealed, holder: input.text(ownerBytesMax) })
    if (node.parent !== undefined) {
      node.parent.underConstruction ??= new Map()
      node.parent.underConstruction.set(node.name, node)
    }
  }

  #directory(input: ByteReader): DirectoryNode {
    const id = input.number()
    const parent = this.#parent(input.number())
    const name = input.text(limits.nameBytesMax)
    const owner = readOwner(input)
    const permission = input.number(0o7777)
    const modificationTime = input.number()
    const accessTime = input.number()
    const node = new DirectoryNode(fileId(id), name, parent, owner, permission, modificationTime, accessTime)
    this.#directories.set(id, node)
    return node
  }

  #file(state: Namespace, input: ByteReader): FileNode {
    const id = input.number()
    const parent = this.#parent(input.number())
    const name = input.text(limits.nameBytesMax)
    const owner = readOwner(input)
    const permission = input.number(0o7777)
    const modificationTime = input.number()
    const accessTime = input.number()
    const replication = input.number(limits.replicationMax)
    const blockSize = input.number(limits.blockSizeMax)
    const attributes = state.attributes({ replication, blockSize, owner, permission })
    const node = new FileNode(fileId(id), name, parent, attributes, modificationTime, accessTime)
    const count = input.number(limits.blocksPerFileMax)
    if (count > 0) {
      const blocks: Block[] = []
      for (let i = 0; i < count; i++) {
        const block = blockId(input.number())
        const generation = generationStamp(input.number())
        blocks.push(new Block(block, generation, input.number(limits.blockSizeMax), node))
      }
      node.blocks = blocks
    }
    return node
  }

  #parent(id: number): DirectoryNode | undefined {
    if (id === 0) return undefined
    const parent = this.#directories.get(id)
    if (parent === undefined) throw new MalformedBytes(`there is no directory ${id}`)
    return parent
  }
}

function readOwner(input: ByteReader): Owner {
  return { user: input.text(ownerBytesMax), group: input.text(ownerBytesMax) }
}
