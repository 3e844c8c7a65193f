/**
 * The public face of the engine: what a job module imports from 'quern', and what runs jobs from a program.
 */
import type { JobReport, RunJobOptions } from './master/run-job.ts'

export { MrError, type MrErrorCode } from './base/errors.ts'
export { type BuildFlow, defineFlow, type FlowBuilder, type FlowOptions } from './flow/define.ts'
export type { FlowJoin, Grouped, Joined, Rows, Written } from './flow/rows.ts'
export {
  type CsvFormat,
  type CsvOptions,
  csv,
  type JsonlFormat,
  jsonl,
  type TableFormat,
  type TableRecord,
  table,
} from './format.ts'
export {
  byEnding,
  fixed,
  type InputFormat,
  type KeyValueRecord,
  keyValue,
  lines,
  text,
  wholeFile,
} from './input/format.ts'
export {
  defineJob,
  type Emit,
  type Job,
  type JobLimits,
  type JoinStrategy,
  type JoinType,
  type Key,
  type NamedInput,
  type ParamSpec,
  type ParamValue,
  type Seen,
  type SideFile,
  type TaskContext,
  type Value,
} from './job.ts'
export { defineJoin, type JoinDefinition, type JoinKey, type JoinSide } from './join/define.ts'
export type { DataPath, JobProgress, JobReport, RunJobOptions, StageReport, TaskTiming } from './master/run-job.ts'
export { type OutputFormat, raw, tsv } from './output/format.ts'
export type { CsvRow } from './record/csv-row.ts'
export { parseDecimal, showDecimal } from './record/decimal.ts'
export { type Descending, desc } from './record/descending.ts'
export { type CutField, type CutFields, fieldParam, fieldsParam } from './record/line-field.ts'
export { Text } from './record/text.ts'
export { type Aggregate, bottom, count, distinct, first, max, mean, min, stats, sum, top } from './shuffle/aggregate.ts'
export { identity, type PassThrough, sorted } from './shuffle/pass-through.ts'
export { hash, type NamedPartition, range } from './shuffle/range.ts'
export { mergeStats, type Stats } from './shuffle/stats-fold.ts'
export { type BuiltInMap, words } from './task/built-in-map.ts'

/**
 * Runs a job from its input to its committed output, see `RunJobOptions`. Throws `MrError`. The master is loaded only
 * when this is called: every worker thread imports this module for the job's sake.
 */
export async function runJob(options: RunJobOptions): Promise<JobReport> {
  const master = await import('./master/run-job.ts')
  return await master.runJob(options)
}
