/** Reliability row 3: each bit of a small replica and its checksum file flipped. */
import { afterAll, expect, test } from 'vitest'
import { chunkChecksums } from '../../../dfs/base/data-checksum.ts'
import { realDisk } from '../../../dfs/base/disk.ts'
import { blockId, generationStamp } from '../../../dfs/base/ids.ts'
import { DiskBlockStore } from '../../../dfs/block/disk-block-store.ts'
import { blockStoreSuite } from '../../suites/block-store-suite.ts'
import { code, outcome, patterned, removeRoots, temporaryRoot } from '../harness.ts'
import { MemoryDisk } from '../memory-disk.ts'

afterAll(removeRoots)

blockStoreSuite('DiskBlockStore on the real disk', async () => {
  const root = await temporaryRoot()
  const open = () => DiskBlockStore.open(realDisk, root, 1024)
  return { store: await open(), reopen: open }
})

blockStoreSuite('DiskBlockStore on a disk in memory', async () => {
  const disk = new MemoryDisk()
  const open = () => DiskBlockStore.open(disk, '/dn', 1024)
  return { store: await open(), reopen: open }
})

const key = { block: blockId(7), generation: generationStamp(9) }
const data = '/dn/blocks/blk_7_9'
const sums = '/dn/blocks/blk_7_9.crc'
const bytes = patterned(150)

async function stored(): Promise<{ disk: MemoryDisk; store: DiskBlockStore }> {
  const disk = new MemoryDisk()
  const store = await DiskBlockStore.open(disk, '/dn', 64)
  const writer = await store.create(key)
  await writer.write(bytes, chunkChecksums(bytes, 64))
  await writer.commit()
  return { disk, store }
}

async function readBlock(store: DiskBlockStore): Promise<Buffer> {
  const reader = await store.open(key)
  const target = Buffer.alloc(reader.length)
  await reader.read(target, 0)
  return target
}

test.each([data, sums])('each bit of %s flipped is found', async (path) => {
  const { disk, store } = await stored()
  const file = disk.content(path)
  for (let bit = 0; bit < file.length * 8; bit++) {
    file[bit >>> 3] = (file[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
    expect(await outcome(readBlock(store)), `bit ${bit}`).toBe('DFS_CORRUPT_REPLICA')
    file[bit >>> 3] = (file[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
  }
  expect((await readBlock(store)).equals(bytes)).toBe(true)
})

test.each([data, sums])('%s cut at every byte is found', async (path) => {
  const { disk, store } = await stored()
  const whole = disk.content(path)
  for (let length = 0; length < whole.length; length++) {
    disk.files.set(path, whole.subarray(0, length))
    expect(await outcome(readBlock(store)), `cut at ${length}`).toBe('DFS_CORRUPT_REPLICA')
  }
})

test('two checksum files that changed places are found', async () => {
  const { disk, store } = await stored()
  const other = { block: blockId(8), generation: generationStamp(9) }
  const writer = await store.create(other)
  await writer.write(bytes, chunkChecksums(bytes, 64))
  await writer.commit()
  disk.files.set(sums, disk.content('/dn/blocks/blk_8_9.crc'))
  const failure = await readBlock(store).catch((error: unknown) => error)
  expect(code(failure)).toBe('DFS_CORRUPT_REPLICA')
  expect(String(failure)).toContain('belongs to block 8')
})

test('a checksum file of an unknown version, or with impossible numbers, is refused without trusting them', async () => {
  const { disk, store } = await stored()
  const { checksum } = await import('../../../dfs/base/checksum.ts')
  for (const [offset, message] of [
    [4, 'unknown version'],
    [8, 'chunks of'],
    [12, 'chunks of'],
    [32, 'chunks of'],
  ] as const) {
    const file = Buffer.from(disk.content(sums))
    file.writeUInt32LE(0x7fff_ffff, offset)
    file.writeUInt32LE(checksum(file.subarray(0, file.length - 4)), file.length - 4)
    const copy = disk.clone()
    copy.files.set(sums, file)
    const failure = await readBlock(await DiskBlockStore.open(copy, '/dn', 64)).catch((error: unknown) => error)
    expect(String(failure)).toContain(message)
  }
  expect((await readBlock(store)).equals(bytes)).toBe(true)
})

test('strangers in the directory are left alone, a checksum file without data is swept', async () => {
  const { disk, store } = await stored()
  for (const name of ['notes.txt', 'blk_', 'blk_1', 'blk_1_2_3', 'blk_99999999999999999_1', 'blk_5_5.crc']) {
    disk.files.set(`/dn/blocks/${name}`, Buffer.from('x'))
  }
  const { removed, replicas } = await store.sweep()
  expect(replicas).toEqual([key])
  expect(removed).toBe(1)
  expect(await disk.list('/dn/blocks')).toHaveLength(7)
})

test('data without its checksums is no replica and is not deleted: it may be the last copy', async () => {
  const { disk, store } = await stored()
  disk.files.delete(sums)
  expect((await store.sweep()).replicas).toEqual([])
  expect(await disk.exists(data)).toBe(true)
  expect(await outcome(store.open(key))).toBe('DFS_NOT_FOUND')
})
