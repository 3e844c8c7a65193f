import { Encoder } from '../record/encode.ts'
import type { RecordSink } from '../record/record-stream.ts'
import type { MapOutput } from './map-output.ts'

/** A map-only job, and cleanup: what is emitted goes straight to the output, in the order it comes. */
export function directOutput(sink: RecordSink): MapOutput {
  const keys = new Encoder()
  const values = new Encoder()
  let records = 0
  return {
    emit(key, value) {
      const keyKind = keys.key(key)
      const valueKind = values.value(value)
      sink.write(keys.bytes, keyKind, 0, keys.length, values.bytes, valueKind, 0, values.length)
      records++
    },
    get records() {
      return records
    },
    flush() {},
  }
}
