import { RowTable } from '../join/row-table.ts'
import { sideInput } from '../join/side-input.ts'
import { plainKind } from '../join/side-kind.ts'
import type { BroadcastTask, TaskDone } from '../master/task.ts'
import { joinOf } from '../task/engine-job.ts'
import type { TaskEnvironment } from '../task/task-environment.ts'
import { MapAttempt } from './map-attempt.ts'

/** Thrown to end the reading; never leaves this file. */
class TableIsFull extends Error {}

/** Reads the broadcast side of a join into a table that all workers will share, or finds that there is no room for it. */
export async function runBroadcastTask(task: BroadcastTask, env: TaskEnvironment): Promise<TaskDone> {
  // Memory that is never touched costs nothing, so the most is taken at once.
  const memory = new SharedArrayBuffer(Math.floor(task.tableBytesMax / 16) * 16)
  const shared = { bytes: Buffer.from(memory), u32: new Uint32Array(memory) }
  const table = new RowTable(shared, 16, memory.byteLength)
  const attempt = new MapAttempt({ ...task, skippedFile: `${task.outputFile}.skipped` }, env)
  const held = env.plan.join?.held ?? 'right'
  const input = sideInput({
    join: joinOf(env.job, env.plan.params),
    side: held,
    held,
    partitions: 1,
    take: (key, keyKind, keyStart, keyEnd, value, valueKind, valueStart, valueEnd) => {
      if (!table.append(key, keyKind, keyStart, keyEnd, value, plainKind(valueKind), valueStart, valueEnd)) {
        throw new TableIsFull()
      }
    },
  })
  try {
    await attempt.mapAll({ emit: () => {}, records: 0, flush: () => {} }, () => input)
  } catch (error) {
    if (isFull(error)) return { ...attempt.done([], 0), table: 'too large' }
    throw error
  }
  table.seal()
  return { ...attempt.done([], 0), table: table.describe(memory) }
}

/** `map` of the engine's own threw it, so it comes wrapped as if user code had. */
function isFull(error: unknown): boolean {
  return error instanceof Error && (error instanceof TableIsFull || error.cause instanceof TableIsFull)
}
