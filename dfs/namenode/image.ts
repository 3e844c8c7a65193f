import { ByteWriter } from '../base/bytes.ts'
import { DirectoryNode, type FileNode, type Inode, pathOf } from './inode.ts'
import type { Namespace } from './namespace.ts'
import { encodeOptional, encodeOwner } from './records.ts'

/**
 * The image: the whole namespace as sections, each the payload of one frame (frame.ts).
 *
 *   section 0 := nextFile nextBlock nextGeneration files directories, the root as `directory`
 *   section n := entry*                      cut anywhere between entries once it is large enough
 *   last      := a frame with no records, so that a missing end shows
 *   entry     := 1 directory | 2 file | 3 file kind:0 named|1 detached overwrite sealed holder    (3: being written)
 *              | 4 directory-id names? space?                quota; 0 for none, else one more than the number
 *              | 5 directory-id                              snapshots may be made of it
 *              | 6 directory-id snapshot-id name time        a snapshot, whose tree follows
 *              | 7 directory | 8 file | 9 parent node        what is in snapshots, see below
 *              | 10 file path keep holder                    what is being added to the file at `path`
 *              | 11 client sequence answer time              what a request was answered
 *              | 12 nextSnapshot
 *   directory := id parent name user group permission mtime atime
 *   file      := id parent name user group permission mtime atime replication blockSize blocks (id generation length)*
 *
 * A parent comes before its children; `parent` is 0 for the root, for detached files and for what is being added to a file.
 * Entries 7 and 8 are numbered from 1; `parent` is such a number there, 0 for the root of a snapshot, and entry 9 puts the
 * node of a number, which an older snapshot has too, under another parent. Entries come in the order of their numbers, 6 to
 * 9 snapshot after snapshot. Version 1 had entries 1 to 3 alone. Replicas are not in it, datanodes report them.
 */
export const entryType = {
  directory: 1,
  file: 2,
  open: 3,
  quota: 4,
  snapshottable: 5,
  snapshot: 6,
  keptDirectory: 7,
  keptFile: 8,
  keptAgain: 9,
  reopened: 10,
  answer: 11,
  counters: 12,
} as const
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
  encodeDirectory(state.root, 0, out)
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

type Encode = (out: ByteWriter) => void

function* entries(state: Namespace): Generator<Encode> {
  const stack: DirectoryNode[] = [state.root]
  for (let directory = stack.pop(); directory !== undefined; directory = stack.pop()) {
    const { id } = directory
    for (const child of directory.children?.values() ?? []) {
      if (child instanceof DirectoryNode) stack.push(child)
      yield (out) => encodeInode(child, entryType, id, out)
    }
  }
  for (const open of state.open.values()) {
    const { node, base } = open
    yield (out) => {
      out.number(base === undefined ? entryType.open : entryType.reopened)
      encodeFile(node, node.parent?.id ?? 0, out)
      if (base === undefined) {
        out.number(open.kind === 'detached' ? 1 : 0)
        out.number(open.overwrite ? 1 : 0)
        out.number(open.sealed ? 1 : 0)
      } else {
        out.text(pathOf(base))
        out.number(open.keep ?? 0)
      }
      out.text(open.holder)
    }
  }
  for (const [directory, { limits: quota }] of state.quotas.entries()) {
    yield (out) => {
      out.number(entryType.quota)
      out.number(directory.id)
      encodeOptional(quota.names, out)
      encodeOptional(quota.space, out)
    }
  }
  yield* snapshotEntries(state)
  for (const { client, sequence, answer, time } of state.answers.values()) {
    yield (out) => {
      out.number(entryType.answer)
      out.text(client)
      out.number(sequence)
      out.text(answer)
      out.number(time)
    }
  }
  yield (out) => {
    out.number(entryType.counters)
    out.number(state.snapshots.nextId)
  }
}

const keptType = { directory: entryType.keptDirectory, file: entryType.keptFile } as const

function* snapshotEntries({ snapshots }: Namespace): Generator<Encode> {
  for (const [{ id }] of snapshots.entries()) {
    yield (out) => {
      out.number(entryType.snapshottable)
      out.number(id)
    }
  }
  const numbers = new Map<Inode, number>()
  for (const { directory, name, snapshot } of snapshots.all()) {
    const { id, createdTime, root } = snapshot
    yield (out) => {
      out.number(entryType.snapshot)
      out.number(directory.id)
      out.number(id)
      out.text(name)
      out.number(createdTime)
      encodeInode(root, keptType, 0, out)
    }
    numbers.set(root, numbers.size + 1)
    const stack: DirectoryNode[] = [root]
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const parent = numbers.get(at) ?? 0
      for (const child of at.children?.values() ?? []) {
        const known = numbers.get(child)
        if (known !== undefined) {
          yield (out) => {
            out.number(entryType.keptAgain)
            out.number(parent)
            out.number(known)
          }
          continue
        }
        numbers.set(child, numbers.size + 1)
        if (child instanceof DirectoryNode) stack.push(child)
        yield (out) => encodeInode(child, keptType, parent, out)
      }
    }
  }
}

function encodeInode(node: Inode, types: { directory: number; file: number }, parent: number, out: ByteWriter): void {
  if (node instanceof DirectoryNode) {
    out.number(types.directory)
    encodeDirectory(node, parent, out)
  } else {
    out.number(types.file)
    encodeFile(node, parent, out)
  }
}

function encodeDirectory(node: DirectoryNode, parent: number, out: ByteWriter): void {
  out.number(node.id)
  out.number(parent)
  out.text(node.name)
  encodeOwner(node.owner, out)
  out.number(node.permission)
  out.number(node.modificationTime)
  out.number(node.accessTime)
}

function encodeFile(node: FileNode, parent: number, out: ByteWriter): void {
  const { attributes } = node
  out.number(node.id)
  out.number(parent)
  out.text(node.name)
  encodeOwner(attributes.owner, out)
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
