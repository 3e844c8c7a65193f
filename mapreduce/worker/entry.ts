import { workerData as given, parentPort } from 'node:worker_threads'
import type { Task, TaskResult, WorkerData } from '../master/task.ts'
import { createRunner } from './task-runner.ts'

/**
 * What a worker thread runs: piscina imports this module and calls its default export for every task. The thread keeps
 * its arena and the job's module for its whole life.
 */
// workerData crosses from the master as it was given to the pool; nothing else starts this module.
const data: WorkerData = given
const run = createRunner(data, (status) => {
  parentPort?.postMessage({ status })
})

export default async function runTask(task: Task): Promise<TaskResult> {
  return await run(task)
}
