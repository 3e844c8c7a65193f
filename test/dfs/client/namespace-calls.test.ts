import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import { outcome, patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

let dfs: Dfs
beforeEach(async () => {
  dfs = await openDfs({ root: await temporaryRoot(), blockSize: 1000 })
})
afterEach(() => dfs.close())
afterAll(removeRoots)

const put = (path: string, length = 10): Promise<void> => writeFile(dfs, path, patterned(length))
const names = async (path: string): Promise<string[]> => (await dfs.list(path)).map((status) => status.path)

test('making directories: parents only when asked, again only with parents', async () => {
  expect(await outcome(dfs.mkdir('/a/b/c'))).toBe('DFS_NOT_FOUND')
  await dfs.mkdir('/a/b/c', { parents: true })
  await dfs.mkdir('/a/b/c', { parents: true })
  expect(await outcome(dfs.mkdir('/a/b/c'))).toBe('DFS_EXISTS')
  await put('/f')
  expect(await outcome(dfs.mkdir('/f', { parents: true }))).toBe('DFS_EXISTS')
  expect(await outcome(dfs.mkdir('/f/x', { parents: true }))).toBe('DFS_NOT_DIRECTORY')
  expect(await dfs.stat('/a/b')).toMatchObject({
    kind: 'directory',
    childrenCount: 1,
    permission: 0o755,
    group: 'supergroup',
    length: 0,
  })
})

test('creating: over a file only with overwrite, over a directory never', async () => {
  await put('/f', 5)
  expect(await outcome(dfs.create('/f'))).toBe('DFS_EXISTS')
  const writer = await dfs.create('/f', { overwrite: true })
  await writer.write(patterned(7))
  // The old file serves until the new one is whole.
  expect((await dfs.stat('/f')).length).toBe(5)
  await writer.close()
  expect((await dfs.stat('/f')).length).toBe(7)
  await dfs.mkdir('/d')
  expect(await outcome(dfs.create('/d', { overwrite: true }))).toBe('DFS_IS_DIRECTORY')
  expect(await outcome(dfs.create('/', { overwrite: true }))).toBe('DFS_IS_DIRECTORY')
  expect(await outcome(dfs.create('/f/x'))).toBe('DFS_NOT_DIRECTORY')
  expect(await outcome(dfs.create('/g', { blockSize: 0 }))).toBe('DFS_BAD_ARGUMENT')
  expect(await outcome(dfs.create('/g', { replication: 0 }))).toBe('DFS_BAD_ARGUMENT')
})

test('deleting: false where there is nothing, a full directory only recursively', async () => {
  await put('/d/e/f', 2500)
  expect(await dfs.delete('/none')).toBe(false)
  expect(await outcome(dfs.delete('/d'))).toBe('DFS_NOT_EMPTY')
  expect(await outcome(dfs.delete('/', { recursive: true }))).toBe('DFS_BAD_ARGUMENT')
  expect(await dfs.delete('/d', { recursive: true })).toBe(true)
  expect(await names('/')).toEqual([])
  const writer = await dfs.create('/w/file')
  expect(await outcome(dfs.delete('/w'))).toBe('DFS_NOT_EMPTY')
  await writer.abort()
  expect(await dfs.delete('/w')).toBe(true)
})

test('renaming as HDFS has it', async () => {
  await put('/a/f', 3)
  await dfs.mkdir('/b')
  await dfs.rename('/a/f', '/b')
  expect(await names('/b')).toEqual(['/b/f'])
  await dfs.rename('/b/f', '/b/g')
  expect((await readAll(dfs, '/b/g')).equals(patterned(3))).toBe(true)
  await dfs.rename('/b/g', '/b/g')
  expect(await outcome(dfs.rename('/none', '/x'))).toBe('DFS_NOT_FOUND')
  expect(await outcome(dfs.rename('/b', '/b/inside'))).toBe('DFS_BAD_ARGUMENT')
  expect(await outcome(dfs.rename('/b', '/b'))).toBe('DFS_BAD_ARGUMENT')
  expect(await outcome(dfs.rename('/', '/x'))).toBe('DFS_BAD_ARGUMENT')
  expect(await outcome(dfs.rename('/b/g', '/no/dir'))).toBe('DFS_NOT_FOUND')
  await put('/h')
  expect(await outcome(dfs.rename('/h', '/b/g'))).toBe('DFS_EXISTS')
  expect(await outcome(dfs.rename('/h', '/b/g/x'))).toBe('DFS_NOT_DIRECTORY')
})

test('looking: a file lists itself, directories in byte order, walking gives parents first', async () => {
  for (const path of ['/d/b', '/d/a/x', '/d/B', '/d/é', '/d/\u{1f600}', '/d/\uffee']) await put(path, 1500)
  expect(await names('/d/b')).toEqual(['/d/b'])
  expect(await names('/d')).toEqual(['/d/B', '/d/a', '/d/b', '/d/é', '/d/\uffee', '/d/\u{1f600}'])
  const walked: string[] = []
  for await (const status of dfs.walk('/d')) {
    walked.push(status.path)
    // What goes away while one walks is passed over.
    if (status.path === '/d/a') await dfs.delete('/d/a', { recursive: true })
  }
  expect(walked).toEqual(['/d', '/d/B', '/d/a', '/d/b', '/d/é', '/d/\uffee', '/d/\u{1f600}'])
  expect(await outcome(dfs.list('/none'))).toBe('DFS_NOT_FOUND')
  expect(await outcome(dfs.stat('/none'))).toBe('DFS_NOT_FOUND')
  expect(await outcome(dfs.open('/d'))).toBe('DFS_IS_DIRECTORY')
  expect(await outcome(dfs.locate('/none'))).toBe('DFS_NOT_FOUND')
  expect(await dfs.summary('/d')).toEqual({
    directories: 1,
    files: 5,
    bytes: 7500,
    bytesWithReplicas: 22_500,
    nameQuota: -1,
    spaceQuota: -1,
  })
})

test('times are set and kept over a restart', async () => {
  await put('/f')
  await dfs.setTimes('/f', { modificationTime: 1234, accessTime: 5678 })
  await dfs.setTimes('/f', { accessTime: 9 })
  const { root } = dfs
  await dfs.close()
  dfs = await openDfs({ root })
  expect(await dfs.stat('/f')).toMatchObject({ modificationTime: 1234, accessTime: 9 })
  expect(await outcome(dfs.setTimes('/f', { accessTime: -1 }))).toBe('DFS_BAD_ARGUMENT')
  expect(await outcome(dfs.setReplication('/', 2))).toBe('DFS_IS_DIRECTORY')
})

describe('a job’s output', () => {
  const part = async (
    bytes: Buffer,
  ): Promise<Awaited<ReturnType<Awaited<ReturnType<Dfs['createDetached']>>['close']>>> => {
    const writer = await dfs.createDetached()
    await writer.write(bytes)
    return writer.close()
  }

  test('appears whole in one step, replacing what was there only when told to', async () => {
    const [a, b] = [await part(patterned(2500)), await part(patterned(0))]
    expect(await names('/')).toEqual([])
    await dfs.publish('/jobs/out', [
      { name: 'part-0', file: a },
      { name: '_SUCCESS', file: b },
    ])
    expect(await names('/jobs/out')).toEqual(['/jobs/out/_SUCCESS', '/jobs/out/part-0'])
    const c = await part(patterned(99))
    const again = [{ name: 'part-0', file: c }]
    expect(await outcome(dfs.publish('/jobs/out', again))).toBe('DFS_EXISTS')
    expect(await outcome(dfs.publish('/jobs/out/part-0/x', again))).toBe('DFS_NOT_DIRECTORY')
    expect(await outcome(dfs.publish('/', again, { overwrite: true }))).toBe('DFS_BAD_ARGUMENT')
    await dfs.publish('/jobs/out', again, { overwrite: true })
    expect(await names('/jobs/out')).toEqual(['/jobs/out/part-0'])
    expect((await readAll(dfs, '/jobs/out/part-0')).equals(patterned(99))).toBe(true)
    expect(await outcome(dfs.publish('/twice', again))).toBe('DFS_LEASE_LOST')
  })

  test('that is discarded, aborted or never published is gone after a restart', async () => {
    await dfs.discardDetached(await part(patterned(2500)))
    const unpublished = await part(patterned(2500))
    const writer = await dfs.createDetached()
    await writer.write(patterned(5000))
    await writer.abort()
    const { root } = dfs
    await dfs.close()
    dfs = await openDfs({ root })
    expect(await outcome(dfs.publish('/out', [{ name: 'x', file: unpublished }]))).toBe('DFS_LEASE_LOST')
    await dfs.discardDetached(unpublished)
    expect((await dfs.fsck('/')).blocks).toBe(0)
  })
})

test('reading: any range, by call and by stream', async () => {
  const bytes = patterned(4321)
  await writeFile(dfs, '/f', bytes)
  const reader = await dfs.open('/f')
  for (const [from, length] of [
    [0, 4321],
    [0, 1],
    [999, 2],
    [1000, 1000],
    [4320, 5],
    [4321, 5],
    [9999, 1],
    [1500, 2600],
  ] as const) {
    const target = Buffer.alloc(length)
    const read = await reader.read(target, from)
    expect(target.subarray(0, read).equals(bytes.subarray(from, from + length)), `${length} from ${from}`).toBe(true)
    const pieces: Buffer[] = []
    for await (const piece of reader.stream({ start: from, end: from + length })) pieces.push(Buffer.from(piece))
    expect(Buffer.concat(pieces).equals(bytes.subarray(from, from + length)), `stream ${length} from ${from}`).toBe(
      true,
    )
  }
  expect(await outcome(reader.read(Buffer.alloc(1), -1))).toBe('DFS_BAD_ARGUMENT')
  await reader.close()
  await reader.close()
  expect(await outcome(reader.read(Buffer.alloc(1), 0))).toBe('DFS_CLOSED')
})
