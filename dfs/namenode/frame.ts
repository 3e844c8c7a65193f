import { checksum } from '../base/checksum.ts'
import { limits } from '../base/config.ts'

/**
 * The envelope of journal and image. A file is a header and then frames:
 *
 *   header  := magic (4) | version u32 | first txid u64 | CRC-32 u32 of the 16 bytes before
 *   frame   := magic (4) | payload length u32 | records u32 | txid u64 of the first record | crc u32 | payload | ~crc u32
 *   crc     := CRC-32 of the frame's bytes 4..20 and the payload
 *
 * All little-endian. A journal frame is one group commit: it is written by one write, and the next one only after it was
 * synced, so only the last frame of a file can be torn. The checksum stands twice, the second time inverted and at the very
 * end, and that is what tells a torn frame from a damaged one: a torn frame lacks its end, a frame that has its end was
 * written whole, so if it does not fit its checksum it has been changed since.
 */
export const formatVersion = 2
/** Version 1 lacks records and image entries of later numbers, and nothing else is different. */
const oldestVersion = 1
export const headerBytes = 20
const frameMagic = 0x464e5551 // "QUNF"
export const frameHeadBytes = 24
export const frameTailBytes = 4
export const magics = { journal: 0x4c4e5551, image: 0x4d4e5551 } as const // "QUNL", "QUNM"

export interface Frame {
  readonly firstTxid: number
  readonly records: number
  readonly payload: Buffer
  /** Offset in the file just behind it. */
  readonly end: number
}

export function encodeHeader(kind: keyof typeof magics, firstTxid: number): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt32LE(magics[kind], 0)
  header.writeUInt32LE(formatVersion, 4)
  header.writeBigUInt64LE(BigInt(firstTxid), 8)
  header.writeUInt32LE(checksum(header.subarray(0, 16)), 16)
  return header
}

export type HeaderResult =
  | { readonly ok: true; readonly firstTxid: number }
  | { readonly ok: false; readonly why: 'short' | 'damaged' }
  | { readonly ok: false; readonly why: 'version'; readonly version: number }

export function decodeHeader(kind: keyof typeof magics, file: Buffer): HeaderResult {
  if (file.length < headerBytes) return { ok: false, why: 'short' }
  if (file.readUInt32LE(16) !== checksum(file.subarray(0, 16))) return { ok: false, why: 'damaged' }
  if (file.readUInt32LE(0) !== magics[kind]) return { ok: false, why: 'damaged' }
  const version = file.readUInt32LE(4)
  if (version < oldestVersion || version > formatVersion) return { ok: false, why: 'version', version }
  return { ok: true, firstTxid: Number(file.readBigUInt64LE(8)) }
}

export function encodeFrame(firstTxid: number, records: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + payload.length + frameTailBytes)
  frame.writeUInt32LE(frameMagic, 0)
  frame.writeUInt32LE(payload.length, 4)
  frame.writeUInt32LE(records, 8)
  frame.writeBigUInt64LE(BigInt(firstTxid), 12)
  frame.set(payload, frameHeadBytes)
  const crc = checksum(payload, checksum(frame.subarray(4, 20)))
  frame.writeUInt32LE(crc, 20)
  frame.writeUInt32LE(~crc >>> 0, frameHeadBytes + payload.length)
  return frame
}

/** The frame at `offset`, or undefined if there is none that fits its checksum. */
export function decodeFrame(file: Buffer, offset: number): Frame | undefined {
  if (offset + frameHeadBytes + frameTailBytes > file.length || file.readUInt32LE(offset) !== frameMagic)
    return undefined
  const length = file.readUInt32LE(offset + 4)
  const end = offset + frameHeadBytes + length + frameTailBytes
  if (length > limits.frameBytesMax || end > file.length) return undefined
  const payload = file.subarray(offset + frameHeadBytes, offset + frameHeadBytes + length)
  const crc = checksum(payload, checksum(file.subarray(offset + 4, offset + 20)))
  // Either copy will do: a flipped bit in one of them is no reason to refuse what the other vouches for.
  if (crc !== file.readUInt32LE(offset + 20) && crc !== ~file.readUInt32LE(end - frameTailBytes) >>> 0) return undefined
  const firstTxid = Number(file.readBigUInt64LE(offset + 12))
  return { firstTxid, records: file.readUInt32LE(offset + 8), payload, end }
}

/**
 * Of the bytes from `offset` on, which hold no valid frame: whether they are what a crash leaves of one last write.
 * Otherwise they were good once and are damaged.
 */
export function isTorn(file: Buffer, offset: number): boolean {
  const rest = file.length - offset
  if (rest >= frameHeadBytes + frameTailBytes) {
    const crc = file.readUInt32LE(offset + 20)
    if (file.readUInt32LE(file.length - frameTailBytes) === ~crc >>> 0) return false
  }
  return nextFrame(file, offset + 1) === undefined
}

/** The offset of the next valid frame at or behind `from`. */
function nextFrame(file: Buffer, from: number): number | undefined {
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(frameMagic)
  for (let at = file.indexOf(magic, from); at !== -1; at = file.indexOf(magic, at + 1)) {
    if (decodeFrame(file, at) !== undefined) return at
  }
  return undefined
}
