import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LocatedBlock, openDfs } from '../../../dfs/index.ts'
import { Quern } from '../support/quern.ts'

let quern: Quern
const content = 'grist\n'.repeat(30_000)

beforeEach(async () => {
  quern = await Quern.make()
  await quern.ok('mkdir', '/d')
  await quern.file('/d/f', content)
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

async function locate(path: string): Promise<LocatedBlock[]> {
  const dfs = await openDfs({ root: quern.root, create: false })
  try {
    return await dfs.locate(path)
  } finally {
    await dfs.close()
  }
}

async function flipBit(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    const byte = Buffer.alloc(1)
    await handle.read(byte, 0, 1, at)
    await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at)
  } finally {
    await handle.close()
  }
}

const replicasOf = async (path: string) => (await locate(path)).flatMap(({ replicas }) => replicas)

describe('a bad replica', () => {
  it('is read past, repaired, and told in one line', async () => {
    const [first] = await replicasOf('/d/f')
    await flipBit(first?.dataFile ?? '', 100)
    const { code, out, err } = await quern.fs('cat', '/d/f')
    expect(code).toBe(0)
    expect(out === content).toBe(true)
    expect(err).toMatch(/^cat: warning: met 1 bad replica \(block \d+ on dn\d: corrupt\), repaired from good ones\n$/)
    expect(await quern.fs('cat', '/d/f')).toMatchObject({ code: 0, err: '' })
  })

  it('beside two others fails the read in words, and get keeps what was there', async () => {
    for (const { dataFile } of await replicasOf('/d/f')) await flipBit(dataFile, 100)
    const cat = await quern.fs('cat', '/d/f')
    expect(cat).toMatchObject({ code: 1, out: '' })
    expect(cat.err).toMatch(/^cat: .*\/d\/f/)
    await writeFile(`${quern.cwd}/f`, 'before')
    expect(await quern.fs('get', '-f', '/d/f', 'f')).toMatchObject({ code: 1 })
    expect(await readFile(`${quern.cwd}/f`, 'utf8')).toBe('before')
    const fsck = await quern.run(['dfs', 'fsck', '/', '-verify'])
    expect(fsck.code).toBe(1)
    expect(fsck.out).toMatch(/^Status: CORRUPT$/m)
    expect(fsck.out).toMatch(/^\/d\/f: CORRUPT replica of blk_\d+ on dn\d: /m)
    expect(fsck.out.endsWith("\nThe filesystem under path '/' is CORRUPT\n")).toBe(true)
  })
})

