import type { z } from 'zod'
import { DfsError } from '../../base/errors.ts'
import { codeOf } from '../exceptions.ts'
import { answers } from './answers.ts'

export interface Refusal {
  /** Operation and address, for the message. */
  readonly asked: string
  readonly status: number
  readonly body: string
  /** The header WWW-Authenticate. */
  readonly challenge: string | undefined
}

/** A server's refusal as the DfsError it stands for: by the exception that the body names, else by the status. */
export function refused({ asked, status, body, challenge }: Refusal): DfsError {
  const told = remoteException(body)
  if (told !== undefined) {
    const words = readable((told.message ?? '').split('\n', 1)[0] || told.exception)
    return new DfsError(codeOf({ ...told, message: words }), `${words} (${asked})`)
  }
  switch (status) {
    case 401: {
      const how = /\bnegotiate\b/i.test(challenge ?? '')
        ? 'the server asks for Kerberos, which is not spoken here: get a delegation token and set QUERN_WEBHDFS_DELEGATION'
        : 'the server asks for a token: set QUERN_WEBHDFS_TOKEN, or QUERN_WEBHDFS_DELEGATION for an HDFS'
      return new DfsError('DFS_UNAUTHORIZED', `${asked}: ${how}`)
    }
    case 403:
      return new DfsError('DFS_PERMISSION', `${asked}: refused without a reason (HTTP 403)`)
    case 502:
    case 503:
    case 504:
      return new DfsError('DFS_UNREACHABLE', `${asked}: the server is not ready (HTTP ${status})`)
    default:
      return new DfsError('DFS_PROTOCOL', `${asked}: HTTP ${status} without a reason; is WebHDFS what listens there?`)
  }
}

/** Somebody else's words come to people's terminals: no control characters, and not without end. */
const readable = (words: string): string => words.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 2000)

function remoteException(body: string): z.infer<typeof answers.failure>['RemoteException'] | undefined {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    // A page of a proxy, or nothing: the status has to do.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const parsed = answers.failure.safeParse(json)
  return parsed.success ? parsed.data.RemoteException : undefined
}
