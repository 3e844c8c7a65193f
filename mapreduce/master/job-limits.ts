import type { JobLimits } from '../job.ts'
import type { RunJobOptions } from './job-options.ts'
import { checkLimits, type MasterLimits } from './limits.ts'

/** The fields of a job's `limits`, each a whole number in this range. */
export const jobLimitRanges: Readonly<Record<keyof JobLimits, readonly [number, number]>> = {
  attempts: [1, 1000],
  timeoutSeconds: [1, 30 * 86_400],
  heapMB: [16, 65_536],
}

/** The numbers of a run: the engine's, then the job's own, then what its options say. */
export function limitsOf(limits: MasterLimits, job: JobLimits | undefined, options: RunJobOptions): MasterLimits {
  const attempts = options.taskAttempts ?? job?.attempts
  const timeoutMs = options.taskTimeoutMs ?? (job?.timeoutSeconds === undefined ? undefined : job.timeoutSeconds * 1000)
  const heapMiB = options.workerHeapMiB ?? job?.heapMB
  return checkLimits({
    ...limits,
    ...(attempts === undefined ? {} : { taskAttemptsMax: attempts }),
    ...(timeoutMs === undefined ? {} : { taskTimeoutMs: timeoutMs }),
    ...(heapMiB === undefined ? {} : { workerHeapMiB: heapMiB }),
    ...(options.speculate === undefined ? {} : { speculate: options.speculate }),
  })
}
