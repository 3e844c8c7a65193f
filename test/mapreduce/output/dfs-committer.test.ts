import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Dfs, DfsError, openDfs } from '../../../dfs/index.ts'
import { DfsCommitter } from '../../../mapreduce/output/dfs-committer.ts'

let directory: string
let dfs: Dfs
beforeEach(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), 'quern-dfs-commit-test-'))
  await fs.mkdir(path.join(directory, 'scratch'))
  dfs = await openDfs({ root: path.join(directory, 'root'), datanodes: 1 })
})
afterEach(async () => {
  await dfs.close()
  await fs.rm(directory, { recursive: true, force: true })
})

/** The DFS with some methods replaced. */
const committer = (changed: Partial<Dfs> = {}): DfsCommitter => {
  const scratch = path.join(directory, 'scratch')
  const proxy = new Proxy(dfs, {
    get: (target, name) => {
      const value: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return new DfsCommitter({ dfs: proxy, output: '/out', shownPath: 'dfs:/out', overwrite: false, scratch })
}

const part = 'part-r-00000'
const blocks = async (): Promise<number> => {
  const names = await fs.readdir(path.join(directory, 'root'), { recursive: true })
  return names.filter((name) => path.basename(name).startsWith('blk_')).length
}

describe('output in the DFS', () => {
  it('takes the first attempt of a part, uploads it whole, and leaves no file of either', async () => {
    const commit = committer()
    await commit.prepare()
    const bytes = Buffer.alloc(2_500_000, 'x')
    await fs.writeFile(commit.attemptFile(part, 1), bytes)
    await fs.writeFile(commit.attemptFile(part, 2), 'late')
    await fs.writeFile(`${commit.attemptFile(part, 2)}.pass-0`, 'late')
    expect(await Promise.all([commit.commitTask(part, 1), commit.commitTask(part, 2)])).toEqual([true, false])
    await commit.commitJob([part])
    await commit.close()
    expect((await dfs.stat(`/out/${part}`)).length).toBe(bytes.length)
    expect(await fs.readdir(path.join(directory, 'scratch'))).toEqual([])
  })

  it('that is not committed leaves no block', async () => {
    const commit = committer()
    await fs.writeFile(commit.attemptFile(part, 1), 'x')
    await commit.commitTask(part, 1)
    expect(await blocks()).toBeGreaterThan(0)
    await commit.close()
    await commit.close()
    // The datanodes drop blocks in their own time.
    await vi.waitFor(async () => expect(await blocks()).toBe(0))
  })

  it('that someone else has made in the meantime is left as it is', async () => {
    const commit = committer()
    await fs.writeFile(commit.attemptFile(part, 1), 'x')
    await commit.commitTask(part, 1)
    await dfs.mkdir('/out')
    await expect(commit.commitJob([part])).rejects.toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    await commit.close()
    expect(await dfs.list('/out')).toEqual([])
  })

  it('says what failed: no space, no attempt file, no part', async () => {
    const full = committer({ createDetached: () => Promise.reject(new DfsError('DFS_NO_SPACE', 'all full')) })
    await fs.writeFile(full.attemptFile(part, 1), 'x')
    await expect(full.commitTask(part, 1)).rejects.toMatchObject({
      code: 'MR_NO_SPACE',
      message: expect.stringContaining('all full'),
    })
    await expect(committer().commitTask(part, 9)).rejects.toMatchObject({ code: 'MR_IO' })
    await expect(committer().commitJob([part])).rejects.toThrow('without part-r-00000')
    const broken = committer({ publish: () => Promise.reject(new TypeError('a mistake')) })
    await expect(broken.commitJob([])).rejects.toThrow('a mistake')
    await broken.close()
  })

  it('whose upload breaks off is no part, and can be tried again', async () => {
    let aborted = 0
    const breaking = committer({
      createDetached: () =>
        Promise.resolve({
          write: () => Promise.reject(new DfsError('DFS_IO', 'gone')),
          close: () => Promise.reject(new Error('not reached')),
          abort: async () => void aborted++,
        }),
    })
    await fs.writeFile(breaking.attemptFile(part, 1), 'x')
    for (const times of [1, 2]) {
      await expect(breaking.commitTask(part, 1)).rejects.toMatchObject({ code: 'MR_IO' })
      expect(aborted).toBe(times)
    }
  })
})

describe('named outputs in the DFS', () => {
  it('that can not be uploaded fail the attempt; what was stored of it is dropped, and the next one commits', async () => {
    const commit = committer()
    await commit.prepare()
    await fs.writeFile(`${commit.attemptFile(part, 1)}.errors`, 'stale')
    await expect(commit.commitTask(part, 1, ['errors'])).rejects.toMatchObject({ code: 'MR_IO' })
    await fs.writeFile(commit.attemptFile(part, 2), 'right')
    expect(await commit.commitTask(part, 2)).toBe(true)
    await commit.commitJob([part])
    await commit.close()
    expect((await dfs.list('/out')).map((entry) => entry.path)).toEqual(['/out/_SUCCESS', `/out/${part}`])
    expect((await dfs.summary('/')).files).toBe(2)
  })

  it("and kept files: what the DFS says of them is the output's error", async () => {
    const commit = committer({ createDetached: () => Promise.reject(new DfsError('DFS_NO_SPACE', 'full')) })
    await commit.prepare()
    await expect(commit.keep('_skipped', [])).rejects.toMatchObject({ code: 'MR_NO_SPACE' })
    await commit.close()
  })
})
