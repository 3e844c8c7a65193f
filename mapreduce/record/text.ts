import type { TokenWindow } from './token-window.ts'
import { LocalWindow } from './token-window.ts'

const TAB = 9

/**
 * A view on bytes: (buffer, start, end). The engine hands out the same few objects again and again, so a Text is good
 * for the call that hands it over; `copy()` keeps one. Nothing is decoded until `toString()` is called, and bytes that
 * are not UTF-8 stay as they are.
 */
export class Text {
  buffer: Buffer
  start: number
  end: number
  /** Word bounds found ahead of time, for records that lie in a reader's chunk. Internal. */
  window: TokenWindow | undefined
  /** The iterator of the last loop over this text, taken again once that loop is over: a record costs no object. */
  private spareWords: Words | undefined
  private spareFields: Fields | undefined

  constructor(buffer: Buffer, start: number, end: number, window?: TokenWindow) {
    this.buffer = buffer
    this.start = start
    this.end = end
    this.window = window
  }

  static from(value: string | Uint8Array): Text {
    const bytes =
      typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.length)
    return new Text(bytes, 0, bytes.length)
  }

  /** Length in bytes. */
  get length(): number {
    return this.end - this.start
  }

  /** The byte at `index`, or -1 beyond the end. */
  at(index: number): number {
    const at = this.start + index
    return index >= 0 && at < this.end ? (this.buffer[at] ?? -1) : -1
  }

  /**
   * The maximal runs of bytes other than ASCII white space (space, \t \n \v \f \r). Every turn of the loop hands out
   * the same Text, moved.
   */
  words(): Words {
    const spare = this.spareWords
    if (spare?.done) return spare.restart(this)
    const words = new Words(this)
    this.spareWords = words
    return words
  }

  /** The fields between separators (one byte or more; TAB by default); an empty text has one empty field. */
  fields(separator: string | Uint8Array | number = TAB): Fields {
    const spare = this.spareFields
    if (spare?.done) return spare.restart(this, separator)
    const fields = new Fields(this, separator)
    this.spareFields = fields
    return fields
  }

  /** Field `index` (from 0), or undefined when there are fewer. The returned Text is new and may be moved freely. */
  field(index: number, separator: string | Uint8Array | number = TAB): Text | undefined {
    const { needle, width } = fieldSeparator(separator)
    let from = this.start
    for (let i = 0; i < index; i++) {
      const at = find(this.buffer, needle, from, this.end, width)
      if (at < 0) return undefined
      from = at + width
    }
    const at = find(this.buffer, needle, from, this.end, width)
    return new Text(this.buffer, from, at < 0 ? this.end : at)
  }

  /** Position of `needle` counted from the start of this text, or -1. */
  indexOf(needle: string | Uint8Array | number, from = 0): number {
    const { needle: bytes, width } = separatorOf(needle)
    const at = find(this.buffer, bytes, this.start + Math.max(0, from), this.end, width)
    return at < 0 ? -1 : at - this.start
  }

  includes(needle: string | Uint8Array | number): boolean {
    return this.indexOf(needle) >= 0
  }

  startsWith(prefix: string | Uint8Array): boolean {
    const bytes = typeof prefix === 'string' ? Buffer.from(prefix) : prefix
    return bytes.length <= this.length && sameBytes(this.buffer, this.start, bytes, 0, bytes.length)
  }

  endsWith(suffix: string | Uint8Array): boolean {
    const bytes = typeof suffix === 'string' ? Buffer.from(suffix) : suffix
    return bytes.length <= this.length && sameBytes(this.buffer, this.end - bytes.length, bytes, 0, bytes.length)
  }

  /** A view on part of this text; negative positions count from the end. */
  slice(start = 0, end = this.length): Text {
    const length = this.length
    const from = Math.min(length, start < 0 ? Math.max(0, length + start) : start)
    const to = Math.min(length, end < 0 ? Math.max(0, length + end) : end)
    return new Text(this.buffer, this.start + from, this.start + Math.max(from, to))
  }

  /** Without ASCII white space at both ends. */
  trim(): Text {
    let { start, end } = this
    while (start < end && isSpace(this.buffer[start] ?? 0)) start++
    while (end > start && isSpace(this.buffer[end - 1] ?? 0)) end--
    return new Text(this.buffer, start, end)
  }

  equals(other: Text | string | Uint8Array): boolean {
    if (other instanceof Text) {
      return other.length === this.length && sameBytes(this.buffer, this.start, other.buffer, other.start, this.length)
    }
    const bytes = typeof other === 'string' ? Buffer.from(other) : other
    return bytes.length === this.length && sameBytes(this.buffer, this.start, bytes, 0, bytes.length)
  }

  /** Negative, zero or positive as this text sorts before, with or after `other`, by unsigned bytes. */
  compare(other: Text): number {
    return this.buffer.compare(other.buffer, other.start, other.end, this.start, this.end)
  }

  /** The decimal number the whole text spells (surrounding white space allowed), or NaN. */
  toNumber(): number {
    const { buffer, start, end } = this
    // Short plain integers without going through a string; everything else as Number() has it.
    if (end - start > 0 && end - start <= 15) {
      let at = start
      const negative = buffer[at] === 45
      if (negative) at++
      let value = 0
      let digits = 0
      for (; at < end; at++, digits++) {
        const digit = (buffer[at] ?? 0) - 48
        if (digit < 0 || digit > 9) break
        value = value * 10 + digit
      }
      if (at === end && digits > 0) return negative ? -value : value
    }
    const text = this.toString().trim()
    return text === '' ? Number.NaN : Number(text)
  }

  /** Decoded as UTF-8. */
  toString(): string {
    return this.buffer.toString('utf8', this.start, this.end)
  }

  toJSON(): string {
    return this.toString()
  }

  /** Decoded byte for byte; the fast choice where the text is known to be ASCII, and lossless for any bytes. */
  toLatin1(): string {
    return this.buffer.toString('latin1', this.start, this.end)
  }

  /** A Text with bytes of its own, safe to keep. */
  copy(): Text {
    return Text.from(this.toBytes())
  }

  /** A copy of the bytes. */
  toBytes(): Buffer {
    return Buffer.from(this.buffer.subarray(this.start, this.end))
  }
}

