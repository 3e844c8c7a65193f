import type { EncodedKey, RangeSampleTask, TaskDone } from '../master/task.ts'
import { Encoder } from '../record/encode.ts'
import { groupedEnd } from '../shuffle/range.ts'
import type { TaskEnvironment } from '../task/task-environment.ts'
import { MapAttempt } from './map-attempt.ts'

/** A sample of more keys than this cuts no better. Every second is dropped whenever there are twice as many. */
const KEYS_MAX = 32_768
/** Of a longer key the beginning decides where the cut falls. */
const KEY_BYTES_MAX = 1024

/** Maps pieces of the input and tells the keys that were emitted. What the job counts meanwhile is not told. */
export async function runRangeSampleTask(task: RangeSampleTask, env: TaskEnvironment): Promise<TaskDone> {
  const encoder = new Encoder()
  const groupBy = env.job.groupBy ?? 0
  let keys: EncodedKey[] = []
  let every = 1
  let records = 0
  const attempt = new MapAttempt({ ...task, skippedFile: `${task.outputFile}.skipped` }, env)
  const take = (bytes: Uint8Array, keyKind: number, start: number, end: number): void => {
    const kept = groupedEnd(bytes, keyKind, start, end, groupBy)
    keys.push({ keyKind, key: Uint8Array.prototype.slice.call(bytes, start, Math.min(kept, start + KEY_BYTES_MAX)) })
    if (keys.length < 2 * KEYS_MAX) return
    keys = keys.filter((_key, index) => index % 2 === 0)
    every *= 2
  }
  await attempt.mapAll({
    emit: (key) => {
      if (records++ % every !== 0) return
      const keyKind = encoder.key(key)
      take(encoder.bytes, keyKind, 0, encoder.length)
    },
    pass: ({ keyBytes, keyKind, keyStart, keyEnd }) => {
      if (records++ % every === 0) take(keyBytes, keyKind, keyStart, keyEnd)
    },
    get records() {
      return records
    },
    flush: () => {},
  })
  return { ...attempt.done([], 0), keys }
}
