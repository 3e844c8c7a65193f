import { realEnv } from '../../../dfs/base/env.ts'
import { openEmbedded } from '../../../dfs/embedded/open.ts'
import { openFileSystem } from '../../../dfs/index.ts'
import { startWebHdfs } from '../../../dfs/webhdfs/server/serve.ts'
import { fileSystemSuite } from '../../suites/file-system-suite.ts'
import { removeRoots, temporaryRoot } from '../harness.ts'
import { superuser } from './served.ts'

fileSystemSuite('a DFS behind WebHDFS', async () => {
  const tuning = { blockSize: 8192, chunkBytes: 512, packetBytes: 2048, datanodes: 2, racks: 1 }
  const dfs = await openEmbedded({ root: await temporaryRoot() }, realEnv, tuning)
  const server = await startWebHdfs({ dfs })
  const url = server.url.replace(/^http/, 'webhdfs')
  const timing = { replicationLook: 20 }
  const fileSystem = await openFileSystem(url, { user: superuser, timing })
  const others = [fileSystem]
  return {
    fileSystem,
    beside: dfs,
    as: async (user) => {
      const other = await openFileSystem(url, { user, timing })
      others.push(other)
      return other
    },
    [Symbol.asyncDispose]: async () => {
      for (const other of others) await other.close()
      await server.close()
      await dfs.close()
      await removeRoots()
    },
  }
})
