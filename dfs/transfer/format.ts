import { DfsError } from '../base/errors.ts'
import { type BlockId, type DatanodeId, datanodeId, type GenerationStamp } from '../base/ids.ts'
import type { TargetAddress } from '../rpc/datanode-protocol.ts'

/**
 * Blocks on the wire, behind a hello (rpc/hello.ts) whose purpose says what follows.
 *
 * write, downstream: client -> datanode -> datanode …
 *   packet := 'D' | 0 (3) | bytes u32 | position u64 in the block | CRC-32 u32 of each chunk | the bytes
 *   offer  := 'M' | 0 (3) | bytes u32 | 0 u64 | JSON {name, bytes, slotBytes}   memory that both may have
 *   shared := 'S' | slot u8 | 0 (2) | bytes u32 | position u64 | CRC-32 u32 of each chunk    a packet whose bytes lie there
 *   end    := 'E' | 0 (3) | 0 u32     | length u64                   the block is whole: make it durable
 *   drop   := 'X' | 0 (3) | 0 u32     | 0 u64                        nobody wants it any more
 * write, upstream
 *   ack       := 'A' | 0 (3) | 0 u32 | position u64     every datanode from here on has what is before
 *   answer    := 'M' | 0 (3) | 0 u32 | 1 u64 when the offer is taken, else 0
 *   alive     := 'L' | 0 (3) | 0 u32 | 0 u64            each `aliveMillis` of the hello, so that silence means a stopped process
 *   failed    := 'F' | 0 (3) | bytes u32 | 0 u64 | JSON {datanode, code, message}
 *   committed := 'C' | 0 (3) | bytes u32 | 0 u64 | JSON {stored: [datanode], failed: [{datanode, code, message}]}
 * read
 *   ask   := position u64 | bytes u32 | 0 u32
 *   piece := 'D' | 0 (3) | bytes u32 | CRC-32 u32 of them | 0 u32 | the bytes       or failed
 *
 * All little-endian; every head is 16 bytes. Packets are whole chunks but for the last of a block.
 */
export const headBytes = 16
export const kinds = {
  data: 0x44,
  shared: 0x53,
  segment: 0x4d,
  end: 0x45,
  drop: 0x58,
  ack: 0x41,
  alive: 0x4c,
  failed: 0x46,
  committed: 0x43,
} as const

/** What follows a head at most, when it is JSON. */
export const noticeBytesMax = 64 * 1024
/** The data of one packet at most. */
export const packetBytesMax = 16 * 1024 * 1024
/** Packets that lie in shared memory at the same time: as many as a client has on their way. */
export const slotsMax = 4

/** Silence after which the other side is taken for stopped. */
export const silenceMillis = 3000
export const connectMillis = 2000

/** What a hello for writing asks for. */
export interface WriteRequest {
  readonly block: BlockId
  readonly generation: GenerationStamp
  readonly chunkBytes: number
  /** Those behind the one asked. */
  readonly targets: readonly TargetAddress[]
  /** Goes on with what was written before, up to there; everyone has it. */
  readonly resumeAt: number
}

export interface Failure {
  readonly datanode: DatanodeId
  readonly code: string
  readonly message: string
}

export interface Committed {
  readonly stored: readonly DatanodeId[]
  readonly failed: readonly Failure[]
}

export function encodeHead(kind: number, bytes: number, position: number): Buffer {
  const head = Buffer.alloc(headBytes)
  writeHead(head, kind, bytes, position)
  return head
}

export function writeHead(head: Buffer, kind: number, bytes: number, position: number): void {
  head.writeUInt32LE(kind, 0)
  head.writeUInt32LE(bytes, 4)
  head.writeUInt32LE(position % 0x1_0000_0000, 8)
  head.writeUInt32LE(Math.floor(position / 0x1_0000_0000), 12)
}

export const positionOf = (head: Buffer): number => head.readUInt32LE(8) + head.readUInt32LE(12) * 0x1_0000_0000

