import { fileSystemSuite } from '../../suites/file-system-suite.ts'
import { removeRoots, temporaryRoot } from '../harness.ts'
import { Cluster } from './cluster.ts'

fileSystemSuite('a DFS of daemons', async () => {
  const tuning = { blockSize: 8192, chunkBytes: 512, packetBytes: 2048 }
  const cluster = await Cluster.start(await temporaryRoot(), 2, tuning)
  const dfs = await cluster.client()
  return {
    fileSystem: dfs,
    as: async (user) => dfs.as(user),
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]()
      await removeRoots()
    },
  }
})
