import type { Dfs } from '../../client/dfs.ts'
import { WEBHDFS_PREFIX } from '../operations.ts'
import type { RequestBody } from './body.ts'
import { noRedirect } from './dictionary.ts'
import { take } from './parameter.ts'
import { encodePath, encodeQuery, firstOf, type Query } from './query.ts'
import type { Reply } from './reply.ts'

/** One request for one operation, its user known and its path checked. */
export interface Call {
  /** As the user of the request. */
  readonly dfs: Dfs
  readonly path: string
  readonly query: Query
  readonly body: RequestBody
  /** `host:port` that the client used, from its Host header, checked. */
  readonly authority: string
}

/** The second of the two requests that move bytes: only our own redirects have this parameter. */
export const isSecondStep = (call: Call): boolean => firstOf(call.query, 'step') === 'data'

/**
 * The answer to the first of two requests: the second goes to the very host and port that the client used, whatever name
 * that was, since any other may be one it can not reach.
 */
export function secondStep(call: Call): Reply {
  const next = new Map(call.query)
  next.delete('noredirect')
  next.set('namenoderpcaddress', [call.authority])
  next.set('step', ['data'])
  const location = `http://${call.authority}${WEBHDFS_PREFIX}${encodePath(call.path)}?${encodeQuery(next)}`
  if (wantsNoRedirect(call)) return { kind: 'json', body: { Location: location } }
  return { kind: 'empty', status: 307, location }
}

export const wantsNoRedirect = (call: Call): boolean => take(call.query, noRedirect)
