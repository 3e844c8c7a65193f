/** Torn and damaged metadata: reliability rows 2 and 3, after HDFS's TestEditLog and TestFSEditLogLoader. */
import { describe, expect, test } from 'vitest'
import { defaults } from '../../../dfs/base/config.ts'
import { realEnv } from '../../../dfs/base/env.ts'
import { EmbeddedReplicas } from '../../../dfs/embedded/embedded-replicas.ts'
import { NamenodeServer } from '../../../dfs/namenode/server.ts'
import { recoverNamespace } from '../../../dfs/namenode/storage.ts'
import { code } from '../harness.ts'
import { MemoryDisk } from '../memory-disk.ts'

const directory = '/nn'
const journal1 = '/nn/journal-0000000000000001'

async function open(disk: MemoryDisk): Promise<NamenodeServer> {
  await disk.makeDirectory(directory)
  return NamenodeServer.open({
    env: { ...realEnv, disk },
    directory,
    config: defaults,
    superuser: 'someone',
    replicas: (state) => new EmbeddedReplicas(state, [], realEnv),
  })
}

/** A namenode that has acknowledged `names` one after the other; the sizes of its journal after each. */
async function withDirectories(names: readonly string[]): Promise<{ disk: MemoryDisk; sizes: number[] }> {
  const disk = new MemoryDisk()
  const namenode = await open(disk)
  const sizes: number[] = []
  for (const name of names) {
    await namenode.mkdir({ user: 'someone', path: name, parents: true })
    sizes.push(disk.content(journal1).length)
  }
  await namenode.close()
  return { disk, sizes }
}

async function directoriesOf(disk: MemoryDisk): Promise<string[]> {
  const { state } = await recoverNamespace(disk, directory)
  return [...(state.root.children?.keys() ?? [])].map((name) => `/${name}`)
}

const names = ['/a', '/b', '/a-longer-name-in-the-last-record']

describe('a journal that ends in the middle', () => {
  test('cut at every byte of its last record gives everything before it, and takes new records', async () => {
    const { disk, sizes } = await withDirectories(names)
    const [, before = 0, whole = 0] = sizes
    for (let length = before; length < whole; length++) {
      const torn = disk.clone()
      torn.files.set(journal1, Buffer.from(disk.content(journal1).subarray(0, length)))
      expect(await directoriesOf(torn), `cut at ${length}`).toEqual(['/a', '/b'])
      const namenode = await open(torn)
      await namenode.mkdir({ user: 'someone', path: '/later', parents: true })
      await namenode.close()
      expect(await directoriesOf(torn), `cut at ${length}`).toEqual(['/a', '/b', '/later'])
    }
  })

  test('with its last record’s length there but only zeros written drops that record', async () => {
    const { disk, sizes } = await withDirectories(names)
    const [, before = 0, whole = 0] = sizes
    for (let from = before; from < whole; from++) {
      const torn = disk.clone()
      torn.content(journal1).fill(0, from)
      const found = await directoriesOf(torn)
      // Where all that is missing is the second copy of the checksum, or zeros were there anyway, the record is whole.
      expect([['/a', '/b'], names], `zeros from ${from}`).toContainEqual(found)
      if (from < whole - 5) expect(found, `zeros from ${from}`).toEqual(['/a', '/b'])
    }
  })

  test('drops the whole of a group commit that was not synced', async () => {
    const disk = new MemoryDisk()
    const namenode = await open(disk)
    await namenode.mkdir({ user: 'someone', path: '/first', parents: true })
    const before = disk.content(journal1).length
    await Promise.all(['/x', '/y', '/z'].map((name) => namenode.mkdir({ user: 'someone', path: name, parents: true })))
    await namenode.close()
    const torn = disk.clone()
    torn.files.set(journal1, disk.content(journal1).subarray(0, disk.content(journal1).length - 1))
    const found = await directoriesOf(torn)
    expect(found[0]).toBe('/first')
    expect(disk.content(journal1).length).toBeGreaterThan(before)
    expect(found).not.toContain('/z')
  })
})

