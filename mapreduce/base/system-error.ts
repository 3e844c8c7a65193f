import { MrError } from './errors.ts'

/** Whether an error is the operating system's refusal of a call, as node hands it on. */
export function isSystemError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && 'syscall' in cause && 'errno' in cause
}

export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** An operating system's refusal as an `MrError`: what was tried, where, what to do. Others pass as they are. */
export function diskError(error: unknown, doing: string, path: string): unknown {
  const code = errorCode(error)
  if (code === undefined || error instanceof MrError) return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new MrError(
      'MR_NO_SPACE',
      `No space left ${doing} ${path} (${code}). Free some space there, or choose another place (output: -o, temporary files: QUERN_TMP), and run the job again.`,
      { cause: error },
    )
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new MrError('MR_IO', `No permission ${doing} ${path} (${code}).`, { cause: error })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new MrError('MR_IO', `The operating system failed ${doing} ${path}: ${message}`, { cause: error })
}
