import { MrError } from '../../mapreduce/base/errors.ts'
import { userFrame } from '../../mapreduce/base/user-frame.ts'

/** An error of user code with the place in the user's file, where its stack has one; any other error as it is. */
export function withUserPlace(error: unknown): unknown {
  if (!(error instanceof MrError) || error.code !== 'MR_USER_CODE') return error
  const frame = userFrame(error.cause)
  if (frame === undefined) return error
  const [first = '', ...more] = error.message.split('\n')
  return new MrError(error.code, [first, `    at ${frame}`, ...more].join('\n'), { cause: error.cause })
}