export interface Head {
  readonly kind: number
  /** Of a packet in shared memory. */
  readonly slot: number
  readonly bytes: number
  readonly position: number
}

/** DFS_PROTOCOL when what follows would be more than `bytesMax`. */
export function decodeHead(head: Buffer, bytesMax: number, peer: string): Head {
  const kind = head.readUInt8(0)
  const slot = head.readUInt8(1)
  const bytes = head.readUInt32LE(4)
  const position = positionOf(head)
  if (bytes > bytesMax || !Number.isSafeInteger(position) || head.readUInt16LE(2) !== 0 || slot >= slotsMax) {
    throw new DfsError(
      'DFS_PROTOCOL',
      `${peer} announced ${bytes} bytes at ${position}; at most ${bytesMax} were expected`,
    )
  }
  return { kind, slot, bytes, position }
}

/** A head with JSON behind it. */
export function encodeNotice(kind: number, notice: object): Buffer {
  const text = Buffer.from(JSON.stringify(notice))
  return Buffer.concat([encodeHead(kind, text.length, 0), text])
}

/** Memory offered by the sender of a block. */
export interface SegmentOffer {
  readonly name: string
  readonly bytes: number
  readonly slotBytes: number
}

export function parseOffer(notice: Buffer, peer: string): SegmentOffer {
  const { name, bytes, slotBytes }: { name?: unknown; bytes?: unknown; slotBytes?: unknown } = parseNotice(notice, peer)
  const sizes = typeof bytes === 'number' && typeof slotBytes === 'number' && bytes === slotBytes * slotsMax
  if (typeof name !== 'string' || !sizes || !Number.isSafeInteger(slotBytes) || slotBytes > packetBytesMax) {
    throw new DfsError('DFS_PROTOCOL', `${peer} offered memory without saying what`)
  }
  return { name, bytes, slotBytes }
}

/** The head of a packet whose bytes lie in shared memory, from that it would have had. */
export function sharedHead(head: Buffer, slot: number): Buffer {
  const shared = Buffer.from(head)
  shared.writeUInt8(kinds.shared, 0)
  shared.writeUInt8(slot, 1)
  return shared
}

/** The head as it goes on to the next one, who may share no memory with this. */
export function dataHead(head: Buffer): Buffer {
  const plain = Buffer.from(head)
  plain.writeUInt32LE(kinds.data, 0)
  return plain
}

/** Undefined for what is no failure. */
export function parseFailure(value: unknown): Failure | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { datanode, code, message }: { datanode?: unknown; code?: unknown; message?: unknown } = value
  if (typeof datanode !== 'string' || typeof code !== 'string' || typeof message !== 'string') return undefined
  return { datanode: datanodeId(datanode), code, message }
}

export function parseFailed(notice: Buffer, peer: string): Failure {
  const failed = parseFailure(parseNotice(notice, peer))
  if (failed === undefined) throw new DfsError('DFS_PROTOCOL', `${peer} sent a failure without a datanode`)
  return failed
}

export function parseCommitted(notice: Buffer, peer: string): Committed {
  const { stored, failed }: { stored?: unknown; failed?: unknown } = parseNotice(notice, peer)
  if (!Array.isArray(stored) || !Array.isArray(failed)) {
    throw new DfsError('DFS_PROTOCOL', `${peer} did not say who has stored the block`)
  }
  return {
    stored: stored.map((id: unknown) => datanodeId(String(id))),
    failed: failed.flatMap((failure: unknown) => parseFailure(failure) ?? []),
  }
}

function parseNotice(notice: Buffer, peer: string): object {
  try {
    const value: unknown = JSON.parse(notice.toString('utf8'))
    if (typeof value === 'object' && value !== null) return value
  } catch (error) {
    throw new DfsError('DFS_PROTOCOL', `${peer} sent a notice that is no JSON`, { cause: error })
  }
  throw new DfsError('DFS_PROTOCOL', `${peer} sent a notice that is no object`)
}
