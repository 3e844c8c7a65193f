import { MrError } from '../base/errors.ts'
import { Descending } from './descending.ts'
import { FIELD_BYTES_MAX, kind } from './kind.ts'
import { Text } from './text.ts'

const scratchFloat = new DataView(new ArrayBuffer(8))
const INT_MAX = 0x3fffffff
const NAN_BITS = 0x7ff8000000000000n

/**
 * Encodes one key or value at a time into a buffer of its own; the grammar is in kind.ts. After `key()` or `value()`
 * the payload is `bytes[0, length)` and the kind is what the call returned, until the next call.
 */
export class Encoder {
  bytes: Buffer = Buffer.allocUnsafeSlow(4096)
  length = 0

  /** Throws MR_USER_CODE for what can not be a key, MR_RECORD_TOO_LARGE over the limit. */
  key(key: unknown): number {
    this.length = 0
    return this.scalarOrTuple(key, 'key')
  }

  value(value: unknown): number {
    this.length = 0
    if (value === undefined) return kind.Absent
    if (typeof value === 'number') {
      // -0 has to keep its sign, so it is not an Int.
      if (Number.isInteger(value) && value >= -INT_MAX && value <= INT_MAX && !Object.is(value, -0)) {
        this.int(value)
        return kind.Int
      }
      this.number(value, true)
      return kind.Number
    }
    if (typeof value === 'object' && value !== null && !(value instanceof Text) && !(value instanceof Uint8Array)) {
      if (Array.isArray(value) && value.every(isTupleItem)) {
        this.tupleItems(value)
        return kind.Tuple
      }
      return this.json(value)
    }
    return this.scalarOrTuple(value, 'value')
  }

  /** An unfinished aggregate's bytes, as they are. */
  partial(bytes: Uint8Array): number {
    return this.raw(kind.Partial, bytes, 0, bytes.length)
  }

  /** A payload that is encoded already. */
  raw(kindOfField: number, bytes: Uint8Array, start: number, end: number): number {
    this.length = 0
    this.append(bytes, start, end)
    return kindOfField
  }

  private scalarOrTuple(key: unknown, role: 'key' | 'value'): number {
    switch (typeof key) {
      case 'string':
        this.string(key)
        return kind.Text
      case 'number':
        this.number(key, false)
        return kind.Number
      case 'bigint':
        this.bigint(key)
        return kind.BigInt
      case 'boolean':
        return key ? kind.True : kind.False
      case 'object':
        if (key === null) return kind.Null
        if (key instanceof Text) {
          this.append(key.buffer, key.start, key.end)
          return kind.Text
        }
        if (key instanceof Uint8Array) {
          this.append(key, 0, key.length)
          return kind.Text
        }
        if (Array.isArray(key)) {
          this.tupleItems(key)
          return kind.Tuple
        }
        if (key instanceof Descending && role === 'key') {
          this.descending(key.value)
          return kind.Descending
        }
        break
      default:
    }
    throw new MrError(
      'MR_USER_CODE',
      `emit was given ${describe(key)} as a ${role}; a ${role} is a Text, string, number, bigint, boolean, null, bytes` +
        `${role === 'key' ? ', or an array of these' : ', an array, or a plain object'}`,
    )
  }

