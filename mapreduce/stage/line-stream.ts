import { closeSync, openSync, readSync } from 'node:fs'
import { Encoder } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import { emptyView, type RecordStream } from '../record/record-stream.ts'
import { keyFieldEnd, parseKeyField, parsePartialField, parseValueField } from '../record/stage-line.ts'
import { Text } from '../record/text.ts'

const LF = 10
const READ_BYTES = 256 * 1024

/** Lines one after another, each good until the next is asked for. */
export interface LineSource {
  readonly bytes: Buffer
  readonly start: number
  /** Without the LF. */
  readonly end: number
  next(): boolean
}

/** The lines of bytes[from, to), each ended by a LF. */
export class BufferLines implements LineSource {
  readonly bytes: Buffer
  start: number
  end: number
  readonly #to: number

  constructor(bytes: Buffer, from: number, to: number) {
    this.bytes = bytes
    this.start = from
    this.end = from - 1
    this.#to = to
  }

  next(): boolean {
    if (this.end + 1 >= this.#to) return false
    this.start = this.end + 1
    this.end = this.bytes.indexOf(LF, this.start)
    return true
  }
}

/** The lines of a file whose every line is ended by a LF. */
export class FileLines implements LineSource {
  bytes: Buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  start = 0
  end = -1
  #filled = 0
  readonly #fd: number

  constructor(path: string) {
    this.#fd = openSync(path, 'r')
  }

  next(): boolean {
    this.start = this.end + 1
    let from = this.start
    for (;;) {
      const at = this.bytes.subarray(from, this.#filled).indexOf(LF)
      if (at >= 0) {
        this.end = from + at
        return true
      }
      const kept = this.#filled - this.start
      this.bytes.copyWithin(0, this.start, this.#filled)
      this.start = 0
      if (kept === this.bytes.length) this.bytes = Buffer.concat([this.bytes], this.bytes.length * 2)
      from = kept
      const read = readSync(this.#fd, this.bytes, kept, this.bytes.length - kept, null)
      this.#filled = kept + read
      if (read === 0) {
        this.end = this.start - 1
        return false
      }
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** The records that lines hold (record/stage-line.ts has the grammar), encoded as the engine has them. */
export class LineStream implements RecordStream {
  readonly view = emptyView()
  readonly #source: LineSource
  readonly #keys = new Encoder()
  readonly #values = new Encoder()

  constructor(source: LineSource) {
    this.#source = source
  }

  advance(): boolean {
    const source = this.#source
    if (!source.next()) return false
    const { bytes, start, end } = source
    const keyEnd = keyFieldEnd(bytes, start, end)
    this.#key(bytes, start, keyEnd)
    this.#value(bytes, keyEnd, end)
    return true
  }

  #key(bytes: Buffer, start: number, end: number): void {
    const { view } = this
    const key = parseKeyField(bytes, start, end)
    if (key instanceof Text) {
      view.keyKind = kind.Text
      view.keyBytes = key.buffer
      view.keyStart = key.start
      view.keyEnd = key.end
      return
    }
    view.keyKind = this.#keys.key(key)
    view.keyBytes = this.#keys.bytes
    view.keyStart = 0
    view.keyEnd = this.#keys.length
  }

  #value(bytes: Buffer, keyEnd: number, end: number): void {
    const { view } = this
    const partial = parsePartialField(bytes, keyEnd, end)
    const value = partial ?? parseValueField(bytes, keyEnd, end)
    if (value instanceof Text) {
      view.valueKind = partial === undefined ? kind.Text : kind.Partial
      view.valueBytes = value.buffer
      view.valueStart = value.start
      view.valueEnd = value.end
      return
    }
    view.valueKind = this.#values.value(value)
    view.valueBytes = this.#values.bytes
    view.valueStart = 0
    view.valueEnd = this.#values.length
  }
}
