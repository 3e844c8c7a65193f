import { afterAll } from 'vitest'
import { startWebHdfs } from '../../../dfs/webhdfs/server/serve.ts'
import { webHdfsSuite } from '../../suites/webhdfs-suite.ts'
import { Cluster } from '../daemon/cluster.ts'
import { removeRoots, temporaryRoot } from '../harness.ts'

afterAll(removeRoots)

webHdfsSuite('a namenode with datanodes of their own', async () => {
  const cluster = await Cluster.start(await temporaryRoot(), 3)
  if (cluster.namenode === undefined) throw new Error('the namenode has not started')
  const dfs = cluster.namenode.client('root')
  const server = await startWebHdfs({ dfs })
  return {
    url: server.url,
    superuser: 'root',
    close: async () => {
      await server.close()
      await dfs.close()
      await cluster[Symbol.asyncDispose]()
    },
  }
})
