/** Reliability row 5: the disk fails while the root is opened, and while files are read. */
import { cp, rm } from 'node:fs/promises'
import { afterAll, expect, test } from 'vitest'
import { openEmbedded } from '../../dfs/embedded/open.ts'
import { DfsError, openDfs } from '../../dfs/index.ts'
import { FaultyDisk } from './faulty-disk.ts'
import {
  outcome,
  patterned,
  readAll,
  removeRoots,
  strayReplicas,
  temporaries,
  temporaryRoot,
  writeFile,
} from './harness.ts'

afterAll(removeRoots)

const bytes = patterned(250_000, 6)

async function prepared(): Promise<string> {
  const root = await temporaryRoot()
  await using dfs = await openDfs({ root, blockSize: 100_000 })
  await writeFile(dfs, '/first', bytes)
  await dfs.checkpoint()
  await writeFile(dfs, '/second', bytes)
  return root
}

test.each([
  ['an existing root', 'once'],
  ['an existing root', 'for ever'],
  ['a new root', 'once'],
  ['a new root', 'for ever'],
] as const)(
  'EIO at each disk call of opening %s, %s: a clean error or a DFS that works, and nothing lost',
  async (which, lasting) => {
    const existing = which === 'an existing root' ? await prepared() : undefined
    let reached = true
    let call = 0
    while (reached) {
      call++
      const root = await temporaryRoot()
      if (existing !== undefined) await cp(existing, root, { recursive: true })
      const disk = new FaultyDisk()
      disk.plant({ code: 'EIO', call, lasting: lasting === 'for ever' })
      try {
        const dfs = await openEmbedded({ root }, disk.env)
        disk.heal()
        if (existing !== undefined) expect((await readAll(dfs, '/second')).equals(bytes), `call ${call}`).toBe(true)
        await dfs.close()
      } catch (error) {
        expect(error, `call ${call}`).toBeInstanceOf(DfsError)
      }
      reached = disk.log.length > 0
      const again = await openDfs({ root })
      await writeFile(again, '/third', bytes)
      for (const path of existing === undefined ? ['/third'] : ['/first', '/second', '/third']) {
        expect((await readAll(again, path)).equals(bytes), `${path} after call ${call}`).toBe(true)
      }
      await again.fsck('/')
      expect((await again.fsck('/', { verify: true })).problems, `call ${call}`).toEqual([])
      expect(await strayReplicas(again), `call ${call}`).toEqual([])
      await again.close()
      expect(await temporaries(root), `call ${call}`).toEqual([])
      await rm(root, { recursive: true })
    }
    expect(call).toBeGreaterThan(10)
  },
)

test('a read that fails on one datanode goes on with the next; the replica is made again', async () => {
  const disk = new FaultyDisk()
  await using dfs = await openEmbedded({ root: await prepared() }, disk.env)
  for (const node of ['dn1', 'dn2', 'dn3']) {
    disk.plant({
      code: 'EIO',
      call: 1,
      lasting: true,
      only: (operation, path) => operation === 'read' && path.includes(`/${node}/`),
    })
    expect((await readAll(dfs, '/first')).equals(bytes)).toBe(true)
    disk.heal()
    await dfs.fsck('/')
    expect((await dfs.fsck('/', { verify: true })).problems).toEqual([])
  }
  expect(dfs.incidents.every(({ repaired }) => repaired)).toBe(true)
  expect(dfs.incidents.length).toBeGreaterThan(0)
})

test('one failed read that works when tried again costs no replica', async () => {
  const disk = new FaultyDisk()
  await using dfs = await openEmbedded({ root: await prepared() }, disk.env)
  disk.plant({ code: 'EIO', call: 1, only: (operation) => operation === 'read' })
  expect((await readAll(dfs, '/first')).equals(bytes)).toBe(true)
  disk.heal()
  expect((await dfs.fsck('/', { verify: true })).problems).toEqual([])
  expect(dfs.incidents).toEqual([])
})

test('reads that fail everywhere are an error, and nothing is deleted for it', async () => {
  const disk = new FaultyDisk()
  await using dfs = await openEmbedded({ root: await prepared() }, disk.env)
  disk.plant({
    code: 'EIO',
    call: 1,
    lasting: true,
    only: (operation) => operation === 'read' || operation === 'readFile',
  })
  expect(await outcome(readAll(dfs, '/first'))).toBe('DFS_NO_REPLICA')
  expect((await dfs.fsck('/', { verify: true })).healthy).toBe(false)
  disk.heal()
  expect((await readAll(dfs, '/first')).equals(bytes)).toBe(true)
  await dfs.fsck('/', { verify: true })
  expect((await dfs.fsck('/', { verify: true })).problems).toEqual([])
})

test('a copy that fails is tried again by the next look, and leaves nothing', async () => {
  const root = await prepared()
  const disk = new FaultyDisk()
  await using dfs = await openEmbedded({ root }, disk.env)
  const [block] = await dfs.locate('/first')
  const [replica] = block?.replicas ?? []
  if (block === undefined || replica === undefined) throw new Error('no replica')
  await rm(replica.dataFile)
  disk.plant({ code: 'ENOSPC', call: 1, lasting: true, only: (operation) => operation === 'write' })
  await dfs.reportBad([
    { block: block.block, datanode: replica.datanode, path: replica.dataFile, reason: 'missing', detail: '' },
  ])
  expect(dfs.incidents).toMatchObject([{ repaired: false }])
  expect(dfs.notes.join()).toContain(`could not be copied to ${replica.datanode}`)
  expect(await temporaries(root)).toEqual([])
  disk.heal()
  await dfs.fsck('/')
  expect(dfs.incidents).toMatchObject([{ repaired: true }])
})
