import type { OutputDisk } from '../output/disk.ts'
import { beginKeeping, noteFinished, takeOver } from './kept-maps.ts'
import type { WorkPlan } from './plan.ts'
import { resumeKey } from './resume-key.ts'
import type { JobPlan, TaskDone } from './task.ts'

/** What an earlier run has finished, and how to write down what this one does. */
export interface Resumption {
  readonly maps: ReadonlyMap<number, TaskDone>
  readonly notes: readonly string[]
  readonly onRun: (map: number, runFile: string, result: TaskDone) => Promise<void>
}

export const noResumption: Resumption = { maps: new Map(), notes: [], onRun: () => Promise.resolve() }

/** For a job that was asked to resume. `base` is where the temporary directories of all jobs are. */
export async function resumption(
  plan: JobPlan,
  work: WorkPlan,
  { base, disk }: { readonly base: string; readonly disk: OutputDisk },
): Promise<Resumption> {
  if (work.reducers === 0) {
    return {
      ...noResumption,
      notes: ['--resume has no effect: the job has no reduce, and its maps leave no runs to go on from.'],
    }
  }
  const { scratch } = plan
  const key = await resumeKey(plan, work)
  await beginKeeping(scratch, key, disk)
  const total = work.splits.length
  const maps = await takeOver({ scratch, base, key, maps: total, reducers: work.reducers, disk })
  const note =
    maps.size === 0
      ? `Nothing was there to resume from: no finished maps of this job with this module, parameters, input and plan are kept.`
      : `Resumed: ${maps.size} of ${total} maps were finished by an earlier run and not run again.`
  return { maps, notes: [note], onRun: (map, file, result) => noteFinished(key, map, file, result) }
}