  private room(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    if (needed > FIELD_BYTES_MAX) {
      throw new MrError(
        'MR_RECORD_TOO_LARGE',
        `a key or value of ${needed} bytes was emitted; the limit is ${FIELD_BYTES_MAX} bytes (64 MiB)`,
      )
    }
    // Never more than the limit, or what fits now would not be asked for its length.
    const grown = Buffer.allocUnsafeSlow(Math.min(FIELD_BYTES_MAX, Math.max(needed, this.bytes.length * 2)))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  private string(text: string): void {
    // Three bytes a UTF-16 unit is the most UTF-8 needs; measuring first would read the string twice.
    const most = text.length * 3
    this.room(most > 65536 ? Buffer.byteLength(text) : most)
    this.length += this.bytes.write(text, this.length, 'utf8')
  }

  private append(from: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.room(length)
    if (length < 32) for (let i = 0; i < length; i++) this.bytes[this.length + i] = from[start + i] ?? 0
    else this.bytes.set(from.subarray(start, end), this.length)
    this.length += length
  }

  private int(value: number): void {
    this.room(5)
    let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
    while (zigzag >= 128) {
      this.bytes[this.length++] = (zigzag & 127) | 128
      zigzag >>>= 7
    }
    this.bytes[this.length++] = zigzag
  }

  private number(value: number, keepZeroSign: boolean): void {
    this.room(8)
    scratchFloat.setFloat64(0, value === 0 && !keepZeroSign ? 0 : value)
    // There are many NaNs, some of them negative; a key has to be one, and last.
    if (Number.isNaN(value)) scratchFloat.setBigUint64(0, NAN_BITS)
    let high = scratchFloat.getUint32(0)
    let low = scratchFloat.getUint32(4)
    if (high >>> 31 === 1) {
      high = ~high >>> 0
      low = ~low >>> 0
    } else high = (high | 0x80000000) >>> 0
    this.length = this.bytes.writeUInt32BE(high, this.length)
    this.length = this.bytes.writeUInt32BE(low, this.length)
  }

  private bigint(value: bigint): void {
    const negative = value < 0n
    let hex = (negative ? -value : value).toString(16)
    if (hex.length % 2 === 1) hex = `0${hex}`
    const width = value === 0n ? 0 : hex.length / 2
    this.room(5 + width)
    const start = this.length + 1
    this.bytes[this.length] = negative ? 0 : 1
    this.bytes.writeUInt32BE(width, start)
    if (width > 0) this.bytes.write(hex, start + 4, 'hex')
    this.length = start + 4 + width
    if (negative) for (let i = start; i < this.length; i++) this.bytes[i] = ~(this.bytes[i] ?? 0) & 255
  }

  private tupleItems(items: readonly unknown[]): void {
    for (const item of items) this.item(item)
    this.room(1)
    this.bytes[this.length++] = 0
  }

  /** Kind and payload, closed where the payload does not say itself where it ends. */
  private item(item: unknown): void {
    this.room(1)
    const at = this.length++
    const itemKind = item === undefined ? kind.Null : this.scalarOrTuple(item, 'key')
    this.bytes[at] = itemKind
    if (itemKind === kind.Text) this.escape(at + 1)
  }

  private descending(value: unknown): void {
    const start = this.length
    this.item(value)
    for (let i = start; i < this.length; i++) this.bytes[i] = ~(this.bytes[i] ?? 0) & 255
  }

  /** Escapes the text just written from `start` in place, and closes it. */
  private escape(start: number): void {
    let zeros = 0
    for (let i = start; i < this.length; i++) if (this.bytes[i] === 0) zeros++
    this.room(zeros + 2)
    let to = this.length + zeros
    if (zeros > 0) {
      for (let i = this.length - 1, at = to - 1; i >= start; i--) {
        const byte = this.bytes[i] ?? 0
        if (byte === 0) this.bytes[at--] = 0xff
        this.bytes[at--] = byte
      }
    }
    this.bytes[to++] = 0
    this.bytes[to++] = 0
    this.length = to
  }

  private json(value: object): number {
    let text: string | undefined
    try {
      text = JSON.stringify(value, asJson)
    } catch (cause) {
      throw new MrError('MR_USER_CODE', `emit was given a value that is not JSON: ${String(cause)}`, { cause })
    }
    if (text === undefined) {
      throw new MrError('MR_USER_CODE', `emit was given ${describe(value)} as a value, which JSON can not hold`)
    }
    // A Date, a boxed number: what is no object in JSON is a value of its own kind.
    if (!text.startsWith('{') && !text.startsWith('[')) return this.value(JSON.parse(text))
    this.string(text)
    return kind.Json
  }
}

/** What JSON has no form for. */
function asJson(_name: string, item: unknown): unknown {
  if (item instanceof Descending) throw new TypeError('desc() turns the order of a key round, and a value has none')
  return typeof item === 'bigint' ? item.toString() : item
}

/** Whether a tuple can hold it: everything but objects. */
export function isTupleItem(item: unknown): boolean {
  if (Array.isArray(item)) return item.every(isTupleItem)
  return typeof item !== 'object' || item === null || item instanceof Text || item instanceof Uint8Array
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'null-prototype object'}`
  return `a ${typeof value}`
}

/**
 * Where field number `fields` of the tuple payload at [start, end) begins: the end of the fields before it. A tuple with
 * fewer has its closing zero in the prefix, so that it agrees with none that goes on.
 */
export function tuplePrefixEnd(bytes: Uint8Array, start: number, end: number, fields: number): number {
  let at = start
  for (let i = 0; i < fields; i++) {
    if (at >= end || bytes[at] === 0) return end
    at = tupleItemEnd(bytes, at)
  }
  return at
}

/** Whether an encoded key is null, or a tuple with a null in it. */
export function holdsNullItem(bytes: Uint8Array, kindOfKey: number, start: number, end: number): boolean {
  if (kindOfKey === kind.Null) return true
  // Only one byte says "null" whichever way round it sorts.
  if (kindOfKey === kind.Descending) return bytes[start] === (~kind.Null & 255)
  if (kindOfKey !== kind.Tuple) return false
  for (let at = start; at < end && bytes[at] !== 0; at = tupleItemEnd(bytes, at)) {
    if (holdsNullItem(bytes, bytes[at] ?? 0, at + 1, end)) return true
  }
  return false
}

/** Whether an encoded key sorts the other way round, wholly or in one of its fields. */
export function holdsDescending(bytes: Uint8Array, kindOfKey: number, start: number, end: number): boolean {
  if (kindOfKey !== kind.Tuple) return kindOfKey === kind.Descending
  for (let at = start; at < end && bytes[at] !== 0; at = tupleItemEnd(bytes, at)) {
    if (holdsDescending(bytes, bytes[at] ?? 0, at + 1, end)) return true
  }
  return false
}

/** Where the item (kind and payload) at `start` of a tuple ends. `flip` is 255 inside what is descending. */
export function tupleItemEnd(bytes: Uint8Array, start: number, flip = 0): number {
  let at = start + 1
  const byteAt = (i: number): number => (bytes[i] ?? 0) ^ flip
  switch (byteAt(start)) {
    case kind.Number:
      return at + 8
    case kind.BigInt: {
      const sign = byteAt(at) === 0 ? 255 : 0
      let width = 0
      for (let i = 1; i <= 4; i++) width = width * 256 + (byteAt(at + i) ^ sign)
      return at + 5 + width
    }
    case kind.Text:
      while (at < bytes.length && !(byteAt(at) === 0 && byteAt(at + 1) === 0)) at += byteAt(at) === 0 ? 2 : 1
      return at + 2
    case kind.Tuple:
      while (at < bytes.length && byteAt(at) !== 0) at = tupleItemEnd(bytes, at, flip)
      return at + 1
    case kind.Descending:
      return tupleItemEnd(bytes, at, flip ^ 255)
    default:
      return at
  }
}
