/** Full datanodes and empty ones: bytes move between processes' disks until all are near the mean, and nothing is lost on the way. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Env, realEnv } from '../../../dfs/base/env.ts'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { outcome, patterned, readAll, removeRoots, strayReplicas, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'

afterAll(removeRoots)

const capacity = 400_000
const content = (i: number): Buffer => patterned(25_000, i)
const paths = Array.from({ length: 12 }, (_, i) => `/f${i}`)

/** Disks of a known size, so that what is written fills a part of them that can be seen. */
const smallDisk: Env = {
  ...realEnv,
  disk: {
    ...realEnv.disk,
    space: async (path) => ({ ...(await realEnv.disk.space(path)), capacity, free: capacity }),
  },
}

/** Files of three blocks on two of four datanodes, one in each rack, two replicas each: the others are new and empty. */
async function lopsided(): Promise<{ cluster: Cluster; dfs: Dfs }> {
  const cluster = new Cluster(await temporaryRoot(), {
    blockSize: 10_000,
    chunkBytes: 1000,
    packetBytes: 5000,
    replication: 2,
  })
  await cluster.startNamenode(4)
  const dfs = await cluster.client()
  const begin = async (...ids: string[]): Promise<void> => {
    for (const id of ids) await cluster.startDatanode(id, smallDisk)
    await cluster.until(async () => (await cluster.live()) === cluster.datanodes.size)
  }
  await begin('dn1', 'dn3')
  for (const [i, path] of paths.entries()) await writeFile(dfs, path, content(i))
  await begin('dn2', 'dn4')
  return { cluster, dfs }
}

/** Bytes of blocks that lie on the disk of each, as fractions of its capacity. */
async function use(cluster: Cluster): Promise<number[]> {
  return await Promise.all(
    ['dn1', 'dn2', 'dn3', 'dn4'].map(async (id) => {
      const directory = join(cluster.root, 'datanodes', id, 'blocks')
      const names = (await readdir(directory)).filter((name) => /^blk_\d+_\d+$/.test(name))
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size))
      return sizes.reduce((sum, size) => sum + size, 0) / capacity
    }),
  )
}

async function nothingIsLost(dfs: Dfs): Promise<void> {
  for (const [i, path] of paths.entries()) {
    expect((await readAll(dfs, path)).equals(content(i)), path).toBe(true)
    expect(
      (await dfs.locate(path)).map(({ replicas }) => new Set(replicas.map(({ datanode }) => datanode)).size),
    ).toEqual([2, 2, 2])
  }
  expect(await dfs.fsck('/', { verify: true })).toMatchObject({
    healthy: true,
    blocks: 36,
    underReplicated: 0,
    overReplicated: 0,
    misReplicated: 0,
    problems: [],
  })
}

test('balance moves replicas to datanodes that came later; each file keeps all it had, and nothing is left behind', async () => {
  const { cluster, dfs } = await lopsided()
  await using _end = cluster
  expect(await use(cluster)).toEqual([0.75, 0, 0.75, 0])
  expect(await outcome((await cluster.client('eve')).balance({ threshold: 0.1 }))).toBe('DFS_PERMISSION')
  const balancing = dfs.balance({ threshold: 0.05 })
  // While it goes on nothing is missing to anyone.
  const during = nothingIsReadWrong(dfs)
  const { balanced, moved, bytes, most, least } = await balancing
  await during
  expect({ balanced, most: most <= 0.425, least: least >= 0.325 }).toEqual({ balanced: true, most: true, least: true })
  const after = await use(cluster)
  expect(after.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1.5, 9)
  for (const one of after) expect(Math.abs(one - 0.375)).toBeLessThanOrEqual(0.05)
  // What the new ones have is what was moved.
  expect(bytes).toBe(Math.round(((after[1] ?? 0) + (after[3] ?? 0)) * capacity))
  expect(moved).toBeGreaterThanOrEqual(bytes / 10_000)
  await nothingIsLost(dfs)
  expect(await strayReplicas(dfs)).toEqual([])
  expect(await dfs.balance({ threshold: 0.05 })).toMatchObject({ balanced: true, moved: 0, bytes: 0 })
})

async function nothingIsReadWrong(dfs: Dfs): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const [i, path] of paths.entries()) expect((await readAll(dfs, path)).equals(content(i)), path).toBe(true)
  }
}

test('balance is under way when a datanode dies: it ends, and every file is whole and replicated again', async () => {
  const { cluster, dfs } = await lopsided()
  await using _end = cluster
  const balancing = dfs.balance({ threshold: 0.05 })
  expect(await outcome(dfs.balance({ threshold: 0.05 }))).toBe('DFS_BAD_ARGUMENT')
  await cluster.until(async () => ((await use(cluster))[1] ?? 0) > 0)
  await cluster.stopDatanode('dn2')
  expect((await balancing).moved).toBeGreaterThan(0)
  await cluster.until(async () => (await dfs.report()).datanodes.some(({ liveness }) => liveness === 'dead'))
  await cluster.until(async () => {
    const { underReplicated, missingBlocks, pendingReplication, pendingDeletion } = await dfs.report()
    return underReplicated + missingBlocks + pendingReplication + pendingDeletion === 0
  })
  await nothingIsLost(dfs)
})
