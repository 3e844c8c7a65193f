import { type ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { limits } from '../base/config.ts'
import { DfsError } from '../base/errors.ts'
import { blockId, fileId, generationStamp } from '../base/ids.ts'
import type { JournalRecord, Making, Owner } from './record-types.ts'

export type { JournalRecord, Making, Owner, QuotaLimits } from './record-types.ts'

/**
 * How the changes of the namespace (record-types.ts) are written down. One record is
 *
 *   record := type number, then its fields in the order of `encodeRecord`
 *
 * in the encoding of base/bytes.ts. A type is never given another meaning or other fields; what is new gets a new number,
 * and a journal with an unknown one is refused. Numbers 1, 2 and 10 (mkdir, create and publish without permissions) are
 * read and no longer written; what they made got 755, or 644 where it was a file.
 */
const typeNumber = {
  addBlock: 3,
  complete: 4,
  abandon: 5,
  delete: 6,
  rename: 7,
  setTimes: 8,
  setReplication: 9,
  mkdir: 11,
  create: 12,
  publish: 13,
  setPermission: 15,
  setOwner: 16,
  reopen: 17,
  newGeneration: 18,
  concat: 19,
  setQuota: 20,
  allowSnapshot: 21,
  disallowSnapshot: 22,
  createSnapshot: 23,
  deleteSnapshot: 24,
  renameSnapshot: 25,
  answer: 26,
} as const satisfies Record<JournalRecord['type'], number>

/** A rename that replaces what stands at its target; the others never meet anything there. */
const renameOver = 14
const old = { mkdir: 1, create: 2, publish: 10 } as const

const permissionMax = 0o1777
/** JSON text of one answer: the longest names a block to be written again, with where its replicas lie. */
export const answerBytesMax = 64 * 1024
export const clientBytesMax = 128
export const ownerBytesMax = 512

/** Throws DFS_BAD_ARGUMENT for a text that is longer than `decodeRecord` would take: what is written can be read. */
export function encodeRecord(record: JournalRecord, out: ByteWriter): void {
  out.number(record.type === 'rename' && record.overwrite ? renameOver : typeNumber[record.type])
  switch (record.type) {
    case 'mkdir':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      out.number(record.time)
      encodeMaking(record, out)
      return
    case 'create':
      out.number(record.file)
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      numbers(out, record.replication, record.blockSize, record.overwrite ? 1 : 0)
      bounded(record.holder, ownerBytesMax, 'a holder', out)
      out.number(record.time)
      encodeMaking(record, out)
      return
    case 'reopen':
      out.number(record.file)
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      out.number(record.keep)
      bounded(record.holder, ownerBytesMax, 'a holder', out)
      return
    case 'addBlock':
      numbers(out, record.file, record.block, record.generation, record.previousLength)
      return
    case 'newGeneration':
      numbers(out, record.file, record.block, record.generation)
      return
    case 'complete':
      numbers(out, record.file, record.lastLength, record.time)
      return
    case 'abandon':
      out.number(record.file)
      return
    case 'delete':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      out.number(record.time)
      return
    case 'rename':
      bounded(record.from, limits.pathBytesMax, 'a path', out)
      bounded(record.to, limits.pathBytesMax, 'a path', out)
      out.number(record.time)
      return
    case 'publish':
      bounded(record.directory, limits.pathBytesMax, 'a path', out)
      out.number(record.files.length)
      for (const { name, file } of record.files) {
        bounded(name, limits.nameBytesMax, 'a name', out)
        out.number(file)
      }
      out.number(record.time)
      encodeMaking(record, out)
      return
    case 'concat':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      out.number(record.sources.length)
      for (const source of record.sources) bounded(source, limits.pathBytesMax, 'a path', out)
      out.number(record.time)
      return
    case 'setTimes':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      numbers(out, record.modificationTime, record.accessTime)
      return
    case 'setReplication':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      out.number(record.replication)
      return
    case 'setPermission':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      out.number(record.permission)
      return
    case 'setOwner':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      encodeOwner(record.owner, out)
      return
    case 'setQuota':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      encodeOptional(record.names, out)
      encodeOptional(record.space, out)
      return
    case 'allowSnapshot':
    case 'disallowSnapshot':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      return
    case 'createSnapshot':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      bounded(record.name, limits.nameBytesMax, 'a name', out)
      numbers(out, record.id, record.time)
      return
    case 'deleteSnapshot':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      bounded(record.name, limits.nameBytesMax, 'a name', out)
      out.number(record.time)
      return
    case 'renameSnapshot':
      bounded(record.path, limits.pathBytesMax, 'a path', out)
      bounded(record.from, limits.nameBytesMax, 'a name', out)
      bounded(record.to, limits.nameBytesMax, 'a name', out)
      out.number(record.time)
      return
    case 'answer':
      bounded(record.client, clientBytesMax, 'a client', out)
      out.number(record.sequence)
      bounded(record.answer, answerBytesMax, 'an answer', out)
      out.number(record.time)
      return
  }
}

/** Throws MalformedBytes. */
export function decodeRecord(input: ByteReader): JournalRecord {
  const type = input.number()
  switch (type) {
    case old.mkdir:
    case typeNumber.mkdir:
      return {
        type: 'mkdir',
        path: path(input),
        time: input.number(),
        ...decodeMaking(input, type === old.mkdir ? 0o755 : undefined),
      }
    case old.create:
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
        ...decodeMaking(input, type === old.create ? 0o644 : undefined),
      }
    case typeNumber.reopen:
      return {
        type: 'reopen',
        file: fileId(input.number()),
        path: path(input),
        keep: input.number(limits.blocksPerFileMax),
        holder: input.text(ownerBytesMax),
      }
    case typeNumber.addBlock:
      return {
        type: 'addBlock',
        file: fileId(input.number()),
        block: blockId(input.number()),
        generation: generationStamp(input.number()),
        previousLength: input.number(limits.blockSizeMax),
      }
    case typeNumber.newGeneration:
      return {
        type: 'newGeneration',
        file: fileId(input.number()),
        block: blockId(input.number()),
        generation: generationStamp(input.number()),
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
    case renameOver:
      return {
        type: 'rename',
        from: path(input),
        to: path(input),
        overwrite: type === renameOver,
        time: input.number(),
      }
    case old.publish:
    case typeNumber.publish:
      return {
        type: 'publish',
        directory: path(input),
        files: list(input, limits.directoryEntriesMax, () => ({ name: name(input), file: fileId(input.number()) })),
        time: input.number(),
        ...decodeMaking(input, type === old.publish ? 0o755 : undefined),
      }
    case typeNumber.concat:
      return {
        type: 'concat',
        path: path(input),
        sources: list(input, limits.blocksPerFileMax, () => path(input)),
        time: input.number(),
      }
    case typeNumber.setTimes:
      return { type: 'setTimes', path: path(input), modificationTime: input.number(), accessTime: input.number() }
    case typeNumber.setReplication:
      return { type: 'setReplication', path: path(input), replication: input.number(limits.replicationMax) }
    case typeNumber.setPermission:
      return { type: 'setPermission', path: path(input), permission: input.number(permissionMax) }
    case typeNumber.setOwner:
      return { type: 'setOwner', path: path(input), owner: decodeOwner(input) }
    case typeNumber.setQuota:
      return { type: 'setQuota', path: path(input), names: decodeOptional(input), space: decodeOptional(input) }
    case typeNumber.allowSnapshot:
      return { type: 'allowSnapshot', path: path(input) }
    case typeNumber.disallowSnapshot:
      return { type: 'disallowSnapshot', path: path(input) }
    case typeNumber.createSnapshot:
      return {
        type: 'createSnapshot',
        path: path(input),
        name: name(input),
        id: input.number(),
        time: input.number(),
      }
    case typeNumber.deleteSnapshot:
      return { type: 'deleteSnapshot', path: path(input), name: name(input), time: input.number() }
    case typeNumber.renameSnapshot:
      return {
        type: 'renameSnapshot',
        path: path(input),
        from: name(input),
        to: name(input),
        time: input.number(),
      }
    case typeNumber.answer:
      return {
        type: 'answer',
        client: input.text(clientBytesMax),
        sequence: input.number(),
        answer: input.text(answerBytesMax),
        time: input.number(),
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

function bounded(text: string, bytesMax: number, what: string, out: ByteWriter): void {
  // A text of n UTF-16 units is n to 3n bytes long, so most need no counting.
  if (text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax) {
    throw new DfsError(
      'DFS_BAD_ARGUMENT',
      `${what} of ${Buffer.byteLength(text)} bytes is over its limit of ${bytesMax}`,
    )
  }
  out.text(text)
}

function numbers(out: ByteWriter, ...values: readonly number[]): void {
  for (const value of values) out.number(value)
}

/** 0 for what is not there, else one more than the value. */
export function encodeOptional(value: number | undefined, out: ByteWriter): void {
  out.number(value === undefined ? 0 : value + 1)
}

export function decodeOptional(input: ByteReader): number | undefined {
  const value = input.number()
  return value === 0 ? undefined : value - 1
}

function encodeMaking({ owner, permission, parentPermission }: Making, out: ByteWriter): void {
  encodeOwner(owner, out)
  out.number(permission)
  out.number(parentPermission)
}

/** `before`: the permission where the record is of a type that has none. */
function decodeMaking(input: ByteReader, before: number | undefined): Making {
  const owner = decodeOwner(input)
  if (before !== undefined) return { owner, permission: before, parentPermission: 0o755 }
  return { owner, permission: input.number(permissionMax), parentPermission: input.number(permissionMax) }
}

export function encodeOwner(owner: Owner, out: ByteWriter): void {
  bounded(owner.user, ownerBytesMax, 'an owner', out)
  bounded(owner.group, ownerBytesMax, 'a group', out)
}

export function decodeOwner(input: ByteReader): Owner {
  return { user: input.text(ownerBytesMax), group: input.text(ownerBytesMax) }
}

const path = (input: ByteReader): string => input.text(limits.pathBytesMax)
const name = (input: ByteReader): string => input.text(limits.nameBytesMax)

function list<T>(input: ByteReader, max: number, item: () => T): T[] {
  const count = input.number(max)
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(item())
  return items
}
