import { illegalArgument } from './failure.ts'

/** More than any client sends; a request with more is not one of WebHDFS. */
const PARAMETERS_MAX = 64

/** Parameters by their names in lower case, as HDFS takes them, each with its values in order. */
export type Query = ReadonlyMap<string, readonly string[]>

/** What stands behind `?`, decoded once: percent-encoding of UTF-8, and `+` for a space. Whatever does not decode is refused. */
export function parseQuery(text: string): Query {
  const query = new Map<string, string[]>()
  const pairs = text.split('&').filter((pair) => pair !== '')
  if (pairs.length > PARAMETERS_MAX) throw illegalArgument(`there are more than ${PARAMETERS_MAX} parameters`)
  for (const pair of pairs) {
    const end = pair.indexOf('=')
    const name = decode(end === -1 ? pair : pair.slice(0, end), true).toLowerCase()
    const value = end === -1 ? '' : decode(pair.slice(end + 1), true)
    const values = query.get(name)
    if (values === undefined) query.set(name, [value])
    else values.push(value)
  }
  return query
}

export const firstOf = (query: Query, name: string): string | undefined => query.get(name.toLowerCase())?.[0]

/**
 * The DFS path of a URL's path behind `/webhdfs/v1`, decoded once. A slash that is encoded would be part of a name, which
 * no name can have; and what is left over from a double encoding is a name as good as another.
 */
export function decodePath(text: string): string {
  if (/%2f/i.test(text)) throw illegalArgument('Invalid path: a name can not hold "/", not even encoded as %2F')
  if (text.includes('\\')) throw illegalArgument('Invalid path: a backslash has to be encoded, as %5C')
  return decode(text, false) || '/'
}

export const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

export function encodeQuery(query: Query): string {
  const pairs: string[] = []
  for (const [name, values] of query) {
    for (const value of values) pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  }
  return pairs.join('&')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** `text` is as it came: ASCII, since Node refuses a URL with anything else. */
function decode(text: string, plusIsSpace: boolean): string {
  const bytes = Buffer.alloc(text.length)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    let byte = text.charCodeAt(i)
    if (byte === 0x25) {
      const digits = text.slice(i + 1, i + 3)
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) throw illegalArgument(`Invalid URL: "%${digits}" is no percent-encoding`)
      byte = Number.parseInt(digits, 16)
      i += 2
    } else if (byte === 0x2b && plusIsSpace) {
      byte = 0x20
    }
    bytes[length++] = byte
  }
  try {
    return utf8.decode(bytes.subarray(0, length))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw illegalArgument('Invalid URL: it is not UTF-8')
  }
}
