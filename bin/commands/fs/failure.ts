import { DfsError, type DfsErrorCode } from '../../../dfs/base/errors.ts'
import { OutputFailed } from '../../terminal/output.ts'
import { systemReason } from '../../terminal/system-error.ts'
import { printable } from '../../terminal/width.ts'

/** Wrong usage of a verb: printed with the verb's usage line, exit code 255 as `hadoop fs` has it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A failure whose message says all there is to say. */
export class VerbError extends Error {
  override readonly name: string = 'VerbError'
}

/** The DFS could not be opened: every path in it would say the same. */
export class RootError extends VerbError {
  override readonly name = 'RootError'
}

/** A failure about a path, in Hadoop's form: `path': reason, or `path' to `target': reason. */
export class PathError extends VerbError {
  override readonly name = 'PathError'

  constructor(shown: string, reason: string, options?: { target?: string; cause?: unknown }) {
    const to = options?.target === undefined ? '' : ` to ${quoted(options.target)}`
    super(`${quoted(shown)}${to}: ${reason}`, options)
  }
}

/** The reasons as Hadoop words them; scripts compare these. */
export const reasons = {
  notFound: 'No such file or directory',
  exists: 'File exists',
  isDirectory: 'Is a directory',
  notDirectory: 'Is not a directory',
  notEmpty: 'Directory is not empty',
  io: 'Input/output error',
} as const

/** Errors are for people, so a name can not smuggle control characters to their terminal here. */
const quoted = (shown: string): string => `\`${printable(shown)}'`

const fatalCodes: ReadonlySet<DfsErrorCode> = new Set<DfsErrorCode>([
  'DFS_NO_SPACE',
  'DFS_CLOSED',
  'DFS_CORRUPT_METADATA',
  'DFS_SAFE_MODE',
])

/** Failures that the next path would only meet again: the command stops instead of repeating them. */
export function isFatal(error: unknown): boolean {
  if (error instanceof OutputFailed || error instanceof RootError) return true
  return error instanceof DfsError && fatalCodes.has(error.code)
}

/** What to print after `verb: ` for an error, met while working on `shown` if it was about a path. */
export function failureText(error: unknown, shown?: string): string {
  if (error instanceof VerbError || error instanceof UsageError) return error.message
  if (error instanceof DfsError) {
    const reason = dfsReason(error)
    return reason === undefined || shown === undefined ? error.message : `${quoted(shown)}: ${reason}`
  }
  const reason = localReason(error)
  return shown === undefined ? reason : `${quoted(shown)}: ${reason}`
}

/** The same words for the local file system as for the DFS. */
function localReason(error: unknown): string {
  if (hasCode(error, 'ENOTDIR')) return reasons.notDirectory
  if (hasCode(error, 'EISDIR')) return reasons.isDirectory
  if (hasCode(error, 'EEXIST')) return reasons.exists
  return systemReason(error) ?? (error instanceof Error ? error.message : String(error))
}

function dfsReason(error: DfsError): string | undefined {
  switch (error.code) {
    case 'DFS_NOT_FOUND':
      return reasons.notFound
    case 'DFS_EXISTS':
      return reasons.exists
    case 'DFS_IS_DIRECTORY':
      return reasons.isDirectory
    case 'DFS_NOT_DIRECTORY':
      return reasons.notDirectory
    case 'DFS_NOT_EMPTY':
      return reasons.notEmpty
    default:
      return undefined
  }
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}
