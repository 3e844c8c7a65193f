import type { IncomingMessage } from 'node:http'
import { splitPath } from '../../base/path.ts'
import type { Dfs } from '../../client/dfs.ts'
import { WEBHDFS_PREFIX } from '../operations.ts'
import type { RequestBody } from './body.ts'
import * as parameter from './dictionary.ts'
import { illegalArgument, WebHdfsFailure } from './failure.ts'
import { type Credentials, checkCredentials, checkHost, checkOrigin } from './guard.ts'
import { type Identities, userOf } from './identity.ts'
import { take } from './parameter.ts'
import { decodePath, firstOf, parseQuery, type Query } from './query.ts'
import type { Reply } from './reply.ts'
import { findOperation } from './table.ts'

export interface ServerFacts extends Identities {
  readonly dfs: Dfs
  readonly names: ReadonlySet<string>
  readonly token: string | undefined
  readonly urlBytesMax: number
  /** What `GET /` says. */
  readonly welcome: string
}

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS'] as const

/** The answer to one request, from what it says alone; the body is read by the operation that wants it. */
export async function respond(request: IncomingMessage, body: RequestBody, facts: ServerFacts): Promise<Reply> {
  const method = request.method ?? ''
  const { host, target, search } = checkTarget(request, facts)
  if (!METHODS.some((known) => known === method)) throw notAllowed(method)
  if (method === 'OPTIONS') return { kind: 'empty', status: 200 }
  if (target === '/healthz') return onlyGet(method, { kind: 'text', body: 'ok\n' })

  const query = parseQuery(search)
  const credentials = credentialsOf(request, host, query)
  checkCredentials(credentials, facts.token)
  checkOrigin(credentials)
  if (target === '/') return onlyGet(method, { kind: 'text', body: facts.welcome })
  const path = pathBelowPrefix(target)
  if (path === undefined) throw new WebHdfsFailure('notFound', `nothing is served at ${target}`)

  const user = await userOf(query, facts)
  const operation = operationOf(method, query)
  splitPath(path)
  return await operation.run({
    dfs: facts.dfs.as(user),
    path,
    query,
    body,
    authority: host,
  })
}

function checkTarget(
  request: IncomingMessage,
  { names, urlBytesMax }: ServerFacts,
): { host: string; target: string; search: string } {
  const host = hostOf(request)
  checkHost(host, names)
  const url = request.url ?? ''
  if (url.length > urlBytesMax) {
    throw new WebHdfsFailure('urlTooLong', `the URL is longer than ${urlBytesMax} bytes`)
  }
  // `GET http://elsewhere/` is for a proxy, which this is not.
  if (!url.startsWith('/')) throw illegalArgument('Invalid URL: only a path is taken, no host with it')
  const end = url.indexOf('?')
  return end === -1
    ? { host, target: url, search: '' }
    : { host, target: url.slice(0, end), search: url.slice(end + 1) }
}

/** One Host header is the rule of HTTP/1.1; before that there was none, and the client knows us by our address. */
function hostOf({ headers, rawHeaders, socket }: IncomingMessage): string {
  const many = rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length
  if (many > 1) throw illegalArgument('Invalid Host header: there are several')
  if (headers.host !== undefined) return headers.host
  const { localAddress = '127.0.0.1', localPort = 80 } = socket
  return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`
}

function credentialsOf({ headers, method }: IncomingMessage, host: string, query: Query): Credentials {
  const fetchSite = headers['sec-fetch-site']
  return {
    host,
    origin: headers.origin,
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
    authorization: headers.authorization,
    delegation: take(query, parameter.delegation),
    changes: method !== 'GET' && method !== 'HEAD',
  }
}

function pathBelowPrefix(target: string): string | undefined {
  if (target === WEBHDFS_PREFIX) return '/'
  return target.startsWith(`${WEBHDFS_PREFIX}/`) ? decodePath(target.slice(WEBHDFS_PREFIX.length)) : undefined
}

function operationOf(method: string, query: Query) {
  const verb = method === 'HEAD' ? 'GET' : method
  const name = firstOf(query, 'op') ?? ''
  const operation = findOperation(verb, name)
  if (operation !== undefined) return operation
  if (name === '') throw new WebHdfsFailure('unsupported', 'NULL is not supported')
  const shown = name.length > 100 ? `${name.slice(0, 97)}...` : name
  throw illegalArgument(`Invalid value for webhdfs parameter "op": ${shown} is not a valid ${verb} operation.`)
}

function onlyGet(method: string, reply: Reply): Reply {
  if (method === 'GET' || method === 'HEAD') return reply
  throw notAllowed(method)
}

const notAllowed = (method: string): WebHdfsFailure =>
  new WebHdfsFailure('methodNotAllowed', `${method} is not supported`)

export const allowedMethods = METHODS.join(', ')
