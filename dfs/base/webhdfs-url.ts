import { DfsError } from './errors.ts'

/**
 * `webhdfs://host[:port]/path`, and `swebhdfs://` over TLS, as Hadoop writes them: the path is plain text and not
 * percent-encoded, and may be a glob. Without a port it is HDFS's own.
 */
export interface WebHdfsUrl {
  /** `webhdfs://host:port`, host in lower case, without the port that goes without saying: equal for equal servers. */
  readonly origin: string
  readonly secure: boolean
  /** Without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
  /** What follows the origin, as typed; `/` if nothing does. */
  readonly path: string
}

const defaultPorts = { webhdfs: 9870, swebhdfs: 9871 } as const

const scheme = /^s?webhdfs:\//i
const form = /^(s?webhdfs):\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?(\/.*)?$/is

export const isWebHdfsUrl = (typed: string): boolean => scheme.test(typed)

/** DFS_BAD_PATH says what is wrong with it. */
export function parseWebHdfsUrl(typed: string): WebHdfsUrl {
  const parts = form.exec(typed)
  const host = parts?.[2]?.toLowerCase()
  if (parts === null || host === undefined) {
    const why = /^[^/]*\/\/[^/]*@/.test(typed)
      ? 'the user is not said there, but by HADOOP_USER_NAME'
      : 'write webhdfs://host:port/path'
    throw new DfsError('DFS_BAD_PATH', `bad path ${JSON.stringify(typed.slice(0, 200))}: ${why}`)
  }
  const secure = parts[1]?.toLowerCase() === 'swebhdfs'
  const name = secure ? 'swebhdfs' : 'webhdfs'
  const port = parts[3] === undefined ? defaultPorts[name] : Number(parts[3])
  if (port < 1 || port > 65_535) {
    throw new DfsError('DFS_BAD_PATH', `bad path ${JSON.stringify(typed.slice(0, 200))}: there is no port ${port}`)
  }
  return {
    origin: `${name}://${host}${port === defaultPorts[name] ? '' : `:${port}`}`,
    secure,
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port,
    path: parts[4] ?? '/',
  }
}
