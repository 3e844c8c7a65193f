import { MrError } from '../base/errors.ts'
import { type Decoded, Decoder, decodeInt } from './decode.ts'
import { holdsDescending } from './encode.ts'
import { kind } from './kind.ts'
import type { RecordSink } from './record-stream.ts'
import { parseLiteral, printLiteral, quoteBytes, unquote } from './stage-literal.ts'
import { Text } from './text.ts'

/**
 * The lines that `quern map`, `quern combine` and `quern reduce` pass on, meant for `sort`, `grep` and people in between.
 *
 *   line   := key (TAB value)? LF                no TAB: the record has no value
 *   key    := text | 0x01 text | 0x01 literal    plain; starts with 0x01 itself; everything else (see stage-literal.ts)
 *   value  := text | literal | "partial" quoted  the last: an aggregate that is not finished yet, from `quern combine`
 *   text   := bytes without TAB and LF
 *
 * A text key with a TAB or LF in it is the quoted literal. A text value is quoted when it has a TAB or LF, or when it would
 * read back as a literal: it starts with `"`, `[`, `{` or `partial"`, or is all of a number, bigint or name. What comes in from
 * elsewhere and starts like a literal but is none is text. Every key and value of the engine reads back as it was, whether
 * its bytes are UTF-8 or not; equal keys are equal bytes, and `LC_ALL=C sort` brings them together. Descending keys are
 * refused: what follows them would come in another order than in the engine.
 */

const [TAB, LF, MARK] = [9, 10, 1]
const [QUOTE, BRACKET, BRACE] = [34, 91, 123]
const PARTIAL = Buffer.from('partial')
/** A line is flushed with those before it once this many bytes wait. */
const WRITER_BYTES = 64 * 1024

function hasTabOrLf(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === TAB || bytes[at] === LF) return true
  return false
}

function startsLikePartial(bytes: Buffer, start: number, end: number): boolean {
  if (end - start <= PARTIAL.length || bytes[start + PARTIAL.length] !== QUOTE) return false
  for (const [at, byte] of PARTIAL.entries()) if (bytes[start + at] !== byte) return false
  return true
}

/** Collects lines from encoded records (kind.ts has the encoding); the owner takes them away with `take`. */
export class StageLineWriter implements RecordSink {
  #bytes = Buffer.allocUnsafe(WRITER_BYTES * 2)
  #length = 0
  readonly #decoder = new Decoder()

  get full(): boolean {
    return this.#length >= WRITER_BYTES
  }

  /** The lines so far, which are the caller's from now on. */
  take(): Buffer {
    const lines = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.allocUnsafe(WRITER_BYTES * 2)
    this.#length = 0
    return lines
  }

  write(
    keyBytes: Buffer,
    keyKind: number,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueKind: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.key(keyKind, keyBytes, keyStart, keyEnd)
    this.value(valueKind, valueBytes, valueStart, valueEnd)
  }

  key(kindOfKey: number, bytes: Buffer, start: number, end: number): void {
    if (kindOfKey === kind.Text && !hasTabOrLf(bytes, start, end)) {
      if (end > start && bytes[start] === MARK) this.#byte(MARK)
      this.#append(bytes, start, end)
      return
    }
    if (holdsDescending(bytes, kindOfKey, start, end)) {
      throw new MrError(
        'MR_USAGE',
        'A key was emitted with desc(), whose order filters can not keep: sort knows the order of bytes alone. Run the job with quern run.',
      )
    }
    this.#byte(MARK)
    this.#literal(kindOfKey, bytes, start, end)
  }

  /** After `key`; ends the line. */
  value(kindOfValue: number, bytes: Buffer, start: number, end: number): void {
    if (kindOfValue !== kind.Absent) {
      this.#byte(TAB)
      if (kindOfValue === kind.Int) this.#text(String(decodeInt(bytes, start)))
      else if (kindOfValue === kind.Text && !this.#needsQuotes(bytes, start, end)) this.#append(bytes, start, end)
      else this.#literal(kindOfValue, bytes, start, end)
    }
    this.#byte(LF)
  }

  #needsQuotes(bytes: Buffer, start: number, end: number): boolean {
    const first = end > start ? bytes[start] : -1
    return (
      first === QUOTE ||
      first === BRACKET ||
      first === BRACE ||
      hasTabOrLf(bytes, start, end) ||
      startsLikePartial(bytes, start, end) ||
      parseLiteral(bytes, start, end) !== undefined
    )
  }

  #literal(kindOfField: number, bytes: Buffer, start: number, end: number): void {
    if (kindOfField === kind.Partial) this.#append(PARTIAL, 0, PARTIAL.length)
    const literal =
      kindOfField === kind.Text || kindOfField === kind.Partial
        ? quoteBytes(bytes, start, end)
        : printLiteral(this.#decoder.decode(bytes, kindOfField, start, end))
    this.#append(literal, 0, literal.length)
  }

  #byte(byte: number): void {
    this.#room(1)
    this.#bytes[this.#length++] = byte
  }

  #text(ascii: string): void {
    this.#room(ascii.length)
    this.#length += this.#bytes.write(ascii, this.#length, 'latin1')
  }

  #append(from: Buffer, start: number, end: number): void {
    this.#room(end - start)
    this.#length += from.copy(this.#bytes, this.#length, start, end)
  }

  #room(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

/** Where the key field of the line at [start, end) ends: its first TAB, or the line's end. */
export function keyFieldEnd(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === TAB) return at
  return end
}

/** The key whose field is bytes[start, end). A text is a view on `bytes`. */
export function parseKeyField(bytes: Buffer, start: number, end: number): Decoded {
  if (end === start || bytes[start] !== MARK) return new Text(bytes, start, end)
  if (bytes[start + 1] === MARK && end > start + 1) return new Text(bytes, start + 1, end)
  const literal = parseLiteral(bytes, start + 1, end)
  return literal === undefined ? new Text(bytes, start, end) : literal
}

/** The value of a line at [.., end) whose key field ends at `keyEnd`; undefined when it has none. */
export function parseValueField(bytes: Buffer, keyEnd: number, end: number): Decoded {
  if (keyEnd >= end) return undefined
  const literal = parseLiteral(bytes, keyEnd + 1, end)
  return literal === undefined ? new Text(bytes, keyEnd + 1, end) : literal
}

/** The bytes of the unfinished aggregate the value field holds, or undefined when it holds something else. */
export function parsePartialField(bytes: Buffer, keyEnd: number, end: number): Text | undefined {
  const start = keyEnd + 1
  return startsLikePartial(bytes, start, end) ? unquote(bytes, start + PARTIAL.length, end) : undefined
}
