import { MrError } from '../base/errors.ts'
import { formatOfFile, type InputSpec } from '../input/format.ts'
import type { TaskContext } from '../job.ts'
import { isOwnError } from './task-environment.ts'
import { UserCodeError } from './user-error.ts'

/**
 * The bytes that a line of the file needs to be a record, as `contains` of its format says; undefined where every line is
 * one. What the function throws is the user's (MR_USER_CODE), and so is what it may not return.
 */
export function needleOf(format: InputSpec, name: string, ctx: TaskContext): Buffer | undefined {
  const own = formatOfFile(format, name)
  if (own.input !== 'text' || own.contains === undefined) return undefined
  let bytes: unknown
  try {
    bytes = own.contains(ctx)
  } catch (cause) {
    throw isOwnError(cause) ? cause : new UserCodeError('contains threw', cause)
  }
  if (bytes === undefined) return undefined
  if (typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) {
    throw new MrError('MR_USER_CODE', `contains returned ${describe(bytes)}; it has to be a string, bytes or undefined`)
  }
  // A copy: the bytes are looked for until the file is read, whatever becomes of the user's.
  return bytes.length === 0 ? undefined : Buffer.from(bytes)
}

const describe = (value: unknown): string =>
  typeof value === 'object' || typeof value === 'function' ? `a ${typeof value}` : String(value)
