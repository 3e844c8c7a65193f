import { MrError } from '../base/errors.ts'
import { Decoder } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'

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
  private marks: number[] = []

  readonly emit: EmitUnknown = (key, value) => {
    const keyKind = this.keys.key(key)
    const valueKind = this.values.value(value)
    this.take(this.keys)
    const keyEnd = this.used
    this.take(this.values)
    this.marks.push(keyKind, keyEnd, valueKind, this.used)
  }

  /** Hands everything on, in order. */
  release(emit: EmitUnknown): void {
    let at = 0
    for (let i = 0; i + 3 < this.marks.length; i += 4) {
      const [keyKind = 0, keyEnd = 0, valueKind = 0, valueEnd = 0] = this.marks.slice(i, i + 4)
      emit(
        this.keyDecoder.decode(this.bytes, keyKind, at, keyEnd),
        this.valueDecoder.decode(this.bytes, valueKind, keyEnd, valueEnd),
      )
      at = valueEnd
    }
    this.drop()
  }

  drop(): void {
    this.used = 0
    this.marks = []
  }

  private take({ bytes, length }: Encoder): void {
    if (this.used + length > this.bytes.length) this.grow(this.used + length)
    bytes.copy(this.bytes, this.used, 0, length)
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
