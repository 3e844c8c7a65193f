import type { SkewSampleTask, TaskDone } from '../master/task.ts'
import { Decoder } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'
import { createPartitioner } from '../shuffle/partitioner.ts'
import { groupedEnd } from '../shuffle/range.ts'
import { showKey } from '../shuffle/reduce-groups.ts'
import { mapSideAggregate } from '../task/engine-job.ts'
import type { TaskEnvironment } from '../task/task-environment.ts'
import { reduceError } from '../task/user-error.ts'
import { MapAttempt } from './map-attempt.ts'

/** Keys counted one by one; a hot one is met among the first. */
const KEYS_MAX = 100_000
const KEYS_TOLD = 16

/** Maps pieces of the input and counts what the reduces would get of it. A sample is small, so here a key may be a string. */
export async function runSkewSampleTask(task: SkewSampleTask, env: TaskEnvironment): Promise<TaskDone> {
  const { job, plan } = env
  const groupBy = job.groupBy ?? 0
  const partitioner = createPartitioner({
    partitions: plan.reducers,
    groupBy,
    custom: typeof job.partition === 'function' ? job.partition.bind(job) : undefined,
    cuts: task.cuts,
    userError: (cause, key) => reduceError('partition', cause, key),
  })
  // What is combined comes to the reduces about once a key, however often it was emitted.
  const onceAKey = job.combine !== undefined || mapSideAggregate(job) !== undefined
  const counts = new Map<string, number>()
  const partitions = new Array<number>(plan.reducers).fill(0)
  const encoder = new Encoder()
  let records = 0
  const take = (bytes: Buffer, keyKind: number, start: number, end: number): void => {
    records++
    const grouped = groupedEnd(bytes, keyKind, start, end, groupBy)
    const name = String.fromCharCode(keyKind) + bytes.toString('latin1', start, grouped)
    const count = counts.get(name)
    if (count !== undefined || counts.size < KEYS_MAX) counts.set(name, (count ?? 0) + 1)
    if (onceAKey && (count !== undefined || counts.size === KEYS_MAX)) return
    const partition = partitioner.of(bytes, keyKind, start, end)
    partitions[partition] = (partitions[partition] ?? 0) + 1
  }
  const attempt = new MapAttempt({ ...task, skippedFile: `${task.outputFile}.skipped` }, env)
  await attempt.mapAll({
    emit: (key) => {
      const keyKind = encoder.key(key)
      take(encoder.bytes, keyKind, 0, encoder.length)
    },
    pass: ({ keyBytes, keyKind, keyStart, keyEnd }) => take(keyBytes, keyKind, keyStart, keyEnd),
    get records() {
      return records
    },
    flush: () => {},
  })
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, KEYS_TOLD)
  const keys = most.map(([name, own]) => ({ key: shown(name), records: own }))
  return { ...attempt.done([], 0), skew: { records, keys, partitions, onceAKey } }
}

function shown(name: string): string {
  // The first fields of a tuple, without the zero that closes it.
  const bytes = Buffer.from(`${name.slice(1)}\0`, 'latin1')
  return showKey(new Decoder().decode(bytes, name.charCodeAt(0), 0, bytes.length - 1))
}
