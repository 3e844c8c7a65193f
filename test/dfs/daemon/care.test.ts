/** Datanodes that leave, racks that are lost, replication that changes: replicas follow by themselves. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { outcome, patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'

afterAll(removeRoots)

const bytes = patterned(20_000)
const sizes = {
  blockSize: 10_000,
  chunkBytes: 1000,
  packetBytes: 5000,
  replicationRetryMillis: 50,
  pendingTimeoutMillis: 2000,
}

async function holders(dfs: Dfs, path: string): Promise<string[][]> {
  return (await dfs.locate(path)).map(({ replicas }) => replicas.map(({ datanode }) => String(datanode)).sort())
}

test('a datanode that is decommissioned is emptied first; recommissioned, it takes blocks again', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 4, sizes)
  const dfs = await cluster.client()
  for (let i = 0; i < 5; i++) await writeFile(dfs, `/f${i}`, bytes)
  expect(await outcome((await cluster.client('eve')).decommission('dn2'))).toBe('DFS_PERMISSION')
  await dfs.decommission('dn2')
  const state = async (): Promise<string | undefined> =>
    (await dfs.report()).datanodes.find(({ id }) => id === 'dn2')?.adminState
  await cluster.until(async () => (await state()) === 'decommissioned')
  await cluster.stopDatanode('dn2')
  for (let i = 0; i < 5; i++) {
    expect((await holders(dfs, `/f${i}`)).flat().filter((id) => id !== 'dn2').length, `/f${i}`).toBe(6)
    expect((await readAll(dfs, `/f${i}`)).equals(bytes)).toBe(true)
  }
  // The namenode that is started anew remembers.
  await cluster.namenode?.close()
  await cluster.startNamenode()
  expect(await state()).toBe('decommissioned')
  await cluster.startDatanode('dn2')
  await dfs.recommission('dn2')
  expect(await state()).toBe('in-service')
})

test('more replicas than there are datanodes: the write succeeds and that is said', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 2, sizes)
  const dfs = await cluster.client()
  const writer = await dfs.create('/f', { replication: 5 })
  await writer.write(bytes)
  await writer.close()
  expect((await holders(dfs, '/f')).map((ids) => ids.length)).toEqual([2, 2])
  expect(dfs.notes).toEqual(['replication 5 was asked for, but there are 2 datanodes: files get 2 replicas'])
})

test('no datanode is there: the message says so, and blames nothing else', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 2, sizes)
  const dfs = await cluster.client()
  await cluster.stopDatanode('dn1')
  await cluster.stopDatanode('dn2')
  await cluster.until(async () => (await dfs.report()).datanodes.every(({ liveness }) => liveness === 'dead'))
  const writer = await dfs.create('/f')
  await expect(writer.write(bytes)).rejects.toThrow(/of 2 datanodes: 2 (that are )?dead/)
  await writer.abort()
  expect(await outcome(dfs.stat('/f'))).toBe('DFS_NOT_FOUND')
  await cluster.startDatanode('dn1')
  await cluster.until(async () => (await cluster.live()) === 1)
  await writeFile(dfs, '/f', bytes)
  expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
  await cluster.startDatanode('dn2')
  await cluster.until(async () => (await holders(dfs, '/f')).every((ids) => ids.length === 2))
})

test('replication raised and lowered is followed, on the disks too', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 4, sizes)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  const onDisks = async (): Promise<number> =>
    (
      await Promise.all(
        ['dn1', 'dn2', 'dn3', 'dn4'].map((id) => readdir(join(cluster.root, 'datanodes', id, 'blocks'))),
      )
    ).flat().length
  for (const replication of [4, 1, 3]) {
    await dfs.setReplication('/f', replication, { wait: true })
    expect((await holders(dfs, '/f')).map((ids) => ids.length)).toEqual([replication, replication])
    await cluster.until(async () => (await onDisks()) === replication * 4)
  }
  expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
})

test('a rack that is lost: replicas lie on two racks again once it is back', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 4, sizes)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  await cluster.until(async () => (await holders(dfs, '/f')).every((ids) => ids.length === 3))
  const racks = async (): Promise<number[]> =>
    (await dfs.locate('/f')).map(({ replicas }) => new Set(replicas.map(({ rack }) => rack)).size)
  expect(await racks()).toEqual([2, 2])
  const { datanodes } = await dfs.report()
  const lost = datanodes.filter(({ rack }) => rack === datanodes[0]?.rack).map(({ id }) => id)
  expect(lost.length).toBe(2)
  for (const id of lost) await cluster.stopDatanode(id)
  await cluster.until(async () => (await holders(dfs, '/f')).every((ids) => ids.length === 2))
  expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
  for (const id of lost) await cluster.startDatanode(id)
  await cluster.until(
    async () => (await racks()).every((count) => count === 2) && (await dfs.report()).underReplicated === 0,
  )
  await cluster.until(async () => (await holders(dfs, '/f')).every((ids) => ids.length === 3))
})

test('a datanode that is only started is a new one, and takes blocks', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 2, { ...sizes, replication: 3 })
  const dfs = await cluster.client()
  await cluster.startDatanode('dn3')
  await cluster.until(async () => (await cluster.live()) === 3)
  await writeFile(dfs, '/f', bytes)
  await cluster.until(async () => (await holders(dfs, '/f')).every((ids) => ids.length === 3))
})
