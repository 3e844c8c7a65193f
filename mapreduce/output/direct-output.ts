import { Encoder } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import type { RecordSink } from '../record/record-stream.ts'
import { Text } from '../record/text.ts'
import type { MapOutput } from './map-output.ts'

/** A map-only job, and cleanup: what is emitted goes straight to the output, in the order it comes. */
export function directOutput(sink: RecordSink): MapOutput {
  const keys = new Encoder()
  const values = new Encoder()
  let records = 0
  return {
    emit(key, value) {
      records++
      let keyBytes: Buffer
      let keyKind: number = kind.Text
      let keyStart = 0
      let keyEnd: number
      // A Text lies in memory as it is written: the sink copies it from there.
      if (key instanceof Text) {
        keyBytes = key.buffer
        keyStart = key.start
        keyEnd = key.end
      } else {
        keyKind = keys.key(key)
        keyBytes = keys.bytes
        keyEnd = keys.length
      }
      if (value instanceof Text) {
        sink.write(keyBytes, keyKind, keyStart, keyEnd, value.buffer, kind.Text, value.start, value.end)
        return
      }
      const valueKind = values.value(value)
      sink.write(keyBytes, keyKind, keyStart, keyEnd, values.bytes, valueKind, 0, values.length)
    },
    pass({ keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd }) {
      records++
      sink.write(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd)
    },
    get records() {
      return records
    },
    flush() {},
  }
}
