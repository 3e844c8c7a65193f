import { dirname } from 'node:path'
import { MrError, type MrErrorCode } from '../base/errors.ts'
import { isSystemError } from '../base/system-error.ts'
import type { TaskFailure } from '../master/task.ts'
import { LostRun } from '../shuffle/lost-run.ts'
import { LostRecords } from '../table/records-format.ts'
import { UserCodeError } from '../task/user-error.ts'

/** Failures that no other attempt will cure. */
const permanentCodes: ReadonlySet<MrErrorCode> = new Set<MrErrorCode>([
  'MR_RECORD_TOO_LARGE',
  'MR_BAD_INPUT',
  'MR_SKIPPED_TOO_MANY',
  'MR_BAD_JOB',
  // A job's setup may refuse a value that only it can judge.
  'MR_BAD_PARAM',
])

/** What the master is told of an attempt that failed. `file` is what the attempt was writing, `scratch` the job's own directory. */
export function taskFailure(error: unknown, file: string, scratch: string): TaskFailure {
  if (error instanceof LostRun) {
    return { ...failure(error.code, error.message), ...(error.mapTask < 0 ? {} : { lostMaps: [error.mapTask] }) }
  }
  // No other attempt finds them again: the flow has to make them anew.
  if (error instanceof LostRecords) return { ...failure(error.code, error.message), permanent: true }
  if (error instanceof UserCodeError) {
    const { cause } = error
    return { ...failure(error.code, error.message), ...stackOf(cause) }
  }
  if (error instanceof MrError) return { ...failure(error.code, error.message), ...stackOf(error) }
  if (isSystemError(error)) {
    if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') {
      return failure('MR_IO', `the operating system refused: ${error.message} (writing ${file})`)
    }
    const way = file.startsWith(scratch)
      ? 'or set QUERN_TMP to a directory on a larger disk'
      : 'or choose another output'
    return failure(
      'MR_NO_SPACE',
      `the disk is full that holds ${dirname(file)} (${error.message}); free some space, ${way}`,
    )
  }
  const message = error instanceof Error ? error.message : String(error)
  return { ...failure('MR_IO', `the task failed unexpectedly: ${message}`), ...stackOf(error) }
}

function failure(code: MrErrorCode, message: string): TaskFailure {
  return { ok: false, code, message, permanent: permanentCodes.has(code), bad: [] }
}

function stackOf(error: unknown): { stack?: string } {
  return error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}
}
