/** Namenode and datanodes as services over sockets: writing, reading, losing and healing. */
import { crc32 } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { type Disk, realDisk } from '../../../dfs/base/disk.ts'
import { patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'

afterAll(removeRoots)

describe('a file written through the daemons', () => {
  test('is read back byte for byte, from as many datanodes as it asks for', async () => {
    await using cluster = await Cluster.start(await temporaryRoot(), 3, { blockSize: 300_000 })
    const dfs = await cluster.client()
    const bytes = patterned(1_000_000)
    await writeFile(dfs, '/a/b', bytes)
    expect((await readAll(dfs, '/a/b')).equals(bytes)).toBe(true)
    const blocks = await dfs.locate('/a/b')
    expect(blocks.map(({ replicas }) => replicas.length)).toEqual([3, 3, 3, 3])
    expect((await dfs.fsck('/')).healthy).toBe(true)
  })

  test('goes on when a datanode of its chain dies, and is replicated again', async () => {
    await using cluster = await Cluster.start(await temporaryRoot(), 4, { blockSize: 2_000_000, packetBytes: 65_536 })
    const dfs = await cluster.client()
    const bytes = patterned(1_500_000)
    const writer = await dfs.create('/f')
    await writer.write(bytes.subarray(0, 500_000))
    const [block] = [...(cluster.namenode === undefined ? [] : [1])]
    expect(block).toBe(1)
    await cluster.stopDatanode('dn2')
    await writer.write(bytes.subarray(500_000, 900_000))
    await writer.write(bytes.subarray(900_000))
    await writer.close()
    expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
    await cluster.until(async () => (await dfs.locate('/f')).every(({ replicas }) => replicas.length === 3))
    expect((await dfs.fsck('/')).healthy).toBe(true)
  })
})

test('one who can not reach the replicas’ files reads a file, and has its checksum, through the datanodes', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 2, { blockSize: 300_000 })
  const bytes = patterned(700_000)
  await writeFile(await cluster.client(), '/f', bytes)
  const within = (path: string): boolean => path.includes('blk_')
  const refused = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  const disk: Disk = {
    ...realDisk,
    open: (path, mode, permissions) =>
      within(path) ? Promise.reject(refused) : realDisk.open(path, mode, permissions),
    readFile: (path, max) => (within(path) ? Promise.reject(refused) : realDisk.readFile(path, max)),
    fileSize: (path) => (within(path) ? Promise.reject(refused) : realDisk.fileSize(path)),
  }
  const elsewhere = await cluster.client('root', { ...cluster.env, disk })
  expect((await readAll(elsewhere, '/f')).equals(bytes)).toBe(true)
  expect((await elsewhere.checksum('/f')).bytes).toBe(crc32(bytes).toString(16).padStart(8, '0'))
})
