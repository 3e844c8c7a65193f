import { counter } from '../base/counters.ts'
import type { ReduceTask, TaskDone } from '../master/task.ts'
import { directOutput } from '../output/direct-output.ts'
import { NamedOutputs, type NamedPart } from '../output/named-outputs.ts'
import { openOutput } from '../output/open-output.ts'
import { Groups } from '../shuffle/groups.ts'
import { LargeGroups } from '../shuffle/large-groups.ts'
import { withMerged } from '../shuffle/merge-passes.ts'
import { isPassThrough, passAll } from '../shuffle/pass-through.ts'
import { reduceGroups } from '../shuffle/reduce-groups.ts'
import { type TaskEnvironment, userStep } from '../task/task-environment.ts'
import { reduceError } from '../task/user-error.ts'
import { afterReduce } from './after-reduce.ts'

/** Beats and progress once in so many groups. */
const BEAT_GROUPS = 64

/** Runs one reduce attempt to its end: merges its partition of every run, reduces, leaves a file of output. */
export async function runReduceTask(task: ReduceTask, env: TaskEnvironment): Promise<TaskDone> {
  const { job, space, progress, ctx } = env
  const { reduce } = job
  if (reduce === undefined) throw new TypeError('a reduce task of a job without reduce')
  const counters: Record<string, number> = {}
  const count = (name: string, by: number): void => {
    counters[name] = (counters[name] ?? 0) + by
  }
  const beat = (): void => {
    progress.beat()
  }
  const place = { partition: task.task, partitions: env.plan.reducers, groupBy: job.groupBy ?? 0 }
  const writer = openOutput(task.outputFile, env.format, space.writeBuffer, place)
  const sink = env.after === undefined ? writer : afterReduce(env.after, writer, ctx)
  const outputs = new NamedOutputs(job.outputs, task.outputFile)
  const large = new LargeGroups(place.groupBy)
  ctx.named = outputs
  let named: readonly NamedPart[]
  try {
    await userStep('setup', () => job.setup?.(ctx))
    if (task.runs.length > 0) {
      const expected = task.runs.reduce((sum, run) => sum + run.records, 0)
      let passes = 0
      const mergeSpace = {
        memory: space.work,
        in: space,
        packer: space.packer,
        passBuffer: space.passBuffer,
        passFile: () => `${task.outputFile}.pass-${passes++}`,
        onPass: (records: number) => {
          count(counter.mergePasses, 1)
          count(counter.spilledRecords, records)
        },
        beat,
      }
      await withMerged(task.runs, mergeSpace, async (merge) => {
        if (isPassThrough(reduce)) {
          // Nobody asks where a key ends, so nobody compares neighbours.
          count(
            counter.reduceInputRecords,
            passAll(merge, sink, reduce, () => {
              progress.records(writer.records, writer.records, writer.records / expected)
            }),
          )
          return
        }
        const groups = new Groups(merge, { groupBy: place.groupBy, beat, checked: env.plan.checked, large })
        const done = await reduceGroups(groups, () => merge.view, {
          reduce: typeof reduce === 'function' ? reduce.bind(job) : reduce,
          sink,
          ctx,
          onGroup: (n) => {
            if (n % BEAT_GROUPS === 0) progress.records(groups.records, writer.records, groups.records / expected)
          },
          userError: (cause, key) => reduceError('reduce', cause, key),
        })
        count(counter.reduceInputGroups, done)
        count(counter.reduceInputRecords, groups.records)
      })
      count(
        counter.shuffleBytes,
        task.runs.reduce((sum, run) => sum + run.length, 0),
      )
    }
    await userStep('cleanup', () => job.cleanup?.(directOutput(writer).emit, ctx))
    named = outputs.close()
  } catch (error) {
    writer.abandon()
    outputs.abandon()
    throw error
  }
  const outputBytes = writer.close()
  count(counter.outputRecords, writer.records)
  count(counter.outputBytes, outputBytes)
  const told = { large: large.largest, named, bad: env.bad }
  return { ok: true, counters, userCounters: ctx.counters, slices: [], outputBytes, ...told }
}
