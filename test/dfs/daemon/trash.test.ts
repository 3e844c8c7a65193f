/** The namenode empties what its users have thrown away. */
import { afterAll, expect, test } from 'vitest'
import { realEnv } from '../../../dfs/base/env.ts'
import { Trash } from '../../../dfs/client/trash.ts'
import { removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'

afterAll(removeRoots)

test('what was thrown away goes when it has been in the trash for the interval, and not before', async () => {
  let later = 0
  const env = { ...realEnv, now: () => Date.now() + later }
  await using cluster = new Cluster(await temporaryRoot(), { trashIntervalMinutes: 5 }, env)
  await cluster.startNamenode(1)
  await cluster.startDatanode('dn1')
  const dfs = await cluster.client()
  expect((await dfs.serverDefaults()).trashInterval).toBe(5)
  await cluster.until(async () => (await cluster.live()) === 1)
  await writeFile(dfs, '/f', Buffer.from('kept for a while'))
  const trash = await Trash.of(dfs, env.now)
  const moved = await trash.moveToTrash('/f')
  expect(await dfs.find('/f')).toBeUndefined()
  await cluster.namenode?.emptyTrash()
  const kept = (await dfs.glob('/user/root/.Trash/*/f')).map(({ path }) => path)
  expect(kept).toHaveLength(1)
  expect(kept).not.toContain(moved)
  later = 6 * 60_000
  await cluster.namenode?.emptyTrash()
  expect(await dfs.glob('/user/root/.Trash/*/f')).toEqual([])
})
