import { Decoder, decodeInt } from '../record/decode.ts'
import { kind } from '../record/kind.ts'
import { copyBytes, type RecordSink } from '../record/record-stream.ts'
import { Text } from '../record/text.ts'
import type { OutputFormatName } from './format.ts'

const TAB = 9
const LF = 10
const FLUSH_BYTES = 256 * 1024
/** Room for a number, a TAB and a LF beside the payloads. */
const MARGIN = 64

/** Records in the bytes of an output format, gathered in a buffer that `flush` takes to where they belong. */
export abstract class RecordFormatter implements RecordSink {
  records = 0
  protected buffer: Buffer = Buffer.allocUnsafeSlow(FLUSH_BYTES + MARGIN)
  /** Bytes of the buffer that wait to be flushed. */
  protected used = 0
  private readonly format: OutputFormatName
  private readonly decoder = new Decoder()

  constructor(format: OutputFormatName) {
    this.format = format
  }

  /** Takes buffer[0, used) away and sets `used` to 0. */
  protected abstract flush(): void

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
    this.records++
    if (this.format === 'jsonl') {
      const key = JSON.stringify(jsonOf(this.decoder.decode(keyBytes, keyKind, keyStart, keyEnd)))
      const value = this.decoder.decode(valueBytes, valueKind, valueStart, valueEnd)
      this.string(
        value === undefined ? `{"key":${key}}\n` : `{"key":${key},"value":${JSON.stringify(jsonOf(value))}}\n`,
      )
      return
    }
    this.field(keyBytes, keyKind, keyStart, keyEnd)
    if (this.format === 'raw') {
      if (valueKind > kind.Null) this.field(valueBytes, valueKind, valueStart, valueEnd)
      return
    }
    if (valueKind > kind.Null) {
      this.byte(TAB)
      this.field(valueBytes, valueKind, valueStart, valueEnd)
    }
    this.byte(LF)
  }

  private field(bytes: Buffer, kindOfField: number, start: number, end: number): void {
    if (kindOfField === kind.Text) {
      const length = end - start
      this.room(length)
      copyBytes(bytes, start, end, this.buffer, this.used)
      this.used += length
    } else if (kindOfField === kind.Int) this.int(decodeInt(bytes, start))
    else {
      const value = this.decoder.decode(bytes, kindOfField, start, end)
      // A descending text.
      if (value instanceof Text) this.field(value.buffer, kind.Text, value.start, value.end)
      else this.string(plainText(value))
    }
  }

  private int(value: number): void {
    this.room(12)
    let rest = value
    if (rest < 0) {
      this.buffer[this.used++] = 45
      rest = -rest
    }
    let digits = 1
    for (let power = 10; power <= rest; power *= 10) digits++
    for (let at = this.used + digits - 1; at >= this.used; at--) {
      this.buffer[at] = 48 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    this.used += digits
  }

  private string(text: string): void {
    this.room(text.length * 3)
    this.used += this.buffer.write(text, this.used, 'utf8')
  }

  private byte(value: number): void {
    if (this.used === this.buffer.length) this.flush()
    this.buffer[this.used++] = value
  }

  private room(payload: number): void {
    if (this.used + payload + MARGIN <= this.buffer.length) return
    this.flush()
    if (payload + MARGIN > this.buffer.length) this.buffer = Buffer.allocUnsafeSlow(payload + MARGIN)
  }
}

/** A key or value that is not text, as it stands in `tsv`. */
function plainText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return Object.is(value, -0) ? '0' : String(value)
  return JSON.stringify(jsonOf(value)) ?? 'null'
}

/** What JSON can hold: bigints as their digits where they fit, as a string otherwise; Texts by their own toJSON. */
function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : value.toString()
  }
  if (Array.isArray(value)) return value.map(jsonOf)
  return value instanceof Text ? value.toString() : value
}
