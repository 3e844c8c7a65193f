import { MrError } from '../base/errors.ts'
import { arenaOffset, copyBytes } from '../record/copy-bytes.ts'
import { Decoder, decodeInt } from '../record/decode.ts'
import { kind } from '../record/kind.ts'
import type { BatchSink, TextBatch } from '../record/record-stream.ts'
import { Text } from '../record/text.ts'
import { CsvRecord } from './csv-record.ts'
import type { OutputFormat } from './format.ts'
import { jsonOf, plainText } from './plain-value.ts'

const TAB = 9
const LF = 10
const FLUSH_BYTES = 256 * 1024
/** Room for a number, a TAB and a LF beside the payloads. */
const MARGIN = 64

/** Records in the bytes of an output format, gathered in a buffer that `flush` takes to where they belong. */
export abstract class RecordFormatter implements BatchSink {
  records = 0
  protected buffer: Buffer
  private arenaAt: number
  /** Bytes of the buffer that wait to be flushed. */
  protected used = 0
  private readonly format: OutputFormat['output']
  private readonly decoder = new Decoder()
  private readonly csv: CsvRecord | undefined

  /** `buffer` is the formatter's to use; a record that does not fit makes it take a larger one of its own. */
  constructor(format: OutputFormat, buffer: Buffer = Buffer.allocUnsafeSlow(FLUSH_BYTES + MARGIN)) {
    this.buffer = buffer
    this.arenaAt = arenaOffset(buffer)
    this.format = format.output
    if (format.output === 'table') {
      throw new MrError(
        'MR_USAGE',
        'A table has an index and is written by quern run alone. Choose another format here: --format jsonl',
      )
    }
    if (format.output !== 'csv') return
    this.csv = new CsvRecord(format)
    if (format.columns === undefined) return
    this.csv.header()
    this.lay(this.csv)
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
    if (this.csv !== undefined) {
      const { csv, decoder } = this
      csv.begin()
      csv.key(decoder.decode(keyBytes, keyKind, keyStart, keyEnd))
      csv.value(decoder.decode(valueBytes, valueKind, valueStart, valueEnd))
      csv.end()
      this.lay(csv)
      return
    }
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

  layTexts(batch: TextBatch, from: number, to: number, keys: boolean): number {
    if (this.format !== 'tsv' || this.arenaAt < 0) return from
    for (let next = from; ; ) {
      const before = next
      next = batch.lay(next, to, this.arenaAt + this.used, this.arenaAt + this.buffer.length, keys)
      this.used = batch.laidTo - this.arenaAt
      this.records += next - before
      if (next === to || !batch.noRoom || this.used === 0) return next
      this.flush()
    }
  }

  private lay({ bytes, length }: CsvRecord): void {
    this.room(length)
    copyBytes(bytes, 0, length, this.buffer, this.used, this.arenaAt)
    this.used += length
  }

  private field(bytes: Buffer, kindOfField: number, start: number, end: number): void {
    if (kindOfField === kind.Text) {
      const length = end - start
      this.room(length)
      copyBytes(bytes, start, end, this.buffer, this.used, this.arenaAt)
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
    if (payload + MARGIN <= this.buffer.length) return
    this.buffer = Buffer.allocUnsafeSlow(payload + MARGIN)
    this.arenaAt = -1
  }
}
