import type { TaskContext } from '../job.ts'
import { directOutput } from '../output/direct-output.ts'
import { Decoder } from '../record/decode.ts'
import type { RecordSink } from '../record/record-stream.ts'
import type { After } from '../task/engine-job.ts'
import { isOwnError } from '../task/task-environment.ts'
import { reduceError } from '../task/user-error.ts'

/** The sink that hands every record to a function of the job, and takes what it emits to `sink`. */
export function afterReduce(after: After, sink: RecordSink, ctx: TaskContext): RecordSink {
  const keys = new Decoder()
  const values = new Decoder()
  const { emit } = directOutput(sink)
  return {
    write(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd) {
      const key = keys.decode(keyBytes, keyKind, keyStart, keyEnd)
      try {
        after(key, values.decode(valueBytes, valueKind, valueStart, valueEnd), emit, ctx)
      } catch (cause) {
        throw isOwnError(cause) ? cause : reduceError('reduce', cause, key)
      }
    },
  }
}
