/** Reliability row 5: the disk fails while the root is opened, and while files are read. */
import { rm } from 'node:fs/promises'
import { afterAll, expect, test } from 'vitest'
import { openEmbedded } from '../../dfs/embedded/open.ts'
import { Journal } from '../../dfs/namenode/journal.ts'
import { FaultyDisk } from './faulty-disk.ts'
import { openFiles, outcome, readAll, removeRoots, temporaries, temporaryRoot } from './harness.ts'
import { bytes, failWhileOpening, openings, prepared } from './open-fault-trials.ts'

afterAll(removeRoots)

test.each(openings)(
  'EIO at each disk call of opening %s, %s: a clean error or a DFS that works, and nothing lost',
  async (which, lasting) => {
    // Every third; the hunt has all.
    expect(await failWhileOpening(which, lasting, 3)).toBeGreaterThan(10)
  },
)

test('a journal that can not be written any more when it is closed is not left open', async () => {
  const directory = await temporaryRoot()
  const disk = new FaultyDisk()
  const journal = await Journal.create(disk, directory, 0)
  journal.append(Buffer.from('a record'))
  disk.plant({ code: 'EIO', call: 1, lasting: true })
  expect(await outcome(journal.close())).toBe('DFS_IO')
  expect(openFiles(directory)).toEqual([])
})

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
