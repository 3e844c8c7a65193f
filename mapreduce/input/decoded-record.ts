import { type Decoded, Decoder } from '../record/decode.ts'
import type { RecordView } from '../record/record-stream.ts'

/** A key and its value as a function gets them: texts are views, good until the next. */
export class DecodedRecord {
  key: Decoded = undefined
  value: Decoded = undefined
  readonly #keys = new Decoder()
  readonly #values = new Decoder()

  take({ keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd }: RecordView): void {
    this.key = this.#keys.decode(keyBytes, keyKind, keyStart, keyEnd)
    this.value = this.#values.decode(valueBytes, valueKind, valueStart, valueEnd)
  }
}
