import { createHash, timingSafeEqual } from 'node:crypto'
import { DfsError } from '../../base/errors.ts'
import { isLoopbackName } from '../../base/net.ts'
import { illegalArgument, WebHdfsFailure } from './failure.ts'

/**
 * Who may ask at all. A browser on this machine reaches a loopback port for any page it shows, so that what the browser says
 * of itself is checked: the Host header against the names the server goes by (a page whose name was made to resolve
 * to this machine still has its own name there), and the Origin of whatever changes something.
 */
export interface GuardOptions {
  /** Lower case, without port; IPv6 addresses in brackets. */
  readonly names: ReadonlySet<string>
  readonly token: string | undefined
}

export interface Credentials {
  readonly host: string
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`, which browsers send and pages can not set. */
  readonly fetchSite: string | undefined
  readonly authorization: string | undefined
  /** The parameter `delegation`. */
  readonly delegation: string | undefined
  readonly changes: boolean
}

/** 256 bits in the densest of the usual spellings, base64. */
const TOKEN_LENGTH_MIN = 43
const TOKEN_LENGTH_MAX = 4096

/** DFS_BAD_ARGUMENT unless it may hold 256 bits, and goes into a header as it is. */
export function checkToken(token: string): void {
  const fits = token.length >= TOKEN_LENGTH_MIN && token.length <= TOKEN_LENGTH_MAX && /^[\x21-\x7e]+$/.test(token)
  if (fits) return
  throw new DfsError(
    'DFS_BAD_ARGUMENT',
    `a token has to be ${TOKEN_LENGTH_MIN} to ${TOKEN_LENGTH_MAX} visible ASCII characters, which is where 256 bits fit`,
  )
}

const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,253}))(?::([0-9]{1,5}))?$/

/** Throws unless the Host header names this server. */
export function checkHost(host: string, names: ReadonlySet<string>): void {
  const [, name, port] = HOST.exec(host.toLowerCase()) ?? []
  if (name === undefined || Number(port ?? 80) > 65_535) {
    throw illegalArgument('Invalid Host header')
  }
  if (names.has(name) || isLoopbackName(name)) return
  throw new WebHdfsFailure('accessControl', `this server does not go by the name ${name}`)
}

/** Throws where a page of another site would change something. */
export function checkOrigin({ host, origin, fetchSite, changes }: Credentials): void {
  if (!changes) return
  const foreign = origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, '') !== host.toLowerCase()
  if (!foreign && fetchSite !== 'cross-site') return
  throw new WebHdfsFailure('accessControl', 'a page of another site may change nothing here')
}

/** Throws unless the token is given, where there is one. */
export function checkCredentials({ authorization, delegation }: Credentials, token: string | undefined): void {
  if (token === undefined) return
  const [, bearer] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  const given = bearer ?? delegation
  if (given !== undefined && sameSecret(given, token)) return
  throw new WebHdfsFailure(
    'security',
    given === undefined
      ? 'this server needs a token: "Authorization: Bearer <token>", or the parameter delegation'
      : 'that is not the token of this server',
  )
}

/** In the same time whatever is given, its length included. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
