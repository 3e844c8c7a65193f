/** A file's checksum comes from those beside its replicas, and from its content where they can not say. */
import { rm, truncate, writeFile as writeOsFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { afterAll, expect, test, vi } from 'vitest'
import { FileReader } from '../../../dfs/client/file-reader.ts'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import { outcome, patterned, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

afterAll(removeRoots)

const content = patterned(300_000)
const wanted = { algorithm: 'COMPOSITE-CRC32', bytes: crc32(content).toString(16).padStart(8, '0') }

async function made(): Promise<Dfs> {
  const dfs = await openDfs({ root: await temporaryRoot(), blockSize: 128 * 1024 })
  await writeFile(dfs, '/f', content)
  return dfs
}

test('nothing of the content is read for it', async () => {
  await using dfs = await made()
  const read = vi.spyOn(FileReader.prototype, 'stream')
  try {
    expect(await dfs.checksum('/f')).toEqual(wanted)
    expect(read).not.toHaveBeenCalled()
  } finally {
    read.mockRestore()
  }
})

test('a checksum file that is damaged, cut off or gone, or has no data beside it, is left for another', async () => {
  await using dfs = await made()
  const [first, second] = await dfs.locate('/f')
  await writeOsFile(first?.replicas[0]?.checksumFile ?? '', 'QUCK')
  await rm(first?.replicas[1]?.checksumFile ?? '')
  await rm(second?.replicas[0]?.dataFile ?? '')
  await truncate(second?.replicas[1]?.checksumFile ?? '', 50)
  expect(await dfs.checksum('/f')).toEqual(wanted)
  expect(dfs.incidents).toEqual([])
})

test('a block without any is read, and a file that can not be has no checksum', async () => {
  await using dfs = await made()
  const [first, second] = await dfs.locate('/f')
  for (const { checksumFile } of second?.replicas ?? []) await rm(checksumFile)
  expect(first?.replicas.length).toBe(3)
  expect(await outcome(dfs.checksum('/f'))).toBe('DFS_NO_REPLICA')
  expect(await outcome(dfs.checksum('/none'))).toBe('DFS_NOT_FOUND')
  expect(await outcome(dfs.checksum('/'))).toBe('DFS_IS_DIRECTORY')
})