describe('a flipped bit', () => {
  test('anywhere in a journal is harmless or refused with file and offset, never a record lost or changed', async () => {
    const { disk } = await withDirectories(names)
    const length = disk.content(journal1).length
    let refused = 0
    for (let bit = 0; bit < length * 8; bit++) {
      const flipped = disk.clone()
      const bytes = flipped.content(journal1)
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
      try {
        expect(await directoriesOf(flipped), `bit ${bit & 7} of byte ${bit >>> 3}`).toEqual(names)
      } catch (error) {
        refused++
        expect(code(error), `bit ${bit & 7} of byte ${bit >>> 3}: ${String(error)}`).toBe('DFS_CORRUPT_METADATA')
        expect(String(error)).toMatch(/journal-0000000000000001.*offset \d+/)
      }
    }
    expect(refused).toBeGreaterThan(length * 6)
  })

  test('anywhere in the newest image costs nothing: the older image and a longer journal serve', async () => {
    const disk = new MemoryDisk()
    const namenode = await open(disk)
    await namenode.mkdir({ user: 'someone', path: '/a', parents: true })
    await namenode.durable.checkpoint()
    await namenode.mkdir({ user: 'someone', path: '/b', parents: true })
    await namenode.durable.checkpoint()
    await namenode.mkdir({ user: 'someone', path: '/c', parents: true })
    await namenode.close()
    const image = '/nn/image-0000000000000003'
    for (let bit = 0; bit < disk.content(image).length * 8; bit += 3) {
      const flipped = disk.clone()
      const bytes = flipped.content(image)
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await directoriesOf(flipped), `bit ${bit}`).toEqual(['/a', '/b', '/c'])
    }
  })

  test('in both images is refused, naming the newest', async () => {
    const disk = new MemoryDisk()
    const namenode = await open(disk)
    for (const name of ['/a', '/b', '/c']) {
      await namenode.mkdir({ user: 'someone', path: name, parents: true })
      await namenode.durable.checkpoint()
    }
    await namenode.close()
    for (const txid of [3, 4]) disk.content(`/nn/image-000000000000000${txid}`)[50] = 0xff
    const failure = await directoriesOf(disk).catch((error: unknown) => error)
    expect(code(failure)).toBe('DFS_CORRUPT_METADATA')
    expect(String(failure)).toMatch(/image-0000000000000004 is damaged at offset \d+/)
  })
})

describe('missing metadata', () => {
  test('a segment that is gone from the middle is a gap, not a shorter history', async () => {
    const disk = new MemoryDisk()
    const namenode = await open(disk)
    await namenode.mkdir({ user: 'someone', path: '/a', parents: true })
    await namenode.durable.checkpoint()
    await namenode.mkdir({ user: 'someone', path: '/b', parents: true })
    await namenode.close()
    disk.files.delete('/nn/journal-0000000000000003')
    const failure = await directoriesOf(disk).catch((error: unknown) => error)
    expect(code(failure)).toBe('DFS_CORRUPT_METADATA')
    expect(String(failure)).toContain('gap in transactions')
  })

  test('the first segment gone without an image is a gap', async () => {
    const { disk } = await withDirectories(names)
    disk.files.set('/nn/journal-0000000000000005', disk.content(journal1))
    disk.files.delete(journal1)
    await expect(directoriesOf(disk)).rejects.toThrow('gap in transactions: 1 was expected')
  })

  test('a segment under another’s name is refused', async () => {
    const { disk } = await withDirectories(names)
    disk.files.set('/nn/journal-0000000000000005', Buffer.from(disk.content(journal1)))
    await expect(directoriesOf(disk)).rejects.toThrow('its header is damaged')
  })

  test('a segment that was only just begun when the process ended is taken away', async () => {
    const { disk } = await withDirectories(names)
    for (let length = 0; length < 20; length++) {
      const begun = disk.clone()
      begun.files.set('/nn/journal-0000000000000005', Buffer.alloc(length, 0x51))
      expect(await directoriesOf(begun)).toEqual(names)
      expect(await begun.exists('/nn/journal-0000000000000005')).toBe(false)
    }
  })
})

