/** Every failure of the engine that a caller may want to tell apart. Codes never change between versions; messages may. */
export type MrErrorCode =
  /** Wrong usage: an option, a parameter, a path that does not fit. Exit code 2. */
  | 'MR_USAGE'
  | 'MR_NO_INPUT'
  | 'MR_OUTPUT_EXISTS'
  | 'MR_UNKNOWN_JOB'
  /** The job module can't be loaded (syntax error, missing import) or does not have the shape of a job. */
  | 'MR_BAD_JOB'
  | 'MR_BAD_PARAM'
  /** `--memory` below what one record or the fixed buffers need. */
  | 'MR_MEMORY'
  /** User code threw or rejected. */
  | 'MR_USER_CODE'
  /** No progress for the task timeout. */
  | 'MR_TASK_TIMEOUT'
  /** The worker thread died under the task; not the task's fault, bounded separately. */
  | 'MR_TASK_LOST'
  | 'MR_WORKER_OUT_OF_MEMORY'
  /** A record, key or value over its limit. */
  | 'MR_RECORD_TOO_LARGE'
  | 'MR_BAD_INPUT'
  /** More bad records than `--skip-bad` allows. */
  | 'MR_SKIPPED_TOO_MANY'
  /** A run file failed its checksum or is gone; the map that made it is run again. */
  | 'MR_LOST_RUN'
  | 'MR_IO'
  | 'MR_NO_SPACE'
  | 'MR_CANCELLED'
  | 'MR_JOB_FAILED'

/** Wrong usage or bad input exits with 2, everything else that fails with 1. */
const usageCodes: ReadonlySet<MrErrorCode> = new Set<MrErrorCode>([
  'MR_USAGE',
  'MR_NO_INPUT',
  'MR_OUTPUT_EXISTS',
  'MR_UNKNOWN_JOB',
  'MR_BAD_JOB',
  'MR_BAD_PARAM',
  'MR_MEMORY',
])

/** An operating failure of the engine. Programmer errors are plain `TypeError`s or assertions instead. */
export class MrError extends Error {
  override readonly name = 'MrError'
  readonly code: MrErrorCode

  constructor(code: MrErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  get exitCode(): 1 | 2 {
    return usageCodes.has(this.code) ? 2 : 1
  }
}
