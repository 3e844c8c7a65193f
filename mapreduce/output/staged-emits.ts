import { MrError } from '../base/errors.ts'
import { copyBytes } from '../record/copy-bytes.ts'
import { Decoder } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'
import { FIELD_BYTES_MAX, kind } from '../record/kind.ts'
import { Text } from '../record/text.ts'

type EmitUnknown = (key: unknown, value?: unknown) => void

/** What one record may emit while it can still be set aside. It lies outside the worker's arena. */
const STAGED_BYTES_MAX = 256 * 1024 * 1024

/**
 * What `map` emits for one record, held until the record is known to be good. Kept encoded, so that views may be emitted
 * and reused as ever.
 */
export class StagedEmits {
  private readonly keys = new Encoder()
  private readonly values = new Encoder()
  private readonly keyDecoder = new Decoder()
  private readonly valueDecoder = new Decoder()
  private bytes = Buffer.allocUnsafeSlow(64 * 1024)
  private used = 0
  /** Four numbers a record: key kind, end of the key, value kind, end of the value. */
  private readonly marks: number[] = []
  private marked = 0

  readonly emit: EmitUnknown = (key, value) => {
    let keyKind: number
    if (key instanceof Text && key.end - key.start <= FIELD_BYTES_MAX) {
      keyKind = kind.Text
      this.take(key.buffer, key.start, key.end)
    } else {
      keyKind = this.keys.key(key)
      this.take(this.keys.bytes, 0, this.keys.length)
    }
    const keyEnd = this.used
    let valueKind: number
    try {
      valueKind = this.values.value(value)
      this.take(this.values.bytes, 0, this.values.length)
    } catch (error) {
      // User code may catch it and go on: then this was no record.
      this.used = this.marked === 0 ? 0 : (this.marks[this.marked - 1] ?? 0)
      throw error
    }
    const { marks } = this
    marks[this.marked++] = keyKind
    marks[this.marked++] = keyEnd
    marks[this.marked++] = valueKind
    marks[this.marked++] = this.used
  }

  /** Hands everything on, in order. */
  release(emit: EmitUnknown): void {
    const { marks, marked, bytes } = this
    let at = 0
    for (let i = 0; i < marked; i += 4) {
      const keyEnd = marks[i + 1] ?? 0
      const valueEnd = marks[i + 3] ?? 0
      emit(
        this.keyDecoder.decode(bytes, marks[i] ?? 0, at, keyEnd),
        this.valueDecoder.decode(bytes, marks[i + 2] ?? 0, keyEnd, valueEnd),
      )
      at = valueEnd
    }
    this.drop()
  }

  drop(): void {
    this.used = 0
    this.marked = 0
  }

  private take(bytes: Buffer, start: number, end: number): void {
    const length = end - start
    if (this.used + length > this.bytes.length) this.grow(this.used + length)
    copyBytes(bytes, start, end, this.bytes, this.used)
    this.used += length
  }

  private grow(least: number): void {
    if (least > STAGED_BYTES_MAX) {
      throw new MrError(
        'MR_RECORD_TOO_LARGE',
        `one record emitted more than ${STAGED_BYTES_MAX} bytes (256 MiB), which is what can be taken back of it with --skip-bad; run the job without`,
      )
    }
    const grown = Buffer.allocUnsafeSlow(Math.min(STAGED_BYTES_MAX, Math.max(least, this.bytes.length * 2)))
    this.bytes.copy(grown, 0, 0, this.used)
    this.bytes = grown
  }
}
