import { fileSystemSuite } from '../../suites/file-system-suite.ts'
import { removeRoots, temporaryRoot } from '../harness.ts'
import { Cluster } from './cluster.ts'

fileSystemSuite('the DFS of daemons', async () => {
  const cluster = await Cluster.start(await temporaryRoot(), 2, {
    blockSize: 8192,
    chunkBytes: 512,
    packetBytes: 2048,
  })
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
