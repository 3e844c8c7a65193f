import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { realEnv } from './base/env.ts'
import { DfsError } from './base/errors.ts'
import type { Dfs, OpenOptions } from './client/dfs.ts'
import { readNamenodeRun } from './root/run-file.ts'

/** How long whoever holds the root is given to say that it is a namenode to talk to. */
const startingMillis = 3000

/** Talks to the namenode of the root if one runs, else opens it in this process. */
export async function openRoot(options: OpenOptions): Promise<Dfs> {
  const root = resolve(options.root)
  const running = await throughDaemons(root, options)
  if (running !== undefined) return running
  const { openDfs } = await import('./embedded/open.ts')
  try {
    return await openDfs(options)
  } catch (error) {
    if (!(error instanceof DfsError) || error.code !== 'DFS_LOCKED') throw error
    // A namenode that has just been started holds the lock before it can be asked.
    const until = realEnv.monotonic() + startingMillis
    while (realEnv.monotonic() < until) {
      const started = await throughDaemons(root, options)
      if (started !== undefined) return started
      await realEnv.sleep(50)
    }
    throw error
  }
}

async function throughDaemons(root: string, options: OpenOptions): Promise<Dfs | undefined> {
  if ((await readNamenodeRun(realEnv.disk, root)) === undefined) return undefined
  const [{ RemoteConnection }, { DfsClient }] = await Promise.all([
    import('./remote/connection.ts'),
    import('./client/dfs-client.ts'),
  ])
  const connection = await RemoteConnection.open(realEnv, root)
  return DfsClient.over(connection, options.user ?? userInfo().username)
}
