/** One replica bad: reads are right and it is repaired. All bad: an error, never wrong bytes, never a hang. After HDFS's TestCrcCorruption. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Dfs, type LocatedBlock, openDfs } from '../../dfs/index.ts'
import { openReplicaReader } from '../../dfs/short-circuit.ts'
import { code, outcome, patterned, readAll, removeRoots, temporaryRoot, writeFile } from './harness.ts'

const bytes = patterned(500_000, 5)
let root: string
let dfs: Dfs

beforeEach(async () => {
  root = await temporaryRoot()
  dfs = await openDfs({ root, blockSize: 200_000 })
  await writeFile(dfs, '/file', bytes)
})
afterEach(() => dfs.close())
afterAll(removeRoots)

function flip(path: string, byte: number): void {
  const file = readFileSync(path)
  file[byte] = (file[byte] ?? 0) ^ 0x10
  writeFileSync(path, file)
}

async function blockOf(index: number): Promise<LocatedBlock> {
  const block = (await dfs.locate('/file'))[index]
  if (block === undefined) throw new Error(`no block ${index}`)
  return block
}

async function healed(): Promise<void> {
  // fsck waits for repairs of the blocks it finds wanting.
  await dfs.fsck('/', { verify: true })
  const report = await dfs.fsck('/', { verify: true })
  expect(report).toMatchObject({
    healthy: true,
    corruptBlocks: 0,
    missingReplicas: 0,
    underReplicated: 0,
    problems: [],
  })
}

type Damage = (replica: LocatedBlock['replicas'][number]) => void
const damages: [string, Damage, 'corrupt' | 'missing'][] = [
  ['a flipped bit in the data', (replica) => flip(replica.dataFile, 70_000), 'corrupt'],
  ['a flipped bit in the checksums', (replica) => flip(replica.checksumFile, 45), 'corrupt'],
  [
    'cut off data',
    (replica) => writeFileSync(replica.dataFile, readFileSync(replica.dataFile).subarray(0, 9)),
    'corrupt',
  ],
  ['empty checksums', (replica) => writeFileSync(replica.checksumFile, ''), 'corrupt'],
  ['the data gone', (replica) => rmSync(replica.dataFile), 'missing'],
  ['the checksums gone', (replica) => rmSync(replica.checksumFile), 'missing'],
]

describe.each(damages)('%s of one replica', (_, damage, reason) => {
  test('is read around, told of and repaired', async () => {
    const block = await blockOf(1)
    const [first] = block.replicas
    if (first === undefined) throw new Error('no replica')
    damage(first)
    expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
    await healed()
    expect(dfs.incidents).toHaveLength(1)
    expect(dfs.incidents[0]).toMatchObject({ block: block.block, datanode: first.datanode, reason, repaired: true })
    expect((await blockOf(1)).replicas).toHaveLength(3)
  })

  test('is read around by a thread of its own, whose report gets it repaired', async () => {
    const blocks = await dfs.locate('/file')
    const replica = blocks[1]?.replicas[2]
    if (replica === undefined) throw new Error('no replica')
    damage(replica)
    const reader = openReplicaReader(blocks, { preferNode: replica.datanode })
    const target = Buffer.alloc(bytes.length + 64)
    for (let at = 0; at < bytes.length; at += 65_536) {
      reader.readInto(target, 64 + at, at, Math.min(65_536, bytes.length - at))
    }
    reader.close()
    expect(target.subarray(64).equals(bytes)).toBe(true)
    expect(reader.bad).toMatchObject([{ datanode: replica.datanode, reason }])
    await dfs.reportBad(reader.bad)
    expect(dfs.incidents).toMatchObject([{ datanode: replica.datanode, repaired: true }])
    await healed()
  })

  test('of every replica is an error that names each, and the last copies are not deleted', async () => {
    const block = await blockOf(1)
    for (const replica of block.replicas) damage(replica)
    for (let attempt = 0; attempt < 2; attempt++) {
      const failure = await readAll(dfs, '/file').catch((error: unknown) => error)
      expect(code(failure)).toBe('DFS_NO_REPLICA')
      if (attempt === 0) for (const { datanode } of block.replicas) expect(String(failure)).toContain(datanode)
      await dfs.fsck('/')
    }
    const reader = openReplicaReader([block])
    expect(() => reader.readInto(Buffer.alloc(200_000), 0, block.offset, 200_000)).toThrow(
      /no good replica of block .*dn1.*/,
    )
    reader.close()
    const report = await dfs.fsck('/', { verify: true })
    expect(report).toMatchObject({ healthy: false, corruptBlocks: 1 })
    if (reason === 'corrupt') {
      for (const { datanode } of block.replicas) {
        expect(await readdir(join(root, 'datanodes', datanode, 'blocks'))).toContain(
          `blk_${block.block}_${block.generation}`,
        )
      }
    }
    // The blocks beside it are still read.
    const head = Buffer.alloc(200_000)
    const other = await dfs.open('/file')
    expect(await other.read(head, 0)).toBe(200_000)
    expect(head.equals(bytes.subarray(0, 200_000))).toBe(true)
    await other.close()
  })
})

