import { MrError } from '../base/errors.ts'
import { userFrame } from '../base/user-frame.ts'
import { showKey } from '../shuffle/reduce-groups.ts'

/** What user code threw, with where in the data it happened; the message is complete, `cause` is what was thrown. */
export class UserCodeError extends MrError {
  constructor(what: string, cause: unknown) {
    super('MR_USER_CODE', `${what}: ${thrownText(cause)}`, { cause })
  }
}

/** `record` counts from 1 within the task; `offset` is the record's first byte in the file. */
export function mapError(cause: unknown, name: string, offset: number, record: number, head: Buffer): UserCodeError {
  return new UserCodeError(
    `map threw at ${name}, byte ${offset} (record ${record} of the task), which begins ${showBytes(head)}`,
    cause,
  )
}

export function reduceError(
  step: 'combine' | 'reduce' | 'partition' | 'join',
  cause: unknown,
  key: unknown,
): UserCodeError {
  return new UserCodeError(`${step} threw at key ${showKey(key)}`, cause)
}

/** What was thrown, and the user's own file:line:column where the stack has it. */
export function thrownText(cause: unknown): string {
  const frame = userFrame(cause)
  const at = frame === undefined ? '' : `\n    at ${frame}`
  if (cause instanceof MrError) return cause.message + at
  if (cause instanceof Error) return `${cause.name}: ${cause.message}${at}`
  return `it threw ${typeof cause === 'string' ? JSON.stringify(cause) : String(cause)}, which is not an Error`
}

/** Bytes as a quoted string, those that are no printable text escaped. */
function showBytes(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('utf8')).replaceAll('\ufffd', '\\ufffd')
}
