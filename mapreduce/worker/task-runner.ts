import type { BadReplica } from '../../dfs/index.ts'
import { runJoinReduceTask } from '../join/join-reduce.ts'
import { runBroadcastTask } from '../map/broadcast-task.ts'
import { runSampleTask } from '../map/key-sample-task.ts'
import { Mapper } from '../map/mapper.ts'
import { runRangeSampleTask } from '../map/range-sample-task.ts'
import type { Task, TaskResult, WorkerData } from '../master/task.ts'
import type { OutputFormatName } from '../output/format.ts'
import { isOutputFormatName } from '../output/format.ts'
import { runReduceTask } from '../reduce/reduce-task.ts'
import { type EngineJob, importJob } from '../task/engine-job.ts'
import { ProgressRow } from '../task/progress-row.ts'
import { WorkerTaskContext } from '../task/task-context.ts'
import type { WorkerEnvironment } from '../task/task-environment.ts'
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
      const { worker, mapper } = await tools
      const ctx = new WorkerTaskContext(task, plan.params, progress, abort.signal, postStatus)
      const env = { ...worker, ctx, bad }
      switch (task.kind) {
        case 'map':
          return await mapper.run(task, env)
        case 'broadcast':
          return await runBroadcastTask(task, env)
        case 'sample':
          return await runSampleTask(task, env)
        case 'range-sample':
          return await runRangeSampleTask(task, env)
        case 'reduce':
          return await (plan.join === undefined ? runReduceTask(task, env) : runJoinReduceTask(task, env))
      }
    } catch (error) {
      // What user code left running is told to stop.
      abort.abort(error)
      return { ...taskFailure(error, task.outputFile, plan.scratch), bad }
    }
  }
}

/** What a thread keeps from its first task on. */
interface Tools {
  readonly worker: WorkerEnvironment
  readonly mapper: Mapper
}

async function prepare({ plan, datanode }: WorkerData, progress: ProgressRow): Promise<Tools> {
  const job = await importJob(plan.moduleUrl)
  const space = new WorkerSpace(plan.memoryBytes)
  const worker = { plan, job, space, datanode, progress, format: formatOf(plan.format, job) }
  return { worker, mapper: new Mapper(worker) }
}

function formatOf(asked: string | undefined, job: EngineJob): OutputFormatName {
  if (asked !== undefined && isOutputFormatName(asked)) return asked
  return job.output?.output ?? 'tsv'
}
