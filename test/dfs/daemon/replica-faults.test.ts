/** Replicas that go bad, disks that fill up or fail, directories that go: found, never served, made good again. */
import { renameSync } from 'node:fs'
import { cp, readdir, readFile, rm, writeFile as writeLocal } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { chunkChecksums } from '../../../dfs/base/data-checksum.ts'
import { realDisk } from '../../../dfs/base/disk.ts'
import { blockId, generationStamp } from '../../../dfs/base/ids.ts'
import { DiskBlockStore } from '../../../dfs/block/disk-block-store.ts'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { FaultyDisk } from '../faulty-disk.ts'
import { outcome, patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'

afterAll(removeRoots)

const bytes = patterned(50_000)
const sizes = {
  blockSize: 20_000,
  chunkBytes: 4096,
  packetBytes: 8192,
  replicationRetryMillis: 50,
  pendingTimeoutMillis: 2000,
}

const start = async (datanodes: number): Promise<Cluster> => Cluster.start(await temporaryRoot(), datanodes, sizes)

const replicated = (dfs: Dfs, path: string, count: number): Promise<boolean> =>
  dfs.locate(path).then((blocks) => blocks.every(({ replicas }) => replicas.length === count))

async function wholeEverywhere(cluster: Cluster, dfs: Dfs, path: string, content: Buffer, count = 3): Promise<void> {
  await cluster.until(() => replicated(dfs, path, count))
  expect(await dfs.fsck('/', { verify: true })).toMatchObject({ healthy: true, underReplicated: 0, problems: [] })
  expect((await readAll(dfs, path)).equals(content)).toBe(true)
}

function absent(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}

async function flip(file: string): Promise<void> {
  const content = await readFile(file)
  content[100] = (content[100] ?? 0) ^ 4
  await writeLocal(file, content)
}

test('a corrupt replica that a reader meets: another is read, it is told, and replaced by a good one', async () => {
  await using cluster = await start(4)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  const [block] = await dfs.locate('/f')
  const bad = block?.replicas[0]
  await flip(bad?.dataFile ?? '')
  // Its datanode is asked last for as long as its heartbeat is late.
  await cluster.until(async () => {
    expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
    return dfs.incidents.length > 0
  })
  expect(dfs.incidents[0]).toMatchObject({ datanode: bad?.datanode, reason: 'corrupt' })
  // Gone, or made anew; it may go at any moment.
  const there = bad?.dataFile ?? ''
  await cluster.until(async () => {
    const now = await readFile(there).catch(absent)
    return now === undefined || now.equals(bytes.subarray(0, 20_000))
  })
  await wholeEverywhere(cluster, dfs, '/f', bytes)
})

test('a corrupt replica is never copied, and kept where it is the last one', async () => {
  await using cluster = await start(2)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  await cluster.until(() => replicated(dfs, '/f', 2))
  const [block] = await dfs.locate('/f')
  await flip(block?.replicas[0]?.dataFile ?? '')
  const good = block?.replicas[1]?.datanode ?? ''
  // Only the bad one is left to copy from, and nobody knows yet that it is bad.
  await cluster.stopDatanode(good)
  await rm(join(cluster.root, 'datanodes', good), { recursive: true })
  await cluster.until(async () => (await cluster.live()) === 1)
  const stillGood = cluster.datanodes.keys().next().value ?? ''
  await cluster.startDatanode(good)
  await cluster.until(async () => (await dfs.report()).corruptReplicas > 0)
  expect(await readdir(join(cluster.root, 'datanodes', good, 'blocks'))).not.toContain(
    `blk_${block?.block}_${block?.generation}`,
  )
  // The last copy of it is kept, and the rest of the file is replicated.
  expect(await readdir(join(cluster.root, 'datanodes', stillGood, 'blocks'))).toContain(
    `blk_${block?.block}_${block?.generation}`,
  )
  expect(await outcome(readAll(dfs, '/f'))).toBe('DFS_NO_REPLICA')
  await cluster.until(async () => (await dfs.locate('/f')).slice(1).every(({ replicas }) => replicas.length === 2))
})

test('a scrub of everything tells what is bad and has it replaced', async () => {
  await using cluster = await start(3)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  await cluster.until(() => replicated(dfs, '/f', 3))
  const [block] = await dfs.locate('/f')
  await flip(block?.replicas[1]?.dataFile ?? '')
  const { replicas, bad } = await dfs.scrub()
  expect({ replicas, bad }).toMatchObject({
    replicas: 9,
    bad: [{ block: block?.block, datanode: block?.replicas[1]?.datanode }],
  })
  // With three datanodes the bad one has to go before there is a place for a good one.
  await cluster.until(async () =>
    (await readFile(block?.replicas[1]?.dataFile ?? '').catch(() => Buffer.alloc(0))).equals(bytes.subarray(0, 20_000)),
  )
  await wholeEverywhere(cluster, dfs, '/f', bytes)
})

test('replicas of an older generation, and of deleted files, that come back with their datanode are deleted, never served', async () => {
  await using cluster = await start(4)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  await writeFile(dfs, '/gone', bytes)
  await cluster.until(() => replicated(dfs, '/f', 3))
  const [block] = await dfs.locate('/f')
  const [gone] = await dfs.locate('/gone')
  const victim = gone?.replicas[0]?.datanode ?? ''
  await cluster.stopDatanode(victim)
  await dfs.delete('/gone')
  const directory = join(cluster.root, 'datanodes', victim)
  // As if it had been cut off in the middle of the block, with other bytes.
  const store = await DiskBlockStore.open(realDisk, directory, sizes.chunkBytes)
  const stale = { block: blockId(block?.block ?? 0), generation: generationStamp((block?.generation ?? 0) - 1) }
  const writer = await store.create(stale)
  const other = patterned(20_000, 9)
  await writer.write(other, chunkChecksums(other, sizes.chunkBytes))
  await writer.commit()
  await cluster.startDatanode(victim)
  const left = async (): Promise<string[]> =>
    (await readdir(join(directory, 'blocks'))).filter(
      (name) => name.includes(`_${gone?.block}_`) || name.includes(`_${stale.block}_${stale.generation}`),
    )
  await cluster.until(async () => (await left()).length === 0)
  await wholeEverywhere(cluster, dfs, '/f', bytes)
})

test('the directory of a running datanode is deleted: it is made anew and filled from the others', async () => {
  await using cluster = await start(3)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  await cluster.until(() => replicated(dfs, '/f', 3))
  await rm(join(cluster.root, 'datanodes', 'dn2'), { recursive: true })
  await cluster.until(
    async () => (await readdir(join(cluster.root, 'datanodes', 'dn2', 'blocks')).catch(() => [])).length === 6,
  )
  await wholeEverywhere(cluster, dfs, '/f', bytes)
})

test('an old copy of its directory is put back under a running datanode: what it lacks comes from the others', async () => {
  await using cluster = await start(3)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  await cluster.until(() => replicated(dfs, '/f', 3))
  const directory = join(cluster.root, 'datanodes', 'dn2')
  await cp(directory, `${directory}.old`, { recursive: true })
  await dfs.delete('/f')
  await writeFile(dfs, '/g', bytes)
  await cluster.until(() => replicated(dfs, '/g', 3))
  // Both in one turn: the datanode, which is in this process, would make a new directory in between.
  renameSync(directory, `${directory}.gone`)
  renameSync(`${directory}.old`, directory)
  const names = async (): Promise<string[]> => (await readdir(join(directory, 'blocks')).catch(() => [])).sort()
  const [block] = await dfs.locate('/g')
  await cluster.until(
    async () => (await names()).length === 6 && (await names()).includes(`blk_${block?.block}_${block?.generation}`),
  )
  await wholeEverywhere(cluster, dfs, '/g', bytes)
})

test('a datanode whose disk is full is left out; the file is whole on the others', async () => {
  await using cluster = await start(4)
  const disk = new FaultyDisk()
  await cluster.stopDatanode('dn3')
  await cluster.startDatanode('dn3', disk.env)
  await cluster.until(async () => (await cluster.live()) === 4)
  disk.plant({
    code: 'ENOSPC',
    call: 1,
    lasting: true,
    only: (operation, path) => operation === 'write' && path.includes('/tmp/'),
  })
  const dfs = await cluster.client()
  for (let i = 0; i < 4; i++) await writeFile(dfs, `/f${i}`, bytes)
  expect(disk.log.length).toBeGreaterThan(0)
  for (let i = 0; i < 4; i++) {
    await cluster.until(() => replicated(dfs, `/f${i}`, 3))
    expect(
      (await dfs.locate(`/f${i}`)).some(({ replicas }) => replicas.some(({ datanode }) => datanode === 'dn3')),
    ).toBe(false)
    expect((await readAll(dfs, `/f${i}`)).equals(bytes)).toBe(true)
  }
})

test('a datanode whose disk fails at any one call of a write: the file is whole on the others', async () => {
  await using cluster = await start(3)
  const disk = new FaultyDisk()
  await cluster.stopDatanode('dn3')
  await cluster.startDatanode('dn3', disk.env)
  await cluster.until(async () => (await cluster.live()) === 3)
  const dfs = await cluster.client()
  const only = (operation: string, path: string): boolean =>
    ['open', 'write', 'sync', 'rename'].includes(operation) && /blk_/.test(path)
  let call = 0
  do {
    disk.plant({ code: 'EIO', call: ++call, only })
    await writeFile(dfs, `/f${call}`, bytes)
    expect((await readAll(dfs, `/f${call}`)).equals(bytes)).toBe(true)
  } while (disk.log.splice(0).length > 0)
  disk.heal()
  expect(call).toBeGreaterThan(20)
  for (; call > 0; call--) await cluster.until(() => replicated(dfs, `/f${call}`, 3))
  expect(await dfs.fsck('/', { verify: true })).toMatchObject({ healthy: true, underReplicated: 0, problems: [] })
})

test('a datanode that can not read a replica: another is read, and a new one is made', async () => {
  await using cluster = await start(4)
  const dfs = await cluster.client()
  await writeFile(dfs, '/f', bytes)
  await cluster.until(() => replicated(dfs, '/f', 3))
  const [block] = await dfs.locate('/f')
  const bad = block?.replicas[0]
  const failing = new FaultyDisk()
  const only = (operation: string, path: string): boolean => operation === 'read' && path === bad?.dataFile
  failing.plant({ code: 'EIO', call: 1, lasting: true, only })
  const own = new FaultyDisk()
  await cluster.stopDatanode(bad?.datanode ?? '')
  own.plant({ code: 'EIO', call: 1, lasting: true, only })
  await cluster.startDatanode(bad?.datanode ?? '', own.env)
  await cluster.until(() => replicated(dfs, '/f', 3))
  const reader = await cluster.client('root', failing.env)
  // Until it is the one that is read first.
  await cluster.until(async () => (await readAll(reader, '/f')).equals(bytes) && failing.log.length > 0)
  expect(reader.incidents).toMatchObject([{ datanode: bad?.datanode, reason: 'io' }])
  await cluster.until(async () => {
    const [now] = await dfs.locate('/f')
    return now?.replicas.length === 3 && now.replicas.every(({ datanode }) => datanode !== bad?.datanode)
  })
})
