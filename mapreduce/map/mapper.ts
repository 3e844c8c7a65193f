import { counter } from '../base/counters.ts'
import type { MapTask, TaskDone } from '../master/task.ts'
import { directOutput } from '../output/direct-output.ts'
import { NamedOutputs, type NamedPart } from '../output/named-outputs.ts'
import { openOutput } from '../output/open-output.ts'
import { createPartitioner, type Partitioner } from '../shuffle/partitioner.ts'
import { mapSideAggregate } from '../task/engine-job.ts'
import type { TaskEnvironment, WorkerEnvironment } from '../task/task-environment.ts'
import { reduceError } from '../task/user-error.ts'
import { Collector } from './collector.ts'
import { MapAttempt } from './map-attempt.ts'
import { MapSpiller } from './map-spiller.ts'

/** Runs the map attempts of one worker thread, one after another. */
export class Mapper {
  private readonly worker: WorkerEnvironment
  private readonly folding: ReturnType<typeof mapSideAggregate>
  private readonly partitioner: Partitioner
  private collector: Collector | undefined

  constructor(worker: WorkerEnvironment) {
    const { job, plan } = worker
    this.worker = worker
    this.folding = mapSideAggregate(job)
    this.partitioner = createPartitioner({
      partitions: plan.reducers,
      groupBy: job.groupBy ?? 0,
      custom: job.partition?.bind(job),
      userError: (cause, key) => reduceError('partition', cause, key),
    })
  }

  /** Runs one attempt to its end: a run file with an index by partition, or, map-only, a file of output. */
  async run(task: MapTask, env: TaskEnvironment): Promise<TaskDone> {
    const attempt = new MapAttempt(task, env)
    return env.plan.reducers === 0
      ? await this.mapToOutput(task, env, attempt)
      : await this.mapToRun(task, env, attempt)
  }

  private async mapToOutput(task: MapTask, env: TaskEnvironment, attempt: MapAttempt): Promise<TaskDone> {
    const place = { partition: task.task, partitions: 0, groupBy: 0 }
    const writer = openOutput(task.outputFile, env.format, env.space.writeBuffer, place)
    const outputs = new NamedOutputs(env.job.outputs, task.outputFile)
    env.ctx.named = outputs
    let named: readonly NamedPart[]
    try {
      await attempt.mapAll(directOutput(writer))
      named = outputs.close()
    } catch (error) {
      writer.abandon()
      outputs.abandon()
      throw error
    }
    const outputBytes = writer.close()
    attempt.count(counter.outputRecords, writer.records)
    attempt.count(counter.outputBytes, outputBytes)
    return { ...attempt.done([], outputBytes), named }
  }

  private async mapToRun(task: MapTask, env: TaskEnvironment, attempt: MapAttempt): Promise<TaskDone> {
    const { space, progress } = env
    const spiller = this.spillerOf(task, env, attempt)
    try {
      this.collector ??= this.makeCollector()
      const { collector } = this
      collector.begin(spiller)
      await attempt.mapAll(collector)
      spiller.spill(collector.table, collector.buffer)
      attempt.count(counter.combineInputRecords, collector.folded)
      let passes = 0
      const slices = await spiller.finish({
        memory: space.work,
        passBuffer: space.passBuffer,
        passFile: () => `${task.outputFile}.pass-${passes++}`,
        onPass: (records) => {
          attempt.count(counter.mergePasses, 1)
          attempt.count(counter.spilledRecords, records)
        },
        beat: () => {
          progress.beat()
        },
      })
      return attempt.done(
        slices.map((slice) => ({ ...slice, file: task.outputFile, mapTask: task.task })),
        0,
      )
    } catch (error) {
      spiller.abandon()
      throw error
    }
  }

  private makeCollector(): Collector {
    const { space, plan } = this.worker
    return new Collector({
      arena: space.arena,
      kernels: space.kernels,
      memoryBytes: space.workBytes,
      foldBy: this.folding?.aggregate,
      partitioner: this.partitioner,
      checked: plan.checked,
    })
  }

  private spillerOf(task: MapTask, env: TaskEnvironment, attempt: MapAttempt): MapSpiller {
    const { job, plan, space, progress } = env
    const { folding } = this
    const combine = job.combine ?? folding?.aggregate
    return new MapSpiller({
      arena: space.arena,
      partitions: plan.reducers,
      partitioner: this.partitioner,
      outputFile: task.outputFile,
      writeBuffer: space.writeBuffer,
      combine:
        combine === undefined
          ? undefined
          : {
              reduce: typeof combine === 'function' ? combine.bind(job) : combine,
              ctx: env.ctx,
              combining: { partial: folding?.partial === true },
              userError: (cause, key) => reduceError('combine', cause, key),
            },
      partialCounts: folding?.aggregate.aggregate === 'count' && folding.partial,
      count: (name, by) => {
        attempt.count(name, by)
      },
      beat: () => {
        progress.beat()
      },
      checked: plan.checked,
    })
  }
}
