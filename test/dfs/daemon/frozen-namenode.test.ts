/** A namenode that was stopped and goes on: its clients read what they have located, wait for the rest, and are told when that is in vain. */
import { afterAll, expect, test } from 'vitest'
import { realEnv } from '../../../dfs/base/env.ts'
import { outcome, patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'
import { Freezer, impatient, lively } from './freezer.ts'

afterAll(removeRoots)

const bytes = patterned(60_000)
const sizes = { blockSize: 20_000, chunkBytes: 4096, packetBytes: 8192 }
/** All patience there is, in this: a request is given up after three seconds instead of thirty. */
const factor = 10

interface Freezable {
  readonly cluster: Cluster
  readonly namenode: Freezer
}

async function freezable(datanodes: number): Promise<Freezable> {
  const namenode = new Freezer(lively(factor))
  const cluster = new Cluster(await temporaryRoot(), sizes, namenode.env)
  await cluster.startNamenode(datanodes)
  for (let i = 1; i <= datanodes; i++) await cluster.startDatanode(`dn${i}`, realEnv)
  // The first client of a cluster is the one that looks whether all are there.
  await cluster.client('root', realEnv)
  await cluster.until(async () => (await cluster.live()) === datanodes)
  return { cluster, namenode }
}

async function reads(reader: { read(target: Uint8Array, position: number): Promise<number> }): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 10_000) {
    const piece = Buffer.alloc(10_000)
    pieces.push(piece.subarray(0, await reader.read(piece, at)))
  }
  return Buffer.concat(pieces)
}

test('the namenode is frozen for a while: what is located is read meanwhile, what was asked is done once it goes on', async () => {
  const { cluster, namenode } = await freezable(3)
  await using _end = cluster
  const dfs = await cluster.client('root', realEnv)
  await writeFile(dfs, '/old', bytes)
  const reader = await dfs.open('/old')
  const writer = await dfs.create('/new')
  await writer.write(bytes.subarray(0, 10_000))
  namenode.freeze()
  expect((await reads(reader)).equals(bytes)).toBe(true)
  let done = 0
  const waiting = [
    (async () => {
      for (let at = 10_000; at < bytes.length; at += 10_000) await writer.write(bytes.subarray(at, at + 10_000))
      await writer.close()
    })(),
    dfs.rename('/old', '/older'),
    dfs.mkdir('/d', { parents: false }),
    readAll(dfs, '/old').then((read) => expect(read.equals(bytes)).toBe(true)),
    cluster.client('root', realEnv),
  ].map(async (one) => {
    await one
    done++
  })
  // For longer than it takes to be dead.
  await realEnv.sleep(1000)
  expect({ done, frozen: namenode.frozen }).toEqual({ done: 0, frozen: true })
  namenode.thaw()
  // The file that was renamed and asked for at the same time is there under its old name, or gone: which one came first is open.
  const ends = await Promise.all(waiting.map((one) => outcome(one)))
  expect(ends.filter((end) => end !== 'DFS_NOT_FOUND').every((end) => end === 'ok')).toBe(true)
  expect([ends[0], ends[1], ends[2], ends[4]]).toEqual(['ok', 'ok', 'ok', 'ok'])
  await reader.close()
  for (const path of ['/older', '/new']) expect((await readAll(dfs, path)).equals(bytes), path).toBe(true)
  expect(await dfs.fsck('/', { verify: true })).toMatchObject({ healthy: true, underReplicated: 0 })
  // Nobody is to blame for the silence.
  expect(cluster.log.filter((line) => line.includes('dead'))).toEqual([])
})

test('the namenode is frozen for longer than anyone waits: each request ends with who did not answer, and after it all goes on', async () => {
  const { cluster, namenode } = await freezable(3)
  await using _end = cluster
  const dfs = await cluster.client('root', impatient(factor))
  await writeFile(dfs, '/old', bytes)
  const reader = await dfs.open('/old')
  const writer = await dfs.create('/new')
  await writer.write(bytes.subarray(0, 10_000))
  namenode.freeze()
  const message = (action: Promise<unknown>): Promise<string> => action.then(() => 'ok', String)
  const asked = [
    dfs.stat('/old'),
    dfs.rename('/old', '/older'),
    dfs.open('/old'),
    writer.write(bytes.subarray(10_000)).then(() => writer.close()),
    writeFile(dfs, '/another', bytes),
  ].map(message)
  expect((await reads(reader)).equals(bytes)).toBe(true)
  for (const said of await Promise.all(asked))
    expect(said).toMatch(/^DfsError: the namenode of .* did not answer for \d/)
  await reader.close()
  // As any that is given up.
  const given = writer.abort()
  namenode.thaw()
  await given
  await cluster.until(async () => (await dfs.report()).datanodes.every(({ liveness }) => liveness === 'live'))
  const there = (await dfs.find('/old')) === undefined ? '/older' : '/old'
  expect((await readAll(dfs, there)).equals(bytes)).toBe(true)
  expect(await dfs.find('/new')).toBeUndefined()
  expect(await dfs.find('/another')).toBeUndefined()
  await writeFile(dfs, '/new', bytes)
  expect((await readAll(dfs, '/new')).equals(bytes)).toBe(true)
  expect(await dfs.fsck('/', { verify: true })).toMatchObject({ healthy: true })
})
