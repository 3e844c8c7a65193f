import { describe, expect, test } from 'vitest'
import { chunkChecksums } from '../../dfs/base/data-checksum.ts'
import { blockId, generationStamp } from '../../dfs/base/ids.ts'
import type { BlockKey } from '../../dfs/base/names.ts'
import type { BlockStore } from '../../dfs/block/block-store.ts'
import { code, outcome, patterned } from '../dfs/harness.ts'

/** What every BlockStore promises. `make` gives an empty one with chunks of 1 KiB; `reopen` the same store after a crash. */
export function blockStoreSuite(
  name: string,
  make: () => Promise<{ store: BlockStore; reopen: () => Promise<BlockStore> }>,
): void {
  const key = (block: number, generation = 1): BlockKey => ({
    block: blockId(block),
    generation: generationStamp(generation),
  })

  async function put(store: BlockStore, at: BlockKey, bytes: Buffer, step = 4096): Promise<number> {
    const writer = await store.create(at)
    for (let i = 0; i < bytes.length; i += step) {
      const piece = bytes.subarray(i, i + step)
      await writer.write(piece, chunkChecksums(piece, store.chunkBytes))
    }
    return writer.commit()
  }

  async function read(store: BlockStore, at: BlockKey, position: number, length: number): Promise<Buffer> {
    const reader = await store.open(at)
    try {
      const target = Buffer.alloc(length)
      return target.subarray(0, await reader.read(target, position))
    } finally {
      await reader.close()
    }
  }

  describe(`${name} as a BlockStore`, () => {
    test.each([0, 1, 1023, 1024, 1025, 4096, 10_000])('gives back a block of %i bytes', async (length) => {
      const { store } = await make()
      const bytes = patterned(length)
      expect(await put(store, key(1), bytes)).toBe(length)
      expect((await read(store, key(1), 0, length + 7)).equals(bytes)).toBe(true)
      expect(await store.list()).toEqual([key(1)])
    })

    test('reads any range, inside, across and at the edges of chunks', async () => {
      const { store } = await make()
      const bytes = patterned(5000)
      await put(store, key(1), bytes)
      const edges = [0, 1, 1023, 1024, 1025, 2048, 4095, 4096, 4999, 5000, 5001]
      for (const from of edges) {
        for (const length of [0, 1, 2, 1023, 1024, 1025, 2048, 3000, 5000]) {
          const wanted = bytes.subarray(from, from + length)
          expect((await read(store, key(1), from, length)).equals(wanted), `${length} bytes from ${from}`).toBe(true)
        }
      }
    })

    test('shows a replica only when it is committed', async () => {
      const { store } = await make()
      const writer = await store.create(key(1))
      await writer.write(patterned(1024), chunkChecksums(patterned(1024), 1024))
      expect(await store.list()).toEqual([])
      expect(await outcome(store.open(key(1)))).toBe('DFS_NOT_FOUND')
      await writer.commit()
      expect(await store.list()).toEqual([key(1)])
    })

    test('drops an aborted replica, also when told twice, and never a committed one', async () => {
      const { store } = await make()
      const writer = await store.create(key(1))
      await writer.write(patterned(10), chunkChecksums(patterned(10), 1024))
      await writer.abort()
      await writer.abort()
      expect(await store.list()).toEqual([])
      await put(store, key(1), patterned(10))
      const other = await store.create(key(2))
      await other.commit()
      await other.abort()
      expect(await store.list()).toHaveLength(2)
    })

    test('refuses a second replica of the same block and generation', async () => {
      const { store } = await make()
      await put(store, key(1), patterned(10))
      expect(await outcome(store.create(key(1)))).toBe('DFS_EXISTS')
      await put(store, key(1, 2), patterned(20))
      expect(await store.list()).toHaveLength(2)
    })

    test('deletes, and says when there was nothing to delete', async () => {
      const { store } = await make()
      await put(store, key(1), patterned(10))
      expect(await store.delete(key(1))).toBe(true)
      expect(await store.delete(key(1))).toBe(false)
      expect(await store.list()).toEqual([])
      expect(await outcome(store.open(key(1)))).toBe('DFS_NOT_FOUND')
    })

    test('hands an unfinished block back, checked', async () => {
      const { store } = await make()
      const bytes = patterned(3000)
      const writer = await store.create(key(1))
      await writer.write(bytes.subarray(0, 2048), chunkChecksums(bytes.subarray(0, 2048), 1024))
      const back = Buffer.alloc(1024)
      const sums = await writer.readBack(back, 1024)
      expect(back.equals(bytes.subarray(1024, 2048))).toBe(true)
      expect([...sums]).toEqual([...chunkChecksums(back, 1024)])
      await writer.abort()
    })

    test('refuses a write behind one that ended inside a chunk', async () => {
      const { store } = await make()
      const writer = await store.create(key(1))
      await writer.write(patterned(10), chunkChecksums(patterned(10), 1024))
      await expect(writer.write(patterned(10), chunkChecksums(patterned(10), 1024))).rejects.toThrow(TypeError)
      await writer.abort()
    })

    test('after a crash, sweeps what was being written and keeps what was committed', async () => {
      const { store, reopen } = await make()
      await put(store, key(1), patterned(2000))
      const writer = await store.create(key(2))
      await writer.write(patterned(1024), chunkChecksums(patterned(1024), 1024))
      const again = await reopen()
      const { removed, replicas } = await again.sweep()
      expect(removed).toBe(1)
      expect(replicas).toEqual([key(1)])
      expect((await read(again, key(1), 0, 2000)).equals(patterned(2000))).toBe(true)
      await writer.abort().catch((error: unknown) => expect(code(error)).toBe('DFS_IO'))
    })
  })
}
