import { type ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { limits } from '../base/config.ts'
import { type BlockId, blockId, type FileId, fileId, type GenerationStamp, generationStamp } from '../base/ids.ts'

/**
 * What the journal holds: every change of the namespace, complete in itself (ids and times are in the record, so replaying
 * decides nothing). One record is
 *
 *   record := type number, then its fields in the order of `encodeRecord`
 *
 * in the encoding of base/bytes.ts. A type is never given another meaning or other fields; what is new gets a new number,
 * and a journal with an unknown one is refused.
 */
export type JournalRecord =
  /** Makes the directory and what is missing above it. */
  | { readonly type: 'mkdir'; readonly path: string; readonly time: number; readonly owner: Owner }
  /** Opens a file to one writer. `path` is empty for a detached file. Not visible before `complete`. */
  | {
      readonly type: 'create'
      readonly file: FileId
      readonly path: string
      readonly replication: number
      readonly blockSize: number
      readonly overwrite: boolean
      /** Identity of the writer's process. */
      readonly holder: string
      readonly time: number
      readonly owner: Owner
    }
  /** Adds an empty block; the one before it now has its final length. */
  | {
      readonly type: 'addBlock'
      readonly file: FileId
      readonly block: BlockId
      readonly generation: GenerationStamp
      readonly previousLength: number
    }
  /** The file is whole: a named one becomes visible, in place of what stood there; a detached one is sealed. */
  | { readonly type: 'complete'; readonly file: FileId; readonly lastLength: number; readonly time: number }
  | { readonly type: 'abandon'; readonly file: FileId }
  | { readonly type: 'delete'; readonly path: string; readonly time: number }
  | { readonly type: 'rename'; readonly from: string; readonly to: string; readonly time: number }
  | {
      readonly type: 'setTimes'
      readonly path: string
      readonly modificationTime: number
      readonly accessTime: number
    }
  | { readonly type: 'setReplication'; readonly path: string; readonly replication: number }
  /** The job commit: replaces whatever stands at `directory` by a directory with these sealed files. */
  | {
      readonly type: 'publish'
      readonly directory: string
      readonly files: readonly { readonly name: string; readonly file: FileId }[]
      readonly time: number
      readonly owner: Owner
    }

export interface Owner {
  readonly user: string
  readonly group: string
}

const typeNumber = {
  mkdir: 1,
  create: 2,
  addBlock: 3,
  complete: 4,
  abandon: 5,
  delete: 6,
  rename: 7,
  setTimes: 8,
  setReplication: 9,
  publish: 10,
} as const satisfies Record<JournalRecord['type'], number>

export function encodeRecord(record: JournalRecord, out: ByteWriter): void {
  out.number(typeNumber[record.type])
  switch (record.type) {
    case 'mkdir':
      out.text(record.path)
      out.number(record.time)
      encodeOwner(record.owner, out)
      return
    case 'create':
      out.number(record.file)
      out.text(record.path)
      out.number(record.replication)
      out.number(record.blockSize)
      out.number(record.overwrite ? 1 : 0)
      out.text(record.holder)
      out.number(record.time)
      encodeOwner(record.owner, out)
      return
    case 'addBlock':
      out.number(record.file)
      out.number(record.block)
      out.number(record.generation)
      out.number(record.previousLength)
      return
    case 'complete':
      out.number(record.file)
      out.number(record.lastLength)
      out.number(record.time)
      return
    case 'abandon':
      out.number(record.file)
      return
    case 'delete':
      out.text(record.path)
      out.number(record.time)
      return
    case 'rename':
      out.text(record.from)
      out.text(record.to)
      out.number(record.time)
      return
    case 'setTimes':
      out.text(record.path)
      out.number(record.modificationTime)
      out.number(record.accessTime)
      return
    case 'setReplication':
      out.text(record.path)
      out.number(record.replication)
      return
    case 'publish':
      out.text(record.directory)
      out.number(record.files.length)
      for (const { name, file } of record.files) {
        out.text(name)
        out.number(file)
      }
      out.number(record.time)
      encodeOwner(record.owner, out)
      return
  }
}

/** Throws MalformedBytes. */
export function decodeRecord(input: ByteReader): JournalRecord {
  const type = input.number()
  switch (type) {
    case typeNumber.mkdir:
      return { type: 'mkdir', path: path(input), time: input.number(), owner: decodeOwner(input) }
    case typeNumber.create:
      return {
        type: 'create',
        file: fileId(input.number()),
        path: path(input),
        replication: input.number(limits.replicationMax),
        blockSize: input.number(limits.blockSizeMax),
        overwrite: input.number(1) === 1,
        holder: input.text(ownerBytesMax),
        time: input.number(),
        owner: decodeOwner(input),
      }
    case typeNumber.addBlock:
      return {
        type: 'addBlock',
        file: fileId(input.number()),
        block: blockId(input.number()),
        generation: generationStamp(input.number()),
        previousLength: input.number(limits.blockSizeMax),
      }
    case typeNumber.complete:
      return {
        type: 'complete',
        file: fileId(input.number()),
        lastLength: input.number(limits.blockSizeMax),
        time: input.number(),
      }
    case typeNumber.abandon:
      return { type: 'abandon', file: fileId(input.number()) }
    case typeNumber.delete:
      return { type: 'delete', path: path(input), time: input.number() }
    case typeNumber.rename:
      return { type: 'rename', from: path(input), to: path(input), time: input.number() }
    case typeNumber.setTimes:
      return {
        type: 'setTimes',
        path: path(input),
        modificationTime: input.number(),
        accessTime: input.number(),
      }
    case typeNumber.setReplication:
      return { type: 'setReplication', path: path(input), replication: input.number(limits.replicationMax) }
    case typeNumber.publish: {
      const directory = path(input)
      const count = input.number(limits.directoryEntriesMax)
      const files: { name: string; file: FileId }[] = []
      for (let i = 0; i < count; i++) {
        files.push({ name: input.text(limits.nameBytesMax), file: fileId(input.number()) })
      }
      return { type: 'publish', directory, files, time: input.number(), owner: decodeOwner(input) }
    }
    default:
      throw new MalformedBytes(`unknown record type ${type}; a newer version may have written it`)
  }
}

/** The record alone, in its own bytes. */
export function recordBytes(record: JournalRecord): Buffer {
  const out = new ByteWriter(128)
  encodeRecord(record, out)
  return out.bytes()
}

export const ownerBytesMax = 512

function encodeOwner(owner: Owner, out: ByteWriter): void {
  out.text(owner.user)
  out.text(owner.group)
}

function decodeOwner(input: ByteReader): Owner {
  return { user: input.text(ownerBytesMax), group: input.text(ownerBytesMax) }
}

const path = (input: ByteReader): string => input.text(limits.pathBytesMax)
