import { userInfo } from 'node:os'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import { startWebHdfs, type WebHdfsServer, type WebHdfsServerOptions } from '../../../dfs/webhdfs/server/serve.ts'
import { temporaryRoot } from '../harness.ts'

export const superuser = userInfo().username

export interface Served extends AsyncDisposable {
  readonly dfs: Dfs
  readonly root: string
  readonly server: WebHdfsServer
  readonly url: string
  readonly port: number
}

/** An embedded DFS of its own, and a server on it; `wrap` may put something between the two. */
export async function serveFresh(
  options: Partial<WebHdfsServerOptions> = {},
  wrap: (dfs: Dfs) => Dfs = (dfs) => dfs,
): Promise<Served> {
  const root = await temporaryRoot()
  const dfs = await openDfs({ root, replication: 1 })
  const server = await startWebHdfs({ dfs: wrap(dfs), ...options })
  return {
    dfs,
    root,
    server,
    url: server.url,
    port: server.address.port,
    async [Symbol.asyncDispose]() {
      await server.close()
      await dfs.close()
    },
  }
}

type Method = (...values: never[]) => unknown

/** The same DFS, for every user, but for some calls. */
export function instead(dfs: Dfs, calls: Readonly<Record<string, Method>>): Dfs {
  const table = new Map(Object.entries(calls))
  const proxy: Dfs = new Proxy(dfs, {
    get(target, key) {
      if (key === 'as') return () => proxy
      const other = typeof key === 'string' ? table.get(key) : undefined
      if (other !== undefined) return other
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return proxy
}

/** Resolves when `condition` holds; the test's own timeout is the end of patience. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}