/** Iterates over the words of one text; it is its own iterator and its own result, so that a word costs no object. */
export class Words implements IterableIterator<Text> {
  done = false
  readonly value: Text
  private readonly window: TokenWindow
  /** The same window, when it is this iterator's own. */
  private readonly local: LocalWindow | undefined
  private limit: number
  private index: number
  private generation: number
  /** End of the last word handed out: where to go on when the window was moved by another loop. */
  private position: number

  constructor(text: Text) {
    const window = text.window ?? new LocalWindow(text.buffer, text.end)
    this.window = window
    this.local = window instanceof LocalWindow ? window : undefined
    this.limit = text.end
    this.position = text.start
    this.value = new Text(text.buffer, text.start, text.start)
    this.index = window.seek(text.start)
    this.generation = window.generation
  }

  /** Begins anew over the text it was made for, wherever that has been moved. */
  restart(text: Text): this {
    const { window, local } = this
    if (local !== undefined) {
      local.moveTo(text.buffer, text.end)
      this.value.buffer = text.buffer
    }
    this.done = false
    this.limit = text.end
    this.position = text.start
    this.index = window.seek(text.start)
    this.generation = window.generation
    return this
  }

  [Symbol.iterator](): this {
    return this
  }

  /** Called by the language when a loop is left early. */
  return(): this {
    this.done = true
    return this
  }

  next(): this {
    const window = this.window
    if (this.generation === window.generation) {
      const index = this.index
      if (index < window.count) {
        const start = window.spans[index] ?? 0
        if (start < this.limit) {
          const end = window.spans[index + 1] ?? 0
          this.index = index + 2
          const value = this.value
          value.start = start
          value.end = this.position = Math.min(end, this.limit)
          return this
        }
        window.hint = index
        this.done = true
        return this
      }
    }
    return this.refill()
  }

  /** The window is used up, or another loop moved it: look again from the last word's end. */
  private refill(): this {
    if (this.done) return this
    this.index = this.window.seek(this.position)
    this.generation = this.window.generation
    if (this.index >= this.window.count) {
      this.done = true
      return this
    }
    return this.next()
  }
}

/** Iterates over the fields of one text, handing out the same Text each turn. */
export class Fields implements IterableIterator<Text> {
  done = false
  readonly value: Text
  private needle: Uint8Array | number
  private width: number
  private limit: number
  private from: number

  constructor(text: Text, separator: string | Uint8Array | number) {
    const { needle, width } = fieldSeparator(separator)
    this.needle = needle
    this.width = width
    this.from = text.start
    this.limit = text.end
    this.value = new Text(text.buffer, text.start, text.start)
  }

  /** Begins anew over `text`. */
  restart(text: Text, separator: string | Uint8Array | number): this {
    const { needle, width } = fieldSeparator(separator)
    this.done = false
    this.needle = needle
    this.width = width
    this.from = text.start
    this.limit = text.end
    this.value.buffer = text.buffer
    return this
  }

  [Symbol.iterator](): this {
    return this
  }

  return(): this {
    this.done = true
    return this
  }

  next(): this {
    if (this.from > this.limit) {
      this.done = true
      return this
    }
    const at = find(this.value.buffer, this.needle, this.from, this.limit, this.width)
    this.value.start = this.from
    this.value.end = at < 0 ? this.limit : at
    this.from = at < 0 ? this.limit + 1 : at + this.width
    return this
  }
}

const separatorCache = new Map<string, { needle: Uint8Array | number; width: number }>()

function separatorOf(separator: string | Uint8Array | number): { needle: Uint8Array | number; width: number } {
  if (typeof separator === 'number') return { needle: separator & 255, width: 1 }
  if (typeof separator !== 'string') return { needle: separator, width: separator.length }
  let found = separatorCache.get(separator)
  if (found === undefined) {
    const bytes = Buffer.from(separator)
    const only = bytes.length === 1 ? bytes[0] : undefined
    found = { needle: only ?? bytes, width: bytes.length }
    // Separators are a handful of literals; a job that searches for data-dependent needles must not grow this for ever.
    if (separatorCache.size < 256) separatorCache.set(separator, found)
  }
  return found
}

/** An empty separator would cut nothing, for ever. */
function fieldSeparator(separator: string | Uint8Array | number): { needle: Uint8Array | number; width: number } {
  const found = separatorOf(separator)
  if (found.width === 0) throw new TypeError('an empty separator can not cut a text into fields')
  return found
}

/** First position of `needle` that lies wholly in [from, limit), or -1. */
function find(buffer: Buffer, needle: Uint8Array | number, from: number, limit: number, width: number): number {
  if (width === 0) return from <= limit ? from : -1
  // indexOf has no end: beyond a short distance a view keeps it from scanning the whole chunk for an absent needle.
  if (typeof needle === 'number') {
    const near = Math.min(limit, from + 64)
    for (let at = from; at < near; at++) if (buffer[at] === needle) return at
    if (near === limit) return -1
    const at = buffer.subarray(near, limit).indexOf(needle)
    return at < 0 ? -1 : near + at
  }
  const at = buffer.subarray(from, limit).indexOf(needle)
  return at < 0 ? -1 : from + at
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

function sameBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false
  return true
}