test('an image or a journal of a newer version is refused by name', async () => {
  const { disk } = await withDirectories(names)
  const bytes = disk.content(journal1)
  bytes.writeUInt32LE(3, 4)
  const { checksum } = await import('../../../dfs/base/checksum.ts')
  bytes.writeUInt32LE(checksum(bytes.subarray(0, 16)), 16)
  const failure = await directoriesOf(disk).catch((error: unknown) => error)
  expect(code(failure)).toBe('DFS_UNKNOWN_VERSION')
  expect(String(failure)).toContain('version 3')
})

test('two images are kept, and the segments behind the older one', async () => {
  const disk = new MemoryDisk()
  const namenode = await open(disk)
  for (const name of ['/a', '/b', '/c', '/d']) {
    await namenode.mkdir({ user: 'someone', path: name, parents: true })
    await namenode.durable.checkpoint()
  }
  await namenode.close()
  expect((await disk.list(directory)).sort()).toEqual([
    'image-0000000000000004',
    'image-0000000000000005',
    'journal-0000000000000005',
    'journal-0000000000000006',
  ])
})

test('a checkpoint comes by itself when the journal has grown', async () => {
  const disk = new MemoryDisk()
  await disk.makeDirectory(directory)
  const namenode = await NamenodeServer.open({
    env: { ...realEnv, disk },
    directory,
    config: { ...defaults, checkpointRecords: 50 },
    superuser: 'someone',
    replicas: (state) => new EmbeddedReplicas(state, [], realEnv),
  })
  for (let i = 0; i < 120; i++) await namenode.mkdir({ user: 'someone', path: `/d${i}`, parents: true })
  await namenode.close()
  const images = (await disk.list(directory)).filter((name) => name.startsWith('image-'))
  expect(images.length).toBeGreaterThan(0)
  expect(await directoriesOf(disk)).toHaveLength(120)
})

test('crash by copying the directory while a hundred writers commit: nothing acknowledged is missing', async () => {
  const disk = new MemoryDisk()
  const namenode = await open(disk)
  const acknowledged = new Set<string>()
  const copies: { copy: MemoryDisk; known: string[] }[] = []
  await Promise.all(
    Array.from({ length: 100 }, async (_, writer) => {
      for (let i = 0; i < 20; i++) {
        const name = `/w${writer}-${i}`
        await namenode.mkdir({ user: 'someone', path: name, parents: true })
        acknowledged.add(name)
        if (i === writer % 20 && writer % 9 === 0) {
          if (writer % 2 === 0) await namenode.durable.checkpoint()
          copies.push({ copy: disk.clone(), known: [...acknowledged] })
        }
      }
    }),
  )
  await namenode.close()
  expect(copies.length).toBeGreaterThan(5)
  for (const { copy, known } of copies) {
    const found = new Set(await directoriesOf(copy))
    expect(known.filter((name) => !found.has(name))).toEqual([])
  }
})

test('after a failed sync nothing is acknowledged any more, until the root is opened again', async () => {
  const disk = new MemoryDisk()
  const namenode = await open(disk)
  await namenode.mkdir({ user: 'someone', path: '/a', parents: true })
  await namenode.close()
  const failing = disk.clone()
  const original = failing.open.bind(failing)
  failing.open = async (path, mode) => {
    const file = await original(path, mode)
    let syncs = 0
    const sync = async (): Promise<void> => {
      if (++syncs === 1) throw Object.assign(new Error('EIO: planted'), { code: 'EIO' })
    }
    return { ...file, sync }
  }
  const second = await open(failing)
  await expect(second.mkdir({ user: 'someone', path: '/b', parents: true })).rejects.toMatchObject({ code: 'DFS_IO' })
  // The disk is well again, but what it holds is not known.
  await expect(second.mkdir({ user: 'someone', path: '/c', parents: true })).rejects.toMatchObject({ code: 'DFS_IO' })
  await expect(second.list({ user: 'someone', path: '/' })).rejects.toThrow('writing the journal')
  await expect(second.durable.checkpoint()).rejects.toMatchObject({ code: 'DFS_IO' })
  await second.close()
})
