import { tupleItemEnd } from './encode.ts'
import { kind } from './kind.ts'
import { Text } from './text.ts'
import { readVarint, varint } from './varint.ts'

/** What a decoded key or value can be. */
export type Decoded =
  | Text
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly Decoded[]
  | { readonly [name: string]: unknown }

const scratchFloat = new DataView(new ArrayBuffer(8))

/**
 * Turns encoded bytes back into keys and values. A textual one is handed out as the same Text every time, moved: good
 * until the next call of the same decoder.
 */
export class Decoder {
  private readonly view = new Text(Buffer.alloc(0), 0, 0)

  /** The key or value whose payload is `bytes[start, end)`. Aggregates in flight are the caller's to finish. */
  decode(bytes: Buffer, kindOfField: number, start: number, end: number): Decoded {
    switch (kindOfField) {
      case kind.Text:
        this.view.buffer = bytes
        this.view.start = start
        this.view.end = end
        return this.view
      case kind.Json: {
        const parsed: unknown = JSON.parse(bytes.toString('utf8', start, end))
        return isRecord(parsed) ? parsed : null
      }
      case kind.Tuple:
        return decodeTuple(bytes, start)[0]
      case kind.Descending:
        return decodeDescending(bytes, start)[0]
      default:
        return decodeScalar(bytes, kindOfField, start)
    }
  }
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null
}

/** Everything of fixed or self-delimiting size. */
function decodeScalar(bytes: Buffer, kindOfField: number, start: number): Decoded {
  switch (kindOfField) {
    case kind.Absent:
      return undefined
    case kind.Null:
      return null
    case kind.False:
      return false
    case kind.True:
      return true
    case kind.Number:
      return decodeNumber(bytes, start)
    case kind.Int:
      return decodeInt(bytes, start)
    case kind.BigInt:
      return decodeBigInt(bytes, start)
    default:
      throw new TypeError(`unknown kind ${kindOfField} in an encoded record`)
  }
}

export function decodeNumber(bytes: Buffer, start: number): number {
  const high = bytes.readUInt32BE(start)
  const low = bytes.readUInt32BE(start + 4)
  const positive = high >>> 31 === 1
  scratchFloat.setUint32(0, positive ? high & 0x7fffffff : ~high)
  scratchFloat.setUint32(4, positive ? low : ~low)
  return scratchFloat.getFloat64(0)
}

export function decodeInt(bytes: Uint8Array, start: number): number {
  readVarint(bytes, start)
  return (varint.value >>> 1) ^ -(varint.value & 1)
}

function decodeBigInt(bytes: Buffer, start: number): bigint {
  const flip = bytes[start] === 0 ? 255 : 0
  let width = 0
  for (let i = 1; i <= 4; i++) width = width * 256 + ((bytes[start + i] ?? 0) ^ flip)
  if (width === 0) return 0n
  const magnitude = Buffer.from(bytes.subarray(start + 5, start + 5 + width))
  for (let i = 0; i < width; i++) magnitude[i] = (magnitude[i] ?? 0) ^ flip
  const value = BigInt(`0x${magnitude.toString('hex')}`)
  return flip === 255 ? -value : value
}

/** The tuple whose items start at `start`, and the position after its closing zero. */
function decodeTuple(bytes: Buffer, start: number): [Decoded[], number] {
  const items: Decoded[] = []
  let at = start
  while (bytes[at] !== 0) {
    const itemKind = bytes[at++] ?? 0
    if (itemKind === kind.Tuple) {
      const [inner, next] = decodeTuple(bytes, at)
      items.push(inner)
      at = next
    } else if (itemKind === kind.Descending) {
      const [inner, next] = decodeDescending(bytes, at)
      items.push(inner)
      at = next
    } else if (itemKind === kind.Text) {
      const end = escapedEnd(bytes, at)
      items.push(Text.from(unescaped(bytes, at, end)))
      at = end + 2
    } else {
      items.push(decodeScalar(bytes, itemKind, at))
      if (itemKind === kind.Number) at += 8
      else if (itemKind === kind.BigInt) {
        const flip = bytes[at] === 0 ? 255 : 0
        let width = 0
        for (let i = 1; i <= 4; i++) width = width * 256 + ((bytes[at + i] ?? 0) ^ flip)
        at += 5 + width
      }
    }
  }
  return [items, at + 1]
}

/** What stands complemented at `start`, and the position after it. */
function decodeDescending(bytes: Buffer, start: number): [Decoded, number] {
  const end = tupleItemEnd(bytes, start, 255)
  const tuple = Buffer.alloc(end - start + 1)
  for (let i = start; i < end; i++) tuple[i - start] = ~(bytes[i] ?? 0) & 255
  return [decodeTuple(tuple, 0)[0][0], end]
}

/** Where the two zeros stand that close an escaped text. */
function escapedEnd(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && (bytes[at] !== 0 || bytes[at + 1] !== 0)) at += bytes[at] === 0 ? 2 : 1
  return at
}

function unescaped(bytes: Buffer, start: number, end: number): Buffer {
  const out = Buffer.allocUnsafe(end - start)
  let length = 0
  for (let at = start; at < end; at += bytes[at] === 0 ? 2 : 1) out[length++] = bytes[at] ?? 0
  return out.subarray(0, length)
}
