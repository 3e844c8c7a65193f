import type { BadReplica } from '../../dfs/index.ts'
import { stageOf } from '../flow/stage-of.ts'
import { QuoteTable } from '../input/quote-table.ts'
import { runJoinReduceTask } from '../join/join-reduce.ts'
import { runBroadcastTask } from '../map/broadcast-task.ts'
import { runSampleTask } from '../map/key-sample-task.ts'
import { Mapper } from '../map/mapper.ts'
import { runRangeSampleTask } from '../map/range-sample-task.ts'
import { runSkewSampleTask } from '../map/skew-sample-task.ts'
import type { Task, TaskDone, TaskResult, WorkerData } from '../master/task.ts'
import { chooseOutput } from '../output/format.ts'
import { runReduceTask } from '../reduce/reduce-task.ts'
import { importDefault, importJob } from '../task/engine-job.ts'
import { ProgressRow } from '../task/progress-row.ts'
import { SideFiles } from '../task/side-file.ts'
import { WorkerTaskContext } from '../task/task-context.ts'
import type { TaskEnvironment, WorkerEnvironment } from '../task/task-environment.ts'
import { WorkerSpace } from '../task/worker-space.ts'
import { taskFailure } from './task-failure.ts'

/** Runs tasks one after another in this thread. Never rejects: what went wrong is in the result. */
export function createRunner(
  data: WorkerData,
  postStatus: (text: string) => void,
): (task: Task) => Promise<TaskResult> {
  // The user's stacks name their own file and line.
  process.setSourceMapsEnabled(true)
  const { plan, slot } = data
  const progress = new ProgressRow(data.progress, slot)
  let tools: Promise<Tools> | undefined

  return async (task) => {
    progress.start()
    const abort = new AbortController()
    const bad: BadReplica[] = []
    try {
      tools ??= prepare(data, progress)
      const { worker, mapper, sides } = await tools
      const ctx = new WorkerTaskContext(task, plan, progress, abort.signal, postStatus, sides)
      const env = { ...worker, ctx, bad }
      const done = await runTask(task, mapper, env)
      sides.check()
      return done
    } catch (error) {
      // What user code left running is told to stop.
      abort.abort(error)
      return { ...taskFailure(error, task.outputFile, plan.scratch), bad }
    }
  }
}

async function runTask(task: Task, mapper: Mapper, env: TaskEnvironment): Promise<TaskDone> {
  switch (task.kind) {
    case 'map':
      return await mapper.run(task, env)
    case 'broadcast':
      return await runBroadcastTask(task, env)
    case 'sample':
      return await runSampleTask(task, env)
    case 'range-sample':
      return await runRangeSampleTask(task, env)
    case 'skew-sample':
      return await runSkewSampleTask(task, env)
    case 'reduce':
      return await (env.plan.join === undefined ? runReduceTask(task, env) : runJoinReduceTask(task, env))
  }
}

/** What a thread keeps from its first task on. */
interface Tools {
  readonly worker: WorkerEnvironment
  readonly mapper: Mapper
  readonly sides: SideFiles
}

async function prepare({ plan, datanode }: WorkerData, progress: ProgressRow): Promise<Tools> {
  const stage = plan.stage === undefined ? undefined : stageOf(await importDefault(plan.moduleUrl), plan.stage)
  const job = stage?.job ?? (await importJob(plan.moduleUrl))
  const space = new WorkerSpace(plan.memoryBytes, plan.packRuns)
  const format = chooseOutput(plan.format, job.output)
  const quotes = new QuoteTable(plan.files, plan.quotes)
  const after = stage?.after === undefined ? {} : { after: stage.after }
  const worker = { plan, job, ...after, space, datanode, progress, format, quotes }
  return { worker, mapper: new Mapper(worker), sides: new SideFiles(plan.sides, plan.checked) }
}