describe('fsck', () => {
  it("has HDFS's lines", async () => {
    const { code, out, err } = await quern.run(['dfs', 'fsck'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const fixed = out.replace(/^FSCK (started .*|ended .*)$/gm, (_, rest: string) => `FSCK ${rest.split(' ')[0]}`)
    expect(fixed).toBe(
      [
        'FSCK started',
        'Status: HEALTHY',
        ' Total size:\t180000 B',
        ' Total dirs:\t2',
        ' Total files:\t1',
        ' Total symlinks:\t\t0',
        ' Total blocks (validated):\t1 (avg. block size 180000 B)',
        ' Minimally replicated blocks:\t1 (100.0 %)',
        ' Over-replicated blocks:\t0 (0.0 %)',
        ' Under-replicated blocks:\t0 (0.0 %)',
        ' Mis-replicated blocks:\t\t0 (0.0 %)',
        ' Default replication factor:\t3',
        ' Average block replication:\t3.0',
        ' Missing blocks:\t\t0',
        ' Corrupt blocks:\t\t0',
        ' Missing replicas:\t\t0 (0.0 %)',
        ' Number of data-nodes:\t\t3',
        ' Number of racks:\t\t2',
        'FSCK ended',
        '',
        '',
        "The filesystem under path '/' is HEALTHY",
        '',
      ].join('\n'),
    )
  })

  it('lists files, blocks and where they lie, the path before or behind the options', async () => {
    const { out } = await quern.run(['dfs', 'fsck', '/d', '-files', '-blocks', '-locations'])
    expect(out).toMatch(
      /^\/d <dir>\n\/d\/f 180000 bytes, 1 block\(s\): {2}OK\n0\. blk_\d+_\d+ len=180000 Live_repl=3 \[.*dn\d, .*dn\d, .*dn\d\]$/m,
    )
    const behind = await quern.run(['dfs', 'fsck', '-locations', '/d'])
    expect(behind.out).toContain('Live_repl=3 [')
    const files = await quern.run(['dfs', 'fsck', '/d', '-files'])
    expect(files.out).not.toContain('Live_repl')
  })

  it('of an empty file system divides by nothing', async () => {
    await quern.ok('rm', '-r', '/d')
    const { code, out } = await quern.run(['dfs', 'fsck', '/'])
    expect(code).toBe(0)
    expect(out).toContain(' Total blocks (validated):\t0\n Minimally replicated blocks:\t0\n')
    expect(out).toContain(' Average block replication:\t0.0\n')
  })

  it('takes --json, and refuses what is not there', async () => {
    const { code, out } = await quern.run(['dfs', 'fsck', '/d', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      path: '/d',
      healthy: true,
      files: 1,
      blocks: 1,
      bytes: 180_000,
      problems: [],
    })
    expect(await quern.run(['dfs', 'fsck', '/x'])).toMatchObject({
      code: 2,
      err: "quern dfs: fsck: path '/x' does not exist\n",
    })
    expect(await quern.run(['dfs', 'fsck', '/', '/d'])).toMatchObject({ code: 2 })
    expect(await quern.run(['dfs', 'fsck', '-rack'])).toMatchObject({
      code: 2,
      err: 'quern dfs: Illegal option -rack\n',
    })
  })
})

describe('report', () => {
  it('shows each datanode with what it holds', async () => {
    const { code, out, err } = await quern.run(['dfs', 'report'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Data       1 files in 2 directories: 176 KiB\n')
    expect(out).toMatch(/^dn1 +\S+ +live +1 +176 KiB /m)
  })

  it('takes --json; a datanode whose disk is gone has no capacity', async () => {
    const [first] = (await openedDatanodes()).toReversed()
    await rm(first?.directory ?? '', { recursive: true })
    const { code, out } = await quern.run(['dfs', 'report', '--json'])
    expect(code).toBe(0)
    const report = JSON.parse(out)
    expect(report).toMatchObject({ root: quern.root, files: 1, blocks: 1, racks: 2 })
    expect(report.capacity).toBeGreaterThan(0)
    expect(report.datanodes).toHaveLength(3)
  })

  async function openedDatanodes() {
    const dfs = await openDfs({ root: quern.root, create: false })
    try {
      return dfs.datanodes
    } finally {
      await dfs.close()
    }
  }
})

describe('quern dfs', () => {
  it('checkpoints, and all is there afterwards', async () => {
    expect(await quern.run(['dfs', 'checkpoint'])).toEqual({
      code: 0,
      out: `Checkpoint written under ${quern.root}\n`,
      err: '',
      bytes: expect.anything(),
    })
    expect(await quern.ok('ls', '-C', '/d')).toBe('/d/f\n')
  })

  it.each([['balance'], ['decommission', 'dn1'], ['recommission', 'dn1'], ['safemode', 'enter']])(
    '%s of a root that no daemons serve says what to start',
    async (...words) => {
      expect(await quern.run(['dfs', ...words])).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/^\w+: .* needs a DFS that runs: start it with quern dfs start\n$/),
      })
    },
  )

  it('scrubs, and tells the state of a root that no daemons serve', async () => {
    expect(await quern.run(['dfs', 'scrub'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Read 3 replicas, /),
    })
    expect(await quern.run(['dfs', '-safemode', 'get'])).toMatchObject({ code: 0, out: 'Safe mode is OFF\n' })
    expect((await quern.run(['dfs', 'status'])).out).toMatch(/^Nothing runs at /)
  })

  it('explains itself, and wrong verbs', async () => {
    expect(await quern.run(['dfs'])).toMatchObject({ code: 2, out: '' })
    expect(await quern.run(['dfs', '--help'])).toMatchObject({ code: 0, err: '' })
    expect(await quern.run(['dfs', 'fskc'])).toMatchObject({
      code: 2,
      err: "quern dfs: unknown verb 'fskc'. Did you mean fsck? See quern dfs --help.\n",
    })
    expect(await quern.run(['dfs', 'report', 'extra'])).toMatchObject({ code: 2 })
  })
})

describe('a root that can not be opened', () => {
  it('because another holds it, is told with the holder', async () => {
    const dfs = await openDfs({ root: quern.root, create: false })
    try {
      const { code, err } = await quern.fs('ls', '/')
      expect(code).toBe(1)
      expect(err).toMatch(/^ls: .*\n$/)
      expect(err).toContain(quern.root)
      expect(await quern.run(['dfs', 'report'])).toMatchObject({ code: 1 })
    } finally {
      await dfs.close()
    }
  })
})
