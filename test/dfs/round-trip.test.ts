import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Dfs, openDfs } from '../../dfs/index.ts'
import { openReplicaReader } from '../../dfs/short-circuit.ts'
import { patterned, readAll, writeFile } from './harness.ts'

let root: string
let dfs: Dfs

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quern-dfs-'))
  dfs = await openDfs({ root, blockSize: 200_000 })
})

afterEach(async () => {
  await dfs.close()
  await rm(root, { recursive: true, force: true })
})

describe('a file put into the DFS', () => {
  test.each([0, 1, 65_535, 65_536, 65_537, 199_999, 200_000, 200_001, 400_000, 1_234_567])(
    'of %i bytes comes back the same, by every way of reading',
    async (length) => {
      const bytes = patterned(length)
      await writeFile(dfs, '/a/b/file', bytes, 7_777)
      const status = await dfs.stat('/a/b/file')
      expect(status).toMatchObject({ kind: 'file', length, replication: 3, blockSize: 200_000, permission: 0o644 })
      expect((await readAll(dfs, '/a/b/file')).equals(bytes)).toBe(true)
      const blocks = await dfs.locate('/a/b/file')
      expect(blocks.map((block) => block.replicas.length)).toEqual(blocks.map(() => 3))
      const reader = openReplicaReader(blocks, { preferNode: 'dn2' })
      const whole = Buffer.alloc(length + 10)
      expect(reader.readInto(whole, 5, 0, length + 5)).toBe(length)
      expect(whole.subarray(5, 5 + length).equals(bytes)).toBe(true)
      expect(reader.bad).toEqual([])
      reader.close()
    },
  )

  test('is there after closing and opening again', async () => {
    const bytes = patterned(500_000)
    await writeFile(dfs, '/kept', bytes)
    await dfs.close()
    dfs = await openDfs({ root })
    expect((await readAll(dfs, '/kept')).equals(bytes)).toBe(true)
    expect(dfs.incidents).toEqual([])
  })

  test('is there after a checkpoint, and after two', async () => {
    await writeFile(dfs, '/one', patterned(10))
    await dfs.checkpoint()
    await writeFile(dfs, '/two', patterned(20))
    await dfs.checkpoint()
    await dfs.checkpoint()
    await dfs.close()
    dfs = await openDfs({ root })
    expect((await dfs.list('/')).map(({ path }) => path)).toEqual(['/one', '/two'])
    expect((await readAll(dfs, '/two')).equals(patterned(20))).toBe(true)
  })

  test('is not visible before it is closed', async () => {
    const writer = await dfs.create('/new')
    await writer.write(patterned(300_000))
    expect(await dfs.find('/new')).toBeUndefined()
    expect(await dfs.list('/')).toEqual([])
    await writer.close()
    expect(await dfs.list('/')).toHaveLength(1)
  })

  test('leaves nothing behind when it is aborted or deleted', async () => {
    const writer = await dfs.create('/gone')
    await writer.write(patterned(300_000))
    await writer.abort()
    await writeFile(dfs, '/deleted', patterned(300_000))
    await dfs.delete('/deleted')
    await dfs.close()
    for (const dn of ['dn1', 'dn2', 'dn3']) {
      expect(await readdir(join(root, 'datanodes', dn, 'blocks'))).toEqual([])
      expect(await readdir(join(root, 'datanodes', dn, 'tmp'))).toEqual([])
    }
  })
})

test('the first replica lies on the writer’s datanode, and each block on two racks', async () => {
  const writer = await dfs.create('/placed', { writerNode: expectNode('dn2'), replication: 2 })
  await writer.write(patterned(500_000))
  await writer.close()
  for (const block of await dfs.locate('/placed')) {
    expect(block.replicas.map(({ datanode }) => datanode)).toContain('dn2')
    expect(new Set(block.replicas.map(({ rack }) => rack)).size).toBe(2)
  }
})

function expectNode(id: string): Dfs['datanodes'][number]['id'] {
  const node = dfs.datanodes.find((candidate) => candidate.id === id)
  if (node === undefined) throw new Error(`no datanode ${id}`)
  return node.id
}
