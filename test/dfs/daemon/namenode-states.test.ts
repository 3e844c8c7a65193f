/** Safe mode, leases, epochs and clusters: what a namenode lets happen, and whom datanodes obey. */
import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { outcome, patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'
import { FaultyNet } from './faulty-net.ts'

afterAll(removeRoots)

const bytes = patterned(20_000)

describe('safe mode', () => {
  test('of a start waits for the datanode that has the only replica, says so, and lets read what is there', async () => {
    await using cluster = await Cluster.start(await temporaryRoot(), 3, { blockSize: 65_536, replication: 1 })
    cluster.startWaitMillis = 200
    const dfs = await cluster.client()
    for (let i = 0; i < 6; i++) await writeFile(dfs, `/f${i}`, bytes)
    const [block] = await dfs.locate('/f0')
    const absent = block?.replicas[0]?.datanode ?? ''
    const elsewhere = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async (i) => (await dfs.locate(`/f${i}`))[0]?.replicas[0]?.datanode !== absent),
    )
    const there = elsewhere.indexOf(true)
    await cluster.stopDatanode(absent)
    await cluster.namenode?.close()
    await cluster.startNamenode()
    await cluster.until(async () => (await cluster.live()) === 2)
    const status = await dfs.safeMode('get')
    expect(status.on).toBe(true)
    expect(status.detail).toContain(absent)
    for (const change of [dfs.mkdir('/d'), dfs.delete('/f1'), dfs.rename('/f1', '/g'), writeFile(dfs, '/new', bytes)]) {
      expect(await outcome(change)).toBe('DFS_SAFE_MODE')
    }
    expect((await readAll(dfs, `/f${there}`)).equals(bytes)).toBe(true)
    expect(await outcome(readAll(dfs, '/f0'))).toBe('DFS_NO_REPLICA')
    const waiting = outcome(dfs.mkdir('/d'))
    await cluster.startDatanode(absent)
    expect(await waiting).toBe('ok')
    expect((await readAll(dfs, '/f0')).equals(bytes)).toBe(true)
  })

  test('that a person asks for is left when a person says so', async () => {
    await using cluster = await Cluster.start(await temporaryRoot(), 1)
    const dfs = await cluster.client()
    await writeFile(dfs, '/f', bytes)
    expect(await outcome((await cluster.client('eve')).safeMode('enter'))).toBe('DFS_PERMISSION')
    expect((await dfs.safeMode('enter')).on).toBe(true)
    expect(await outcome(dfs.mkdir('/d'))).toBe('DFS_SAFE_MODE')
    expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
    expect((await dfs.safeMode('leave')).on).toBe(false)
    expect(await outcome(dfs.mkdir('/d'))).toBe('ok')
  })
})

describe.concurrent('a file that is being written', () => {
  test('is nobody else’s, until its writer has vanished for as long as a lease lasts', async () => {
    await using cluster = await Cluster.start(await temporaryRoot(), 1, { leaseMillis: 1000 })
    const net = new FaultyNet()
    const gone = await cluster.client('root', net.env)
    const dfs = await cluster.client()
    await writeFile(dfs, '/old', bytes)
    const appending = await gone.append('/old')
    await appending.write(bytes)
    const creating = await gone.create('/new')
    await creating.write(bytes)
    expect(await outcome(dfs.append('/old'))).toBe('DFS_BEING_WRITTEN')
    net.plan = () => 'cut'
    let another = 'DFS_BEING_WRITTEN'
    await cluster.until(async () => {
      another = (await outcome(dfs.append('/old').then((writer) => writer.abort()))) ?? ''
      return another !== 'DFS_BEING_WRITTEN'
    })
    expect(another).toBe('ok')
    expect((await readAll(dfs, '/old')).equals(bytes)).toBe(true)
    expect(await outcome(dfs.stat('/new'))).toBe('DFS_NOT_FOUND')
    await writeFile(dfs, '/new', bytes.subarray(0, 10))
    // It comes back, and is told.
    net.plan = () => undefined
    expect(await outcome(creating.close())).toBe('DFS_LEASE_LOST')
    expect((await readAll(dfs, '/new')).length).toBe(10)
  })

  test('stays its writer’s for longer than a lease, while that lives', async () => {
    await using cluster = await Cluster.start(await temporaryRoot(), 1, { leaseMillis: 1000 })
    const dfs = await cluster.client()
    const writer = await dfs.create('/slow')
    await writer.write(bytes)
    await cluster.env.sleep(3200)
    await writer.close()
    expect((await readAll(dfs, '/slow')).equals(bytes)).toBe(true)
  })
})

describe('a datanode obeys', () => {
  test('no namenode with an older epoch than one it has obeyed', async () => {
    await using cluster = await Cluster.start(await temporaryRoot(), 1)
    const dfs = await cluster.client()
    const directory = join(cluster.root, 'namenode')
    await cp(directory, `${directory}.old`, { recursive: true })
    await writeFile(dfs, '/f', bytes)
    for (let i = 0; i < 3; i++) {
      await cluster.namenode?.close()
      await cluster.startNamenode()
      await cluster.until(async () => (await cluster.live()) === 1)
    }
    await cluster.namenode?.close()
    await rm(directory, { recursive: true })
    await cp(`${directory}.old`, directory, { recursive: true })
    const before = await readdir(join(cluster.root, 'datanodes', 'dn1', 'blocks'))
    await cluster.startNamenode()
    await cluster.until(async () => cluster.log.some((line) => line.includes('is of the past')))
    expect(await cluster.live()).toBe(0)
    expect(await readdir(join(cluster.root, 'datanodes', 'dn1', 'blocks'))).toEqual(before)
  })

  test('no namenode of another DFS: its directory is left as it is', async () => {
    await using one = await Cluster.start(await temporaryRoot(), 1)
    await writeFile(await one.client(), '/f', bytes)
    await one.stopDatanode('dn1')
    await using other = new Cluster(await temporaryRoot())
    await other.startNamenode(1)
    const directory = join(other.root, 'datanodes', 'dn1')
    await cp(join(one.root, 'datanodes', 'dn1'), directory, { recursive: true })
    const contents = async (): Promise<string[]> =>
      Promise.all(
        (await readdir(directory, { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile())
          .map(
            async (entry) => `${entry.name} ${(await readFile(join(entry.parentPath, entry.name))).toString('hex')}`,
          ),
      )
    const before = await contents()
    await other.startDatanode('dn1')
    await other.until(async () => other.log.some((line) => line.includes('its replicas stay as they are')))
    expect(await other.live()).toBe(0)
    expect(await contents()).toEqual(before)
  })
})
