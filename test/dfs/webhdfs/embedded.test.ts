import { userInfo } from 'node:os'
import { afterAll } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import { startWebHdfs } from '../../../dfs/webhdfs/server/serve.ts'
import { webHdfsSuite } from '../../suites/webhdfs-suite.ts'
import { removeRoots, temporaryRoot } from '../harness.ts'

afterAll(removeRoots)

webHdfsSuite('an embedded DFS', async () => {
  const dfs = await openDfs({ root: await temporaryRoot() })
  const server = await startWebHdfs({ dfs })
  return {
    url: server.url,
    superuser: userInfo().username,
    close: async () => {
      await server.close()
      await dfs.close()
    },
  }
})