test('a report of a replica that reads well is no reason to drop it', async () => {
  const block = await blockOf(0)
  await dfs.reportBad(
    block.replicas.map(({ datanode, dataFile }) => ({
      block: block.block,
      datanode,
      path: dataFile,
      reason: 'corrupt' as const,
      detail: 'made up',
    })),
  )
  expect(dfs.incidents).toEqual([])
  expect((await blockOf(0)).replicas).toHaveLength(3)
})

test('a bad source is not copied from: the repair takes the other replica', async () => {
  const block = await blockOf(0)
  const [first, second, third] = block.replicas
  if (first === undefined || second === undefined || third === undefined) throw new Error('no replicas')
  flip(first.dataFile, 5)
  flip(second.dataFile, 5)
  await dfs.reportBad([
    { block: block.block, datanode: first.datanode, path: first.dataFile, reason: 'corrupt', detail: '' },
  ])
  await healed()
  expect(readFileSync(first.dataFile).equals(bytes.subarray(0, 200_000))).toBe(true)
  expect(readFileSync(second.dataFile).equals(bytes.subarray(0, 200_000))).toBe(true)
})

test('two replicas that changed places are found', async () => {
  const [one, two] = [await blockOf(0), await blockOf(1)]
  const [a, b] = [one.replicas[0], two.replicas.find(({ datanode }) => datanode === one.replicas[0]?.datanode)]
  if (a === undefined || b === undefined) throw new Error('no replicas')
  const data = readFileSync(a.dataFile)
  writeFileSync(a.dataFile, readFileSync(b.dataFile))
  writeFileSync(b.dataFile, data)
  expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
  await healed()
})

test('a symbolic link in place of a replica is not followed', async () => {
  const replica = (await blockOf(0)).replicas[0]
  if (replica === undefined) throw new Error('no replica')
  rmSync(replica.dataFile)
  await symlink('/etc/passwd', replica.dataFile)
  expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
  const reader = openReplicaReader(await dfs.locate('/file'), { preferNode: replica.datanode })
  expect(reader.readInto(Buffer.alloc(10), 0, 0, 10)).toBe(10)
  reader.close()
})

describe('a datanode’s directory that is gone', () => {
  test('while it runs: reads go on, and fsck brings everything back', async () => {
    await rm(join(root, 'datanodes', 'dn2', 'blocks'), { recursive: true })
    expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
  })

  test('before opening: it is made again and filled from the others, and that is told', async () => {
    await dfs.close()
    await rm(join(root, 'datanodes', 'dn2'), { recursive: true })
    dfs = await openDfs({ root })
    expect((await readAll(dfs, '/file')).equals(bytes)).toBe(true)
    await healed()
    expect(dfs.incidents.filter(({ datanode, repaired }) => datanode === 'dn2' && repaired)).toHaveLength(3)
    expect(await readdir(join(root, 'datanodes', 'dn2', 'blocks'))).toHaveLength(6)
  })

  test('all of them: an error that says so', async () => {
    await dfs.close()
    await rm(join(root, 'datanodes'), { recursive: true })
    dfs = await openDfs({ root })
    expect(await outcome(readAll(dfs, '/file'))).toBe('DFS_NO_REPLICA')
    expect((await dfs.fsck('/')).corruptBlocks).toBe(3)
  })
})

test('a file whose replication is changed has that many replicas when it resolves', async () => {
  for (const replication of [1, 3, 2]) {
    await dfs.setReplication('/file', replication, { wait: true })
    expect((await dfs.locate('/file')).map(({ replicas }) => replicas.length)).toEqual([
      replication,
      replication,
      replication,
    ])
  }
  await dfs.setReplication('/file', 9, { wait: true })
  expect((await dfs.stat('/file')).replication).toBe(3)
  expect(dfs.notes.join()).toContain('replication 9 was asked for')
  await healed()
})

test('replicas that no file has are deleted on opening, those newer than the namespace are kept and told of', async () => {
  await dfs.close()
  const blocks = join(root, 'datanodes', 'dn1', 'blocks')
  const copy = async (name: string): Promise<void> => {
    const [known] = await readdir(blocks)
    const source = join(blocks, (known ?? '').replace('.crc', ''))
    writeFileSync(join(blocks, name), readFileSync(source))
    writeFileSync(join(blocks, `${name}.crc`), readFileSync(`${source}.crc`))
  }
  await copy('blk_1_99')
  await copy('blk_77_77')
  dfs = await openDfs({ root })
  const names = await readdir(blocks)
  expect(names).not.toContain('blk_1_99')
  expect(names).toContain('blk_77_77')
  expect(dfs.notes.join()).toContain('1 replicas newer than the namespace')
})
