import { MrError } from '../base/errors.ts'
import type { JobFailure } from './schedule-events.ts'
import type { TaskFailure } from './task.ts'

/** The error a failed job ends with: the first cause in its own words and under its own code, then what was tried. */
export function describeFailure(failure: JobFailure): MrError {
  const cause = failure.stack === undefined ? undefined : withStack(failure.message, failure.stack)
  return new MrError(failure.code, `${failure.message}\n${tried(failure)}`, cause === undefined ? {} : { cause })
}

/** The same for what is done before the maps, which is no task of the schedule. */
export function describePreparationFailure(failure: TaskFailure, attempts: number): MrError {
  const cause = failure.stack === undefined ? undefined : withStack(failure.message, failure.stack)
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`
  return new MrError(
    failure.code,
    `${failure.message}\nThe job failed while its maps were prepared (${times} made).`,
    cause === undefined ? {} : { cause },
  )
}

function tried({ kind, task, attempts, rule }: JobFailure): string {
  const name = `${kind} task ${task}`
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`
  switch (rule) {
    case 'permanent':
      return `The job failed at ${name}; trying again would not help (${times} made).`
    case 'attempts':
      return `The job failed: ${name} had ${times} and none succeeded; above is the first failure.`
    case 'losses':
      return `The job failed: the worker thread of ${name} ended again and again (${times} made). Look for process.exit or a crash in native code in the job.`
    case 'lost-runs':
      return `The job failed: the intermediate data of ${name} was lost again and again (${times} made). Check the disk that holds the temporary files (QUERN_TMP).`
  }
}

function withStack(message: string, stack: string): Error {
  const error = new Error(message)
  error.stack = stack
  return error
}
