import { counter } from '../base/counters.ts'
import type { JobReport, TaskTiming } from './job-options.ts'
import type { JoinDecision } from './join-strategy.ts'
import type { WorkPlan } from './plan.ts'
import { skewNotes, skewOf } from './skew.ts'
import type { TaskResults } from './task-results.ts'
import type { TaskRunner } from './task-runner.ts'

export interface ReportInput {
  readonly jobId: string
  readonly jobName: string
  readonly outputPath: string
  readonly files: number
  readonly work: WorkPlan
  readonly join: JoinDecision | undefined
  readonly memoryBytes: number
  readonly runner: TaskRunner
  /** On the clock of the timings; the report counts from it. */
  readonly startMs: number
  readonly times: JobReport['times']
  /** Maps that were not run because their run files were there. */
  readonly resumed: number
  /** Sentences from elsewhere than the attempts. */
  readonly notes: readonly string[]
}

/** Failed attempts told one by one; beyond these, how many more. */
const incidentsTold = 10

export function jobReport(input: ReportInput): JobReport {
  const { work, runner, startMs } = input
  const tasks = runner.timings.map((timing) => ({
    ...timing,
    startMs: timing.startMs - startMs,
    endMs: timing.endMs - startMs,
  }))
  const counters: Record<string, number> = {
    ...runner.results.counters(),
    ...masterCounters(tasks),
    [counter.speculativeWon]: runner.speculativeWon,
    [counter.resumedMaps]: input.resumed,
  }
  const named = namedReport(runner.results)
  const skew = skewOf(runner.results, work)
  const outputBytes = runner.results.sum((result) => result.outputBytes)
  return {
    jobId: input.jobId,
    jobName: input.jobName,
    state: 'succeeded',
    inputFiles: input.files,
    inputBytes: work.inputBytes,
    maps: work.splits.length,
    reducers: work.reducers,
    workers: work.slots,
    memoryBytes: input.memoryBytes,
    ...(input.join === undefined ? {} : { join: input.join }),
    ...(skew === undefined ? {} : { skew }),
    counters,
    userCounters: runner.results.userCounters(),
    output: {
      path: input.outputPath,
      files: work.parts.length + named.reduce((sum, { files }) => sum + files, 0),
      bytes: outputBytes + named.reduce((sum, { bytes }) => sum + bytes, 0),
      records: counters[counter.outputRecords] ?? 0,
    },
    named,
    times: input.times,
    tasks,
    notes: [...work.notes, ...told(runner.incidents), ...input.notes, ...skewNotes(skew)],
  }
}

function namedReport(results: TaskResults): JobReport['named'] {
  const records = results.merged(({ named = [] }) => Object.fromEntries(named.map((part) => [part.name, part.records])))
  const bytes = results.merged(({ named = [] }) => Object.fromEntries(named.map((part) => [part.name, part.bytes])))
  const files = results.merged(({ named = [] }) => Object.fromEntries(named.map((part) => [part.name, 1])))
  return Object.entries(records).map(([name, count]) => ({
    name,
    files: files[name] ?? 0,
    bytes: bytes[name] ?? 0,
    records: count,
  }))
}

function told(incidents: readonly string[]): string[] {
  const first = incidents.slice(0, incidentsTold)
  const more = incidents.length - first.length
  return more > 0 ? [...first, `… and ${more} more attempts that failed.`] : first
}

function masterCounters(tasks: readonly TaskTiming[]): Record<string, number> {
  const count = (holds: (timing: TaskTiming) => boolean): number => tasks.filter(holds).length
  return {
    [counter.launchedMaps]: count(({ kind }) => kind === 'map'),
    [counter.launchedReduces]: count(({ kind }) => kind === 'reduce'),
    [counter.dataLocal]: count(({ locality }) => locality === 'data-local'),
    [counter.rackLocal]: count(({ locality }) => locality === 'rack-local'),
    [counter.offRack]: count(({ locality }) => locality === 'off-rack'),
    [counter.failedAttempts]: count(({ outcome }) => outcome === 'failed'),
    [counter.lostAttempts]: count(({ outcome }) => outcome === 'lost'),
    [counter.timedOutAttempts]: count(({ outcome }) => outcome === 'timed-out'),
    [counter.speculativeAttempts]: count(({ speculative }) => speculative),
  }
}
