import { counter } from '../base/counters.ts'
import { broadcastInput } from '../join/broadcast-join.ts'
import { HotKeys } from '../join/hot-keys.ts'
import { JoinRows } from '../join/join-rows.ts'
import { MergeJoin } from '../join/merge-join.ts'
import { RowTable } from '../join/row-table.ts'
import { sideInput } from '../join/side-input.ts'
import type { BroadcastTable, MapTask, TaskDone } from '../master/task.ts'
import { directOutput } from '../output/direct-output.ts'
import type { MapOutput } from '../output/map-output.ts'
import { NamedOutputs, type NamedPart } from '../output/named-outputs.ts'
import { openOutput } from '../output/open-output.ts'
import type { Aggregate } from '../shuffle/aggregate.ts'
import { createPartitioner, type Partitioner } from '../shuffle/partitioner.ts'
import type { TableHolds } from '../shuffle/sorted-entries.ts'
import { type EngineInput, joinOf, mapSideAggregate } from '../task/engine-job.ts'
import type { TaskEnvironment, WorkerEnvironment } from '../task/task-environment.ts'
import { reduceError } from '../task/user-error.ts'
import { Collector } from './collector.ts'
import { MapAttempt } from './map-attempt.ts'
import { MapSpiller } from './map-spiller.ts'

/** Runs the map attempts of one worker thread, one after another. */
export class Mapper {
  private readonly worker: WorkerEnvironment
  private readonly folding: ReturnType<typeof mapSideAggregate>
  private partitioner: Partitioner | undefined
  private collector: Collector | undefined
  private readonly sides = new Map<string, EngineInput>()
  private merging: MergeJoin | undefined

  constructor(worker: WorkerEnvironment) {
    this.worker = worker
    this.folding = mapSideAggregate(worker.job)
  }

  /** Runs one attempt to its end: a run file with an index by partition, or, map-only, a file of output. */
  async run(task: MapTask, env: TaskEnvironment): Promise<TaskDone> {
    if (env.plan.join?.strategy === 'merge') {
      this.merging ??= new MergeJoin(this.worker)
      return await this.merging.run(task, env)
    }
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
      const output = directOutput(writer)
      await attempt.mapAll(output, task.table === undefined ? undefined : this.broadcast(task.table, output, env))
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
    // The same for all tasks of the job, and first known when one comes: the cuts of a range are sampled.
    this.partitioner ??= this.makePartitioner(task)
    const spiller = this.spillerOf(task, env, attempt, this.partitioner)
    try {
      this.collector ??= this.makeCollector(this.partitioner)
      const { collector } = this
      collector.begin(spiller)
      await attempt.mapAll(
        collector,
        env.plan.join === undefined ? undefined : (name) => this.side(name, collector, task),
      )
      spiller.spill(collector.table, collector.buffer)
      attempt.count(counter.combineInputRecords, collector.folded)
      let passes = 0
      const slices = await spiller.finish({
        memory: space.work,
        in: space,
        packer: space.packer,
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

  /** One side of a join that goes through the shuffle; the same for the life of the worker. */
  private side(name: string | undefined, collector: Collector, { hot }: MapTask): EngineInput {
    const { job, plan } = this.worker
    const side = name === 'left' ? 'left' : 'right'
    let input = this.sides.get(side)
    if (input === undefined) {
      input = sideInput({
        join: joinOf(job, plan.params),
        side,
        held: plan.join?.held ?? 'right',
        partitions: plan.reducers,
        ...(hot === undefined ? {} : { hot: new HotKeys(hot, side) }),
        take: (key, keyKind, keyStart, keyEnd, value, valueKind, valueStart, valueEnd, partition) => {
          collector.take(key, keyKind, keyStart, keyEnd, value, valueKind, valueStart, valueEnd, partition)
        },
        takeTexts: (key, value, valueKind) => collector.takeTexts(key, value, valueKind),
      })
      this.sides.set(side, input)
    }
    return input
  }

  /** The streamed side of a broadcast join. */
  private broadcast(table: BroadcastTable, output: MapOutput, env: TaskEnvironment): () => EngineInput {
    const join = joinOf(env.job, env.plan.params)
    const held = env.plan.join?.held ?? 'right'
    const { ctx, progress, plan } = env
    const beat = (): void => progress.beat()
    const rows = new JoinRows({ join, held, emit: output.emit, ctx, checked: plan.checked, beat })
    const input = broadcastInput(join[held === 'left' ? 'right' : 'left'], RowTable.of(table), rows)
    return () => input
  }

  private makePartitioner({ cuts }: MapTask): Partitioner {
    const { job, plan } = this.worker
    const { partition } = job
    return createPartitioner({
      partitions: plan.reducers,
      groupBy: job.groupBy ?? 0,
      custom: typeof partition === 'function' ? partition.bind(job) : undefined,
      cuts,
      userError: (cause, key) => reduceError('partition', cause, key),
    })
  }

  private makeCollector(partitioner: Partitioner): Collector {
    const { space, plan } = this.worker
    return new Collector({
      arena: space.arena,
      kernels: space.kernels,
      memoryBytes: space.workBytes,
      foldBy: this.folding?.aggregate,
      partitioner,
      partitions: plan.reducers,
      checked: plan.checked,
    })
  }

  private spillerOf(task: MapTask, env: TaskEnvironment, attempt: MapAttempt, partitioner: Partitioner): MapSpiller {
    const { job, plan, space, progress } = env
    const { folding } = this
    const combine = job.combine ?? folding?.aggregate
    return new MapSpiller({
      arena: space.arena,
      partitions: plan.reducers,
      partitioner,
      sorted: plan.join?.strategy !== 'partitioned',
      outputFile: task.outputFile,
      writeBuffer: space.writeBuffer,
      packer: space.packer,
      combine:
        combine === undefined
          ? undefined
          : {
              reduce: typeof combine === 'function' ? combine.bind(job) : combine,
              ctx: env.ctx,
              combining: { partial: folding?.partial === true },
              userError: (cause, key) => reduceError('combine', cause, key),
            },
      tableHolds: folding === undefined ? 'values' : tableHolds(folding),
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

function tableHolds({ aggregate: { aggregate }, partial }: { aggregate: Aggregate; partial: boolean }): TableHolds {
  if (aggregate === 'distinct') return 'keys'
  if (aggregate === 'stats') return 'stats'
  return aggregate === 'count' && partial ? 'partial counts' : 'values'
}
