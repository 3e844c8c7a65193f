import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDfs } from '../../../../dfs/index.ts'
import { Quern } from '../../support/quern.ts'

const block = 64 * 1024
const whole = 'w'.repeat(block) + 'x'.repeat(block) + 'y'.repeat(block) + 'z'.repeat(100)
let quern: Quern

beforeEach(async () => {
  quern = await Quern.make()
  const dfs = await openDfs({ root: quern.root, user: 'me' })
  try {
    await dfs.mkdir('/d')
    for (const path of ['/d/torn', '/d/fine']) {
      const writer = await dfs.create(path, { blockSize: block })
      await writer.write(Buffer.from(whole))
      await writer.close()
    }
  } finally {
    await dfs.close()
  }
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

const fsck = (...words: string[]) => quern.run(['dfs', 'fsck', ...words])

/** Takes every replica of some blocks of a file away. */
async function lose(path: string, ...indices: number[]): Promise<void> {
  const dfs = await openDfs({ root: quern.root, create: false })
  const blocks = await dfs.locate(path)
  await dfs.close()
  for (const index of indices) {
    for (const { dataFile } of blocks[index]?.replicas ?? []) await rm(dataFile)
  }
}

describe('fsck -list-corruptfileblocks', () => {
  it('lists blocks that no datanode has, with their files', async () => {
    expect(await fsck('-list-corruptfileblocks')).toMatchObject({
      code: 0,
      out: "The filesystem under path '/' has 0 CORRUPT files\n",
    })
    await lose('/d/torn', 1, 3)
    const { code, out } = await fsck('/d', '-list-corruptfileblocks')
    expect(code).toBe(1)
    expect(out).toMatch(
      /^The list of corrupt files under path '\/d' are:\n(blk_\d+_\d+\t\/d\/torn\n){2}The filesystem under path '\/d' has 1 CORRUPT files\n$/,
    )
    const json = await fsck('-list-corruptfileblocks', '--json')
    expect(JSON.parse(json.out)).toEqual([
      { block: expect.stringMatching(/^blk_\d+_\d+$/), path: '/d/torn' },
      { block: expect.stringMatching(/^blk_\d+_\d+$/), path: '/d/torn' },
    ])
    expect((await fsck('/d/fine', '-list-corruptfileblocks')).code).toBe(0)
    expect((await fsck('-list-corruptfileblocks', '-delete')).code).toBe(2)
  })
})

describe('fsck -move', () => {
  it('copies each run of bytes that can be read to /lost+found, and leaves the file', async () => {
    await lose('/d/torn', 1)
    const { code, out } = await fsck('-move')
    expect(code).toBe(1)
    expect(out).toContain(`\n/d/torn: copied ${2 * block + 100} B that can be read to /lost+found/d/torn\n`)
    expect(await quern.ok('ls', '-C', '/lost+found/d/torn')).toBe('/lost+found/d/torn/0\n/lost+found/d/torn/1\n')
    expect(await quern.ok('cat', '/lost+found/d/torn/0')).toBe(whole.slice(0, block))
    expect(await quern.ok('cat', '/lost+found/d/torn/1')).toBe(whole.slice(2 * block))
    expect(await quern.ok('stat', '%b', '/d/torn')).toBe(`${whole.length}\n`)
    expect(await quern.ok('cat', '/d/fine')).toBe(whole)
    // A second run must not put less in the place of what the first one saved.
    await lose('/d/torn', 0)
    expect((await fsck('-move')).out).toContain('\n/d/torn: is in /lost+found already\n')
    expect(await quern.ok('cat', '/lost+found/d/torn/0')).toBe(whole.slice(0, block))
  })

  it('of a file of which nothing is left makes an empty directory', async () => {
    await lose('/d/torn', 0, 1, 2, 3)
    expect((await fsck('-move')).out).toContain('\n/d/torn: copied 0 B that can be read to /lost+found/d/torn\n')
    expect(await quern.ok('ls', '/lost+found/d/torn')).toBe('')
  })
})

describe('fsck -delete', () => {
  it('deletes damaged files and no others; then all is healthy', async () => {
    await lose('/d/torn', 2)
    const { code, out } = await fsck('-move', '-delete')
    expect(code).toBe(1)
    expect(out).toContain('\n/d/torn: deleted\n')
    expect(out.endsWith("\nThe filesystem under path '/' is CORRUPT\n")).toBe(true)
    expect(await quern.ok('ls', '-C', '/d')).toBe('/d/fine\n')
    expect(await quern.ok('cat', '/lost+found/d/torn/0')).toBe(whole.slice(0, 2 * block))
    expect((await fsck()).code).toBe(0)
  })

  it('is not asked for beside --json', async () => {
    expect(await fsck('-delete', '--json')).toMatchObject({
      code: 2,
      err: 'quern dfs: fsck: --json only reports; -move and -delete go without\n',
    })
  })
})

describe('fsck -racks', () => {
  it('says on which rack each replica lies, -locations only on which datanode', async () => {
    expect((await fsck('/d/fine', '-racks')).out).toMatch(
      /^0\. blk_\d+_\d+ len=65536 Live_repl=3 \[\S+\/dn\d, \S+\/dn\d, \S+\/dn\d\]$/m,
    )
    expect((await fsck('/d/fine', '-locations')).out).toMatch(/ \[dn\d, dn\d, dn\d\]$/m)
  })
})

describe('fsck -openforwrite', () => {
  it('tells files being written and by whom', async () => {
    const { fsckSummary } = await import('../../../../bin/commands/dfs/fsck-summary.ts')
    const dfs = await openDfs({ root: quern.root, create: false })
    try {
      const writer = await dfs.create('/d/open')
      const report = await dfs.fsck('/')
      expect(report.openFiles).toMatchObject([{ path: '/d/open', bytes: 0 }])
      const totals = {
        expectedReplicas: 0,
        liveReplicas: 0,
        corruptFiles: new Set<string>(),
        missingBlocks: 0,
        missingBytes: 0,
      }
      expect(fsckSummary(report, totals)).toContain(' Total files:\t2 (Files currently being written: 1)')
      await writer.abort()
    } finally {
      await dfs.close()
    }
    expect((await fsck('-openforwrite')).code).toBe(0)
  })

  it('tells a file that is being appended to, below its own path and as long as it would be now', async () => {
    const dfs = await openDfs({ root: quern.root, create: false })
    try {
      const writer = await dfs.append('/d/fine')
      // The cut block at its end is written again.
      const open = [{ path: '/d/fine', bytes: 3 * block }]
      for (const path of ['/', '/d', '/d/fine']) expect((await dfs.fsck(path)).openFiles).toMatchObject(open)
      expect((await dfs.fsck('/d/torn')).openFiles).toEqual([])
      await writer.abort()
      expect((await dfs.fsck('/')).openFiles).toEqual([])
    } finally {
      await dfs.close()
    }
  })
})
