import { afterAll, beforeAll, describe } from 'vitest'
import { absentSuite } from './webhdfs/absent.ts'
import { type ServedDfs, webHdfsCase } from './webhdfs/case.ts'
import { createSuite } from './webhdfs/create.ts'
import { namesSuite } from './webhdfs/names.ts'
import { requestsSuite } from './webhdfs/requests.ts'
import { sizesAndUsersSuite } from './webhdfs/sizes-and-users.ts'
import { snapshotsSuite } from './webhdfs/snapshots.ts'
import { transferSuite } from './webhdfs/transfer.ts'

/** HDFS's REST interface, operation by operation, as it is on the wire: statuses, headers, JSON, exceptions. */
export function webHdfsSuite(name: string, start: () => Promise<ServedDfs>): void {
  describe(`WebHDFS of ${name}`, () => {
    let served: ServedDfs | undefined
    const one = webHdfsCase(() => served)
    beforeAll(async () => {
      served = await start()
      // Where every user may make what they like.
      await one.ok('PUT', '/open', 'MKDIRS', { permission: '777' })
    })
    afterAll(async () => {
      await served?.close()
    })

    createSuite(one)
    transferSuite(one)
    namesSuite(one)
    sizesAndUsersSuite(one)
    snapshotsSuite(one)
    absentSuite(one)
    // The last: it looks whether all operations were asked for.
    requestsSuite(one)
  })
}
