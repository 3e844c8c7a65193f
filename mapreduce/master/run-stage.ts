import type { Job } from '../job.ts'
import type { OutputCommitter } from '../output/commit.ts'
import type { ExpandedInputs } from './inputs.ts'
import type { JobReport, RunJobOptions } from './job-options.ts'
import type { MasterSeams } from './seams.ts'

/** What of a job is known already when it is a stage of a flow. */
export interface RunStage {
  /** From 0. */
  readonly number: number
  readonly job: Job
  readonly inputs: ExpandedInputs
  /** Of the last stage: where the flow's output goes, prepared. Others make a directory of their own. */
  readonly committer: OutputCommitter | undefined
}

/** Runs one stage as a job. */
export type StageRunner = (options: RunJobOptions, seams: MasterSeams, stage: RunStage) => Promise<JobReport>
