import { counter } from '../base/counters.ts'
import type { ExpandedInputs } from './inputs.ts'
import type { JobReport, RunJobOptions, StageReport } from './job-options.ts'
import { shown } from './output-place.ts'

/** A stage that has been run. */
export interface RanStage {
  /** From 0. */
  readonly number: number
  readonly name: string
  /** Milliseconds since the flow began. */
  readonly startMs: number
  readonly report: JobReport
}

export interface FlowReportInput {
  readonly options: RunJobOptions
  readonly inputs: ExpandedInputs
  /** Of the stage that wrote the output. */
  readonly last: JobReport
  /** In the order they ran; one that was run again stands there twice. */
  readonly ran: readonly RanStage[]
  readonly totalMs: number
  readonly notes: readonly string[]
}

/** One report of all stages: counters and times summed up, the input that of the flow, the output that of the last. */
export function flowReport({ options, inputs, last, ran, totalMs, notes }: FlowReportInput): JobReport {
  const sum = (of: (report: JobReport) => number): number => ran.reduce((all, { report }) => all + of(report), 0)
  const { join: _join, ...rest } = last
  return {
    ...rest,
    jobName: options.jobName,
    inputFiles: inputs.files.length,
    inputBytes: inputs.files.reduce((all, { length }) => all + length, 0),
    maps: sum(({ maps }) => maps),
    workers: Math.max(...ran.map(({ report }) => report.workers)),
    counters: summed(ran.map(({ report }) => report.counters)),
    userCounters: summed(ran.map(({ report }) => report.userCounters)),
    output: { ...last.output, path: shown(options.output) },
    times: {
      planMs: sum(({ times }) => times.planMs),
      mapMs: sum(({ times }) => times.mapMs),
      reduceMs: sum(({ times }) => times.reduceMs),
      commitMs: sum(({ times }) => times.commitMs),
      totalMs,
    },
    tasks: ran.flatMap(({ report, startMs }) =>
      report.tasks.map((task) => ({ ...task, startMs: task.startMs + startMs, endMs: task.endMs + startMs })),
    ),
    stages: ran.map(stageReport),
    notes: [
      ...ran.flatMap(({ number, report }) => report.notes.map((note) => `Stage ${number + 1}: ${note}`)),
      ...notes,
    ],
  }
}

function stageReport({ number, name, report }: RanStage): StageReport {
  const { inputBytes, maps, reducers, counters, output, times, join } = report
  return {
    number: number + 1,
    name,
    maps,
    reducers,
    inputBytes,
    inputRecords: counters[counter.mapInputRecords] ?? 0,
    outputBytes: output.bytes,
    outputRecords: output.records,
    shuffleBytes: counters[counter.shuffleBytes] ?? 0,
    totalMs: times.totalMs,
    ...(join === undefined ? {} : { join }),
  }
}

function summed(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const counters of all) {
    for (const [name, value] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + value
  }
  return sums
}
