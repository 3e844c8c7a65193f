import { DfsError } from '../../base/errors.ts'

/**
 * Where a namenode sends for the data: another host is what it is for, another scheme is not. Exactly one redirect is
 * followed, so nobody is led in circles.
 */
export function redirectTarget(from: URL, location: string | undefined): URL {
  const refused = (why: string): DfsError =>
    new DfsError('DFS_PROTOCOL', `${from.host} redirects to ${JSON.stringify((location ?? '').slice(0, 200))}: ${why}`)
  if (location === undefined || location === '') throw refused('that is no address')
  let target: URL
  try {
    target = new URL(location, from)
  } catch (cause) {
    throw new DfsError('DFS_PROTOCOL', refused('that is no address').message, { cause })
  }
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw refused('only http and https are followed')
  if (from.protocol === 'https:' && target.protocol !== 'https:') throw refused('what is encrypted stays encrypted')
  return target
}

/** One redirect was followed; another is refused. */
export function refuseSecond(at: URL, first: URL): DfsError {
  return new DfsError('DFS_PROTOCOL', `${first.host} redirects to ${at.host}, and that redirects again`)
}
