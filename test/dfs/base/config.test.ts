import { afterAll, expect, test } from 'vitest'
import { defaults, resolveConfig } from '../../../dfs/base/config.ts'
import { openDfs } from '../../../dfs/index.ts'
import { outcome, removeRoots, temporaryRoot } from '../harness.ts'

afterAll(removeRoots)

test('the defaults fit each other', () => {
  expect(resolveConfig({})).toEqual(defaults)
})

test.each([
  [{ datanodes: 0 }, 'datanodes is 0'],
  [{ datanodes: 65 }, 'datanodes is 65'],
  [{ datanodes: 1.5 }, 'datanodes is 1.5'],
  [{ racks: 4 }, 'racks is 4'],
  [{ racks: 0 }, 'racks is 0'],
  [{ blockSize: 0 }, 'blockSize is 0'],
  [{ blockSize: Number.NaN }, 'blockSize is NaN'],
  [{ replication: 0 }, 'replication is 0'],
  [{ replication: -1 }, 'replication is -1'],
  [{ chunkBytes: 1000, packetBytes: 1500 }, 'not a whole number of chunks'],
  [{ packetBytes: 10 }, 'packetBytes is 10'],
  [{ staleMillis: 399 }, 'staleMillis is 399'],
  [{ deadMillis: 799 }, 'deadMillis is 799'],
  [{ fullReportMillis: 1_999 }, 'fullReportMillis is 1999'],
  [{ heartbeatMillis: 400 }, 'staleMillis is 600'],
  [{ safeModeThreshold: 1.01 }, 'safeModeThreshold is 1.01'],
  [{ safeModeThreshold: Number.NaN }, 'safeModeThreshold is NaN'],
  [{ replicationCopiesPerNode: 1 }, 'replicationCopiesPerNode is 1'],
  [{ deletionsValidMillis: 100 }, 'deletionsValidMillis is 100'],
  [{ pendingTimeoutMillis: 1_999 }, 'pendingTimeoutMillis is 1999'],
])('%o is refused by name', (settings, message) => {
  expect(() => resolveConfig(settings)).toThrow(message)
})

test('one datanode has one rack, and files get one replica, and that is said', async () => {
  expect(resolveConfig({ datanodes: 1 }).racks).toBe(1)
  await using dfs = await openDfs({ root: await temporaryRoot(), datanodes: 1 })
  const writer = await dfs.create('/x')
  await writer.write(Buffer.from('x'))
  await writer.close()
  expect((await dfs.stat('/x')).replication).toBe(1)
  expect(dfs.notes).toEqual(['replication 3 was asked for, but there are 1 datanodes: files get 1 replicas'])
})

test('a root that is not there is refused when it should not be made', async () => {
  const root = `${await temporaryRoot()}/none`
  expect(await outcome(openDfs({ root, create: false }))).toBe('DFS_NOT_FOUND')
})

test('datanodes can be added to a root and not taken away', async () => {
  const root = await temporaryRoot()
  await (await openDfs({ root })).close()
  const more = await openDfs({ root, datanodes: 5 })
  expect(more.datanodes.map(({ id }) => id)).toEqual(['dn1', 'dn2', 'dn3', 'dn4', 'dn5'])
  await more.close()
  await using fewer = await openDfs({ root, datanodes: 2 })
  expect(fewer.datanodes).toHaveLength(5)
  expect(fewer.notes.join()).toContain('2 datanodes were asked for')
})
