import { shareQuotes } from '../input/quote-table.ts'
import { columnsOf } from './input-names.ts'
import { toFileUrl } from './job-module.ts'
import type { RunJobOptions } from './job-options.ts'
import type { Planned } from './plan-job.ts'
import type { JobPlan } from './task.ts'

/** What the workers of a run are told; `stage` is the number of a flow's stage. */
export function jobPlanOf(
  { params, sides, inputs: { files }, shapes, work, join }: Planned,
  { moduleUrl, checked = false, packRuns = false, format, skipBad }: RunJobOptions,
  { jobId, scratch, stage }: { readonly jobId: string; readonly scratch: string; readonly stage: number | undefined },
): JobPlan {
  return {
    jobId,
    moduleUrl: toFileUrl(moduleUrl),
    params,
    sides,
    files,
    columns: columnsOf(files, shapes),
    reducers: work.reducers,
    memoryBytes: work.memoryBytesPerSlot,
    scratch,
    quotes: shareQuotes(files),
    checked,
    packRuns,
    ...(format === undefined ? {} : { format }),
    ...(skipBad === undefined ? {} : { skipBad }),
    ...(join === undefined ? {} : { join: { strategy: join.strategy, held: join.held } }),
    ...(stage === undefined ? {} : { stage }),
  }
}
