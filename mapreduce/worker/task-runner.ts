import { runMapTask } from '../map/map-task.ts'
import type { Task, TaskResult, WorkerData } from '../master/task.ts'
import type { OutputFormatName } from '../output/format.ts'
import { isOutputFormatName } from '../output/format.ts'
import { runReduceTask } from '../reduce/reduce-task.ts'
import { type EngineJob, importJob } from '../task/engine-job.ts'
import { ProgressRow } from '../task/progress-row.ts'
import { WorkerTaskContext } from '../task/task-context.ts'
import type { TaskEnvironment } from '../task/task-environment.ts'
import { WorkerSpace } from '../task/worker-space.ts'
import { taskFailure } from './task-failure.ts'

/** Runs tasks one after another in this thread. Never rejects: what went wrong is in the result. */
export function createRunner(
  data: WorkerData,
  postStatus: (text: string) => void,
): (task: Task) => Promise<TaskResult> {
  // The user's stacks name their own file and line.
  process.setSourceMapsEnabled(true)
  const { plan, slot, datanode } = data
  const progress = new ProgressRow(data.progress, slot)
  let space: WorkerSpace | undefined
  let job: Promise<EngineJob> | undefined

  return async (task) => {
    progress.start()
    const abort = new AbortController()
    try {
      job ??= importJob(plan.moduleUrl)
      const loaded = await job
      space ??= new WorkerSpace(plan.memoryBytes)
      const env: TaskEnvironment = {
        plan,
        job: loaded,
        space,
        datanode,
        progress,
        ctx: new WorkerTaskContext(task, plan.params, progress, abort.signal, postStatus),
        format: formatOf(plan.format, loaded),
      }
      return task.kind === 'map' ? await runMapTask(task, env) : await runReduceTask(task, env)
    } catch (error) {
      // What user code left running is told to stop.
      abort.abort(error)
      return taskFailure(error, task.outputFile, plan.scratch)
    }
  }
}

function formatOf(asked: string | undefined, job: EngineJob): OutputFormatName {
  if (asked !== undefined && isOutputFormatName(asked)) return asked
  return job.output?.output ?? 'tsv'
}
