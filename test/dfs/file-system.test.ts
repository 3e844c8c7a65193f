import { realEnv } from '../../dfs/base/env.ts'
import { openEmbedded } from '../../dfs/embedded/open.ts'
import { fileSystemSuite } from '../suites/file-system-suite.ts'
import { removeRoots, temporaryRoot } from './harness.ts'

fileSystemSuite('the embedded DFS', async () => {
  const dfs = await openEmbedded({ root: await temporaryRoot() }, realEnv, {
    blockSize: 8192,
    chunkBytes: 512,
    packetBytes: 2048,
    datanodes: 2,
    racks: 1,
  })
  return {
    fileSystem: dfs,
    as: async (user) => dfs.as(user),
    [Symbol.asyncDispose]: async () => {
      await dfs.close()
      await removeRoots()
    },
  }
})
