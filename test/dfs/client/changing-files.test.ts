/** Append, truncate, concat and checksum through the client: what is read back is what was asked for. */
import { crc32 } from 'node:zlib'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { realEnv } from '../../../dfs/base/env.ts'
import { openEmbedded } from '../../../dfs/embedded/open.ts'
import type { Dfs } from '../../../dfs/index.ts'
import { outcome, patterned, readAll, removeRoots, strayReplicas, temporaryRoot, writeFile } from '../harness.ts'

afterAll(removeRoots)

const blockSize = 1000
const tuning = { blockSize, chunkBytes: 64, packetBytes: 256, rewriteBlockBytes: 300, datanodes: 2, racks: 1 }

/** What it leaves on the disks is told when the root is opened again. */
async function withDfs(action: (dfs: Dfs) => Promise<void>): Promise<void> {
  const root = await temporaryRoot()
  const dfs = await openEmbedded({ root }, realEnv, tuning)
  await action(dfs).finally(() => dfs.close())
  const again = await openEmbedded({ root }, realEnv, tuning)
  try {
    await vi.waitFor(async () => expect(await strayReplicas(again)).toEqual([]))
  } finally {
    await again.close()
  }
}

async function append(dfs: Dfs, path: string, bytes: Uint8Array): Promise<void> {
  const writer = await dfs.append(path)
  await writer.write(bytes)
  await writer.close()
}

describe('append', () => {
  test.each([
    ['nothing', 0, 0],
    ['to an empty file', 0, 10],
    ['to a small last block, which is written again', 1250, 500],
    ['to a large last block, which is kept', 1600, 500],
    ['to a full last block', 2000, 2500],
    ['nothing, to a small block', 100, 0],
  ])('%s', async (_, before, more) => {
    await withDfs(async (dfs) => {
      const content = patterned(before + more)
      await writeFile(dfs, '/f', content.subarray(0, before))
      await append(dfs, '/f', content.subarray(before))
      expect(await readAll(dfs, '/f')).toEqual(content)
      expect((await dfs.stat('/f')).length).toBe(before + more)
    })
  })

  test('many times leaves no more blocks than it has to', async () => {
    await withDfs(async (dfs) => {
      const content = patterned(2000)
      await writeFile(dfs, '/f', new Uint8Array(0))
      for (let i = 0; i < content.length; i += 100) await append(dfs, '/f', content.subarray(i, i + 100))
      expect(await readAll(dfs, '/f')).toEqual(content)
      expect((await dfs.locate('/f')).length).toBeLessThan(8)
    })
  })

  test('is invisible until it is closed, and leaves nothing behind when it is aborted', async () => {
    await withDfs(async (dfs) => {
      const content = patterned(1250)
      await writeFile(dfs, '/f', content)
      const writer = await dfs.append('/f')
      await writer.write(patterned(3000, 2))
      expect(await readAll(dfs, '/f')).toEqual(content)
      expect(await outcome(dfs.append('/f'))).toBe('DFS_BEING_WRITTEN')
      await writer.abort()
      expect(await readAll(dfs, '/f')).toEqual(content)
      await append(dfs, '/f', Buffer.from('!'))
      expect((await dfs.stat('/f')).length).toBe(1251)
    })
  })

  test('goes on where the file is renamed to, and fails where it is deleted', async () => {
    await withDfs(async (dfs) => {
      const content = patterned(500)
      await writeFile(dfs, '/f', content.subarray(0, 400))
      const writer = await dfs.append('/f')
      await writer.write(content.subarray(400))
      await dfs.rename('/f', '/g')
      await writer.close()
      expect(await readAll(dfs, '/g')).toEqual(content)
      const late = await dfs.append('/g')
      await late.write(content)
      await dfs.delete('/g')
      expect(await outcome(late.close())).toBe('DFS_LEASE_LOST')
      await late.abort()
      await vi.waitFor(async () => expect(await strayReplicas(dfs)).toEqual([]))
    })
  })
})

test('truncate cuts at any byte, and neither grows a file nor touches one of that length', async () => {
  await withDfs(async (dfs) => {
    const content = patterned(2500)
    for (const length of [0, 1, 999, 1000, 1001, 2000, 2400, 2500]) {
      await writeFile(dfs, `/f${length}`, content)
      const before = await dfs.stat(`/f${length}`)
      await dfs.truncate(`/f${length}`, length)
      expect(await readAll(dfs, `/f${length}`)).toEqual(content.subarray(0, length))
      if (length === content.length) expect(await dfs.stat(`/f${length}`)).toEqual(before)
    }
    expect(await outcome(dfs.truncate('/f2500', 2501))).toBe('DFS_BAD_ARGUMENT')
    expect(await outcome(dfs.truncate('/f2500', -1))).toBe('DFS_BAD_ARGUMENT')
    expect(await outcome(dfs.truncate('/', 0))).toBe('DFS_IS_DIRECTORY')
    expect(await outcome(dfs.truncate('/none', 0))).toBe('DFS_NOT_FOUND')
  })
})

test('concat moves the sources’ blocks to the end, and the checksum is that of the content', async () => {
  await withDfs(async (dfs) => {
    const content = patterned(4000)
    await writeFile(dfs, '/a', content.subarray(0, 1500))
    await dfs.mkdir('/d')
    await writeFile(dfs, '/d/b', content.subarray(1500, 1700))
    await writeFile(dfs, '/c', content.subarray(1700))
    await dfs.concat('/a', ['/d/b', '/c'])
    expect(await readAll(dfs, '/a')).toEqual(content)
    expect(await dfs.find('/d/b')).toBeUndefined()
    expect(await dfs.find('/c')).toBeUndefined()
    expect(await dfs.checksum('/a')).toEqual({
      algorithm: 'COMPOSITE-CRC32',
      bytes: crc32(content).toString(16).padStart(8, '0'),
    })
  })
})

test('what a snapshot has is read from it whatever happens to the file, and its replicas go with the last snapshot', async () => {
  await withDfs(async (dfs) => {
    const content = patterned(1250)
    await dfs.mkdir('/d')
    await writeFile(dfs, '/d/f', content)
    await dfs.allowSnapshot('/d')
    expect(await dfs.createSnapshot('/d', 's1')).toBe('/d/.snapshot/s1')
    expect(await dfs.createSnapshot('/d')).toMatch(/^\/d\/\.snapshot\/s\d{8}-\d{6}\.\d{3}$/)
    await append(dfs, '/d/f', patterned(2000, 3))
    await dfs.truncate('/d/f', 1100)
    await dfs.delete('/d/f')
    expect(await readAll(dfs, '/d/.snapshot/s1/f')).toEqual(content)
    expect((await dfs.list('/d/.snapshot')).map(({ path }) => path)[0]).toBe('/d/.snapshot/s1')
    for (const { name } of await dfs.snapshots('/d')) await dfs.deleteSnapshot('/d', name)
    expect(await outcome(readAll(dfs, '/d/.snapshot/s1/f'))).toBe('DFS_NOT_FOUND')
  })
})
