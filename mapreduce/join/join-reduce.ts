import path from 'node:path'
import { counter } from '../base/counters.ts'
import type { ReduceTask, TaskDone } from '../master/task.ts'
import { directOutput } from '../output/direct-output.ts'
import { openOutput } from '../output/open-output.ts'
import { Groups } from '../shuffle/groups.ts'
import { type MergeSpace, withMerged } from '../shuffle/merge-passes.ts'
import { joinOf } from '../task/engine-job.ts'
import { type TaskEnvironment, userStep } from '../task/task-environment.ts'
import { reduceError } from '../task/user-error.ts'
import { HeldRows } from './held-rows.ts'
import { JoinRows } from './join-rows.ts'
import { PartitionedJoin } from './partitioned-join.ts'
import { RowTable } from './row-table.ts'
import { joinSorted } from './sorted-join.ts'

const BEAT_GROUPS = 64
/** A run writer's least. */
const WRITER_BYTES = 3 * 32 * 1024

/** Runs one reduce attempt of a join to its end, by the strategy the plan names. */
export async function runJoinReduceTask(task: ReduceTask, env: TaskEnvironment): Promise<TaskDone> {
  const { job, space, progress, ctx, plan } = env
  const counters: Record<string, number> = {}
  const count = (name: string, by: number): void => {
    counters[name] = (counters[name] ?? 0) + by
  }
  const place = { partition: task.task, partitions: plan.reducers, groupBy: 0 }
  const writer = openOutput(task.outputFile, env.format, space.writeBuffer, place)
  const temporary = path.join(plan.scratch, `reduce-${task.task}.${task.attempt}.`)
  const rows = new JoinRows({
    join: joinOf(job, plan.params),
    held: plan.join?.held ?? 'right',
    emit: directOutput(writer).emit,
    ctx,
    checked: plan.checked,
    beat: () => progress.beat(),
    userError: (cause, key) => reduceError('join', cause, key),
  })
  const expected = task.runs.reduce((sum, run) => sum + run.records, 0)
  const tell = (records: number): void => {
    progress.records(records, writer.records, Math.min(1, records / Math.max(1, expected)))
  }
  let passes = 0
  const mergeSpace = (memory: Buffer): MergeSpace => ({
    memory,
    in: space,
    packer: space.packer,
    passBuffer: space.passBuffer,
    passFile: () => `${temporary}pass-${passes++}`,
    onPass: (records) => {
      count(counter.mergePasses, 1)
      count(counter.spilledRecords, records)
    },
    beat: () => {
      progress.beat()
    },
  })
  const { work } = space
  try {
    await userStep('setup', () => job.setup?.(ctx))
    if (task.runs.length === 0) {
      // Nothing came to this partition.
    } else if (plan.join?.strategy === 'sort-merge') {
      const half = Math.floor(work.length / 2)
      const held = new HeldRows(work.subarray(half), `${temporary}held`)
      try {
        await withMerged(task.runs, mergeSpace(work.subarray(0, half)), async (merge) => {
          const groups = new Groups(merge, { groupBy: 0, beat: () => progress.beat(), checked: false })
          const done = await joinSorted(merge, groups, held, rows, (n) => {
            if (n % BEAT_GROUPS === 0) tell(groups.records)
          })
          count(counter.reduceInputGroups, done)
          count(counter.reduceInputRecords, groups.records)
        })
      } finally {
        held.close()
      }
    } else {
      const cursorBytes = Math.max(WRITER_BYTES, Math.floor(work.length / 16))
      const tableEnd = Math.floor((work.length - cursorBytes - WRITER_BYTES) / 16) * 16
      const at = work.byteOffset
      const join = new PartitionedJoin(
        task.runs,
        rows,
        {
          table: new RowTable(space.arena, at, at + tableEnd),
          cursor: work.subarray(tableEnd, tableEnd + cursorBytes),
          heldBuffer: work.subarray(tableEnd + cursorBytes),
          merge: mergeSpace(work.subarray(0, tableEnd)),
          file: temporary,
          onSpill: (bytes) => count(counter.spilledBytes, bytes),
        },
        tell,
      )
      await join.run()
      count(counter.reduceInputRecords, expected)
    }
    count(
      counter.shuffleBytes,
      task.runs.reduce((sum, run) => sum + run.length, 0),
    )
  } catch (error) {
    writer.abandon()
    throw error
  }
  const outputBytes = writer.close()
  count(counter.outputRecords, writer.records)
  count(counter.outputBytes, outputBytes)
  return { ok: true, counters, userCounters: ctx.counters, slices: [], outputBytes, bad: env.bad }
}
