/** Giving up what can not be read of a namespace: the documented way on from damage that a restart refuses. */
import { describe, expect, test } from 'vitest'
import { defaults } from '../../../dfs/base/config.ts'
import { realEnv } from '../../../dfs/base/env.ts'
import { EmbeddedReplicas } from '../../../dfs/embedded/embedded-replicas.ts'
import { headerBytes } from '../../../dfs/namenode/frame.ts'
import { salvage } from '../../../dfs/namenode/salvage.ts'
import { NamenodeServer } from '../../../dfs/namenode/server.ts'
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
    superuser: 'root',
    replicas: (state) => new EmbeddedReplicas(state, [], realEnv),
  })
}

async function names(disk: MemoryDisk): Promise<string[]> {
  const namenode = await open(disk)
  const { entries } = await namenode.list({ user: 'root', path: '/' })
  await namenode.close()
  return entries.map(({ path }) => path)
}

async function make(disk: MemoryDisk, made: readonly string[], checkpointBehind?: string): Promise<number[]> {
  const namenode = await open(disk)
  const sizes: number[] = []
  for (const path of made) {
    await namenode.mkdir({ user: 'root', path, parents: false })
    sizes.push(disk.files.get(journal1)?.length ?? 0)
    if (path === checkpointBehind) await namenode.durable.checkpoint()
  }
  await namenode.close()
  return sizes
}

function flip(disk: MemoryDisk, file: string, offset: number): void {
  const bytes = disk.content(file)
  bytes[offset] = (bytes[offset] ?? 0) ^ 1
}

describe('a journal that is damaged in the middle', () => {
  test('is refused with its offset, and opens without the records from there on once they are given up', async () => {
    const disk = new MemoryDisk()
    const [, second = 0] = await make(disk, ['/a', '/b', '/c', '/d'])
    flip(disk, journal1, second + 30)
    const refused = await open(disk).catch((error: unknown) => error)
    expect(code(refused)).toBe('DFS_CORRUPT_METADATA')
    expect(String(refused)).toContain(`${journal1} is damaged at offset ${second}`)
    expect(String(refused)).toContain('docs/dfs.md')
    const before = Buffer.from(disk.content(journal1))
    const said = await salvage(disk, directory)
    expect(said).toEqual([expect.stringContaining(`ends at offset ${second} now`)])
    expect(await names(disk)).toEqual(['/a', '/b'])
    // Nothing is thrown away.
    expect(disk.content(`${journal1}.damaged`).equals(before.subarray(second))).toBe(true)
    await make(disk, ['/e'])
    expect(await names(disk)).toEqual(['/a', '/b', '/e'])
  })

  test('before a later checkpoint whose image is good loses nothing', async () => {
    const disk = new MemoryDisk()
    await make(disk, ['/a', '/b', '/c'], '/b')
    flip(disk, journal1, headerBytes + 30)
    expect(await salvage(disk, directory)).toEqual([])
    expect(await names(disk)).toEqual(['/a', '/b', '/c'])
  })

  test('at every byte can be given up, and what was before it is kept', async () => {
    const disk = new MemoryDisk()
    const sizes = await make(disk, ['/a', '/b', '/c'])
    const length = disk.content(journal1).length
    for (let offset = 0; offset < length; offset++) {
      const copy = disk.clone()
      flip(copy, journal1, offset)
      await salvage(copy, directory)
      const whole = sizes.filter((size) => size <= offset).length
      expect((await names(copy)).slice(0, whole), `byte ${offset}`).toEqual(['/a', '/b', '/c'].slice(0, whole))
    }
  })
})

test('a segment that is gone, and images that are damaged, are given up one after the other', async () => {
  const disk = new MemoryDisk()
  await make(disk, ['/a', '/b', '/c', '/d'], '/b')
  for (const name of await disk.list(directory)) {
    if (name.startsWith('image-')) flip(disk, `${directory}/${name}`, headerBytes + 40)
  }
  disk.files.delete(journal1)
  const said = await salvage(disk, directory)
  expect(said.join('\n')).toContain('was set aside')
  expect(await names(disk)).toEqual([])
})
