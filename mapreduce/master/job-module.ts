import { pathToFileURL } from 'node:url'
import { MrError } from '../base/errors.ts'
import type { Job } from '../job.ts'
import { isJob, jobProblem } from './load-shape.ts'

export function toFileUrl(moduleUrl: string): string {
  return moduleUrl.startsWith('file:') ? moduleUrl : pathToFileURL(moduleUrl).href
}

/** The module's top level runs in the master too: it needs `params`, and whether there is a `reduce`. */
export async function importJob(moduleUrl: string, jobName: string): Promise<Job> {
  let module: Readonly<Record<string, unknown>>
  try {
    module = await import(toFileUrl(moduleUrl))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new MrError('MR_BAD_JOB', `The job ${jobName} can't be loaded: ${message}`, { cause: error })
  }
  const job = module['default']
  const problem = jobProblem(module)
  if (problem === undefined && isJob(job)) return job
  throw new MrError('MR_BAD_JOB', `The job ${jobName} can't be run: ${problem}`)
}
