/** Requests whose answers are lost, to a namenode that goes on and to one that is started anew: each is done once. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { outcome, patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'
import { FaultyNet, type NetFault } from './faulty-net.ts'

afterAll(removeRoots)

const bytes = patterned(9000)

/** Each of these fails, or answers otherwise, when it is done a second time. */
async function change(dfs: Dfs, top: string): Promise<void> {
  await dfs.mkdir(top)
  await dfs.mkdir(`${top}/a`, { parents: false })
  await writeFile(dfs, `${top}/a/f`, bytes, 5000)
  await dfs.rename(`${top}/a/f`, `${top}/a/g`)
  const more = await dfs.append(`${top}/a/g`)
  await more.write(bytes.subarray(0, 100))
  await more.close()
  await writeFile(dfs, `${top}/b`, bytes.subarray(0, 10))
  expect(await dfs.delete(`${top}/b`)).toBe(true)
  await dfs.allowSnapshot(top)
  expect(await dfs.createSnapshot(top, 's')).toBe(`${top}/.snapshot/s`)
}

async function judge(dfs: Dfs, top: string): Promise<void> {
  expect((await readAll(dfs, `${top}/a/g`)).equals(Buffer.concat([bytes, bytes.subarray(0, 100)])), top).toBe(true)
  expect((await dfs.list(top)).map(({ path }) => path)).toEqual([`${top}/a`])
  expect((await dfs.list(`${top}/a`)).map(({ path }) => path)).toEqual([`${top}/a/g`])
}

/** Does all that again and again; each time `fault` meets another of the answers that come from the namenode. */
async function loseEach(stride: number, fault: (cluster: Cluster) => Promise<NetFault>): Promise<number> {
  await using cluster = await Cluster.start(await temporaryRoot(), 2, {
    blockSize: 4096,
    chunkBytes: 1024,
    packetBytes: 2048,
  })
  const net = new FaultyNet()
  const dfs = await cluster.client('root', net.env)
  for (let lost = 0; ; lost += stride) {
    let answers = 0
    net.plan = async ({ kind, to, bytes: got }) => {
      // The length before each answer; while a fault is at work the answers to other requests do not count.
      if (kind !== 'received' || to?.port !== cluster.namenode?.address.port || got.length !== 4) return undefined
      return answers++ === lost ? await fault(cluster) : undefined
    }
    await change(dfs, `/d${lost}`)
    net.plan = () => undefined
    await judge(dfs, `/d${lost}`)
    if (answers <= lost) return lost
  }
}

describe('an answer of the namenode that is lost: the request is made again and done once', () => {
  test('while the namenode goes on', async () => {
    expect(await loseEach(2, async () => 'cut')).toBeGreaterThan(20)
  })

  test('and the namenode is stopped and started anew', async () => {
    await loseEach(9, async (cluster) => {
      await cluster.namenode?.close()
      await cluster.startNamenode()
      return 'cut'
    })
  })

  test('and the namenode dies, and another begins with what is on the disk', async () => {
    await loseEach(11, async (cluster) => {
      await cluster.crashNamenode()
      return 'cut'
    })
  })
})

test('a file is written and read on while the namenode is started anew', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 3, { blockSize: 65_536, packetBytes: 65_536 })
  const dfs = await cluster.client()
  const large = patterned(300_000)
  await writeFile(dfs, '/old', large)
  const reader = await dfs.open('/old')
  const writer = await dfs.create('/new')
  const got: Buffer[] = []
  for (let at = 0; at < large.length; at += 50_000) {
    if (at === 100_000) await cluster.crashNamenode()
    await writer.write(large.subarray(at, at + 50_000))
    const piece = Buffer.alloc(50_000)
    got.push(piece.subarray(0, await reader.read(piece, at)))
  }
  await writer.close()
  await reader.close()
  expect(Buffer.concat(got).equals(large)).toBe(true)
  // At once: the datanodes may not have come back yet.
  await cluster.crashNamenode()
  expect((await readAll(dfs, '/new')).equals(large)).toBe(true)
  expect(await outcome(writeFile(dfs, '/newer', large))).toBe('ok')
})
