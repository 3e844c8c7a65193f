/** A datanode that fails while a block is written: the write goes on, with another in its place where there is one. */
import { afterAll, describe, expect, test } from 'vitest'
import { openEmbedded } from '../../../dfs/embedded/open.ts'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import { FaultyDisk } from '../faulty-disk.ts'
import { code, outcome, patterned, readAll, removeRoots, temporaries, temporaryRoot, writeFile } from '../harness.ts'

afterAll(removeRoots)
const bytes = patterned(500_000, 8)

async function opened(options: {
  datanodes: number
  replication: number
}): Promise<{ dfs: Dfs; disk: FaultyDisk; root: string }> {
  const root = await temporaryRoot()
  const disk = new FaultyDisk()
  const dfs = await openEmbedded({ root, ...options, blockSize: 300_000 }, disk.env)
  return { dfs, disk, root }
}

const onNode = (node: string, wanted: string) => (operation: string, path: string) =>
  operation === wanted && path.includes(`/${node}/`)

describe.each(['open', 'write', 'sync', 'rename', 'syncDirectory'])('a datanode whose every %s fails', (operation) => {
  test('is left out; the file is whole with the others and the failure is told', async () => {
    const { dfs, disk, root } = await opened({ datanodes: 3, replication: 3 })
    disk.plant({ code: 'EIO', call: 1, lasting: true, only: onNode('dn2', operation) })
    await writeFile(dfs, '/file', bytes, 70_000)
    expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
    for (const block of await dfs.locate('/file')) {
      expect(block.replicas.map(({ datanode }) => datanode)).toEqual(['dn1', 'dn3'])
    }
    expect(dfs.incidents.some(({ datanode }) => datanode === 'dn2')).toBe(true)
    expect(dfs.notes.join()).toContain('dn2')
    disk.heal()
    await dfs.fsck('/')
    expect((await dfs.fsck('/', { verify: true })).problems).toEqual([])
    for (const block of await dfs.locate('/file')) expect(block.replicas).toHaveLength(3)
    await dfs.close()
    expect(await temporaries(root)).toEqual([])
  })

  test('is replaced by one that has none of the block yet', async () => {
    const { dfs, disk } = await opened({ datanodes: 4, replication: 1 })
    const failing = new Set<string>()
    // Whichever gets the first replica fails; the three others are well.
    disk.plant({
      code: 'ENOSPC',
      call: 1,
      lasting: true,
      only: (asked, path) => {
        const node = /\/(dn\d)\//.exec(path)?.[1]
        if (node === undefined || asked !== operation || !/blk_|blocks/.test(path)) return false
        if (failing.size === 0) failing.add(node)
        return failing.has(node)
      },
    })
    const outcomeOfPut = await outcome(writeFile(dfs, '/file', bytes, 70_000))
    if (operation === 'rename' || operation === 'syncDirectory') {
      // What its temporary held has been renamed or closed by then: with one replica there is nothing to go on from.
      expect(outcomeOfPut).toBe('DFS_NO_SPACE')
    } else {
      expect(outcomeOfPut).toBe('ok')
      expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
      for (const block of await dfs.locate('/file')) {
        expect(block.replicas).toHaveLength(1)
        expect(failing).not.toContain(block.replicas[0]?.datanode)
      }
    }
    await dfs.close()
  })
})

test('when every datanode is full the error says what each said, and once there is room the same write works', async () => {
  const { dfs, disk, root } = await opened({ datanodes: 3, replication: 2 })
  disk.plant({
    code: 'ENOSPC',
    call: 3,
    lasting: true,
    only: (operation, path) => operation === 'write' && path.includes('/datanodes/'),
  })
  const writer = await dfs.create('/file')
  const failure = await (async () => {
    await writer.write(bytes)
    await writer.close()
  })().catch((error: unknown) => error)
  expect(code(failure)).toBe('DFS_NO_SPACE')
  for (const node of ['dn1 said', 'dn2 said', 'dn3 said', 'the disk is full']) expect(String(failure)).toContain(node)
  expect(await outcome(writer.write(bytes))).toBe('DFS_NO_SPACE')
  await writer.abort()
  await writer.abort()
  expect(await dfs.find('/file')).toBeUndefined()
  expect(await temporaries(root)).toEqual([])
  disk.heal()
  await writeFile(dfs, '/file', bytes)
  expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
  await dfs.close()
})

describe('a writer', () => {
  test('that is aborted by its signal fails with the signal’s own reason', async () => {
    await using dfs = await openDfs({ root: await temporaryRoot() })
    const controller = new AbortController()
    const writer = await dfs.create('/file', { signal: controller.signal })
    await writer.write(bytes)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(writer.write(bytes)).rejects.toBe(reason)
    await writer.abort()
    await expect(dfs.create('/file', { signal: controller.signal })).rejects.toBe(reason)
    expect(await dfs.find('/file')).toBeUndefined()
  })

  test('whose directory is deleted has lost its lease', async () => {
    await using dfs = await openDfs({ root: await temporaryRoot(), blockSize: 100 })
    const writer = await dfs.create('/d/file')
    await writer.write(bytes.subarray(0, 150))
    await dfs.delete('/d', { recursive: true })
    expect(await outcome(writer.close())).toBe('DFS_LEASE_LOST')
    await writer.abort()
  })

  test('closed or aborted takes no more', async () => {
    await using dfs = await openDfs({ root: await temporaryRoot() })
    const writer = await dfs.create('/file')
    await writer.close()
    await writer.close()
    expect(await outcome(writer.write(bytes))).toBe('DFS_CLOSED')
    await writer.abort()
    expect(await dfs.find('/file')).toMatchObject({ length: 0 })
  })

  test('may be called without waiting: the bytes come in the order of the calls', async () => {
    await using dfs = await openDfs({ root: await temporaryRoot(), blockSize: 64_000 })
    const writer = await dfs.create('/file')
    const calls: Promise<void>[] = []
    for (let i = 0; i < bytes.length; i += 33_333) calls.push(writer.write(bytes.subarray(i, i + 33_333)))
    calls.push(writer.close())
    await Promise.all(calls)
    expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
  })

  test('left open is given up when the DFS is closed, and nothing of it stays', async () => {
    const root = await temporaryRoot()
    const dfs = await openDfs({ root })
    const writer = await dfs.create('/file')
    await writer.write(bytes)
    const reader = await dfs.open('/file').catch((error: unknown) => code(error))
    expect(reader).toBe('DFS_NOT_FOUND')
    await dfs.close()
    expect(await outcome(writer.write(bytes))).toBe('DFS_CLOSED')
    expect(await temporaries(root)).toEqual([])
    expect(await outcome(dfs.list('/'))).toBe('DFS_CLOSED')
    expect(await outcome(dfs.fsck('/'))).toBe('DFS_CLOSED')
    expect(await outcome(dfs.reportBad([]))).toBe('DFS_CLOSED')
  })
})
