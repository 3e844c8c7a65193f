import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { trashRoot } from '../../../dfs/base/path.ts'
import { checkpointName, checkpointTime, Trash } from '../../../dfs/client/trash.ts'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import { outcome, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

const day = 24 * 60
const start = new Date(2026, 10, 23, 8, 0, 0).getTime()
let dfs: Dfs
let now: number
let trash: Trash
let root: string

beforeEach(async () => {
  dfs = await openDfs({ root: await temporaryRoot() })
  now = start
  trash = new Trash(dfs, { interval: day, clock: () => now })
  root = trashRoot(await dfs.home())
})

afterEach(() => dfs.close())
afterAll(removeRoots)

const file = (path: string) => writeFile(dfs, path, Buffer.from(path))

async function below(path: string): Promise<string[]> {
  const paths: string[] = []
  for await (const status of dfs.walk(path)) {
    if (status.path !== path) paths.push(status.path.slice(path.length + 1))
  }
  return paths
}

describe('what is deleted', () => {
  it('lies under Current by its own path, the directories above it for nobody else', async () => {
    await file('/a/b/f')
    expect(await trash.moveToTrash('/a/b/f')).toBe(`${root}/Current/a/b/f`)
    expect(await dfs.find('/a/b/f')).toBeUndefined()
    expect(await below(root)).toEqual(['Current', 'Current/a', 'Current/a/b', 'Current/a/b/f'])
    for (const path of [root, `${root}/Current`, `${root}/Current/a/b`]) {
      expect((await dfs.stat(path)).permission & 0o777).toBe(0o700)
    }
  })

  it('gets the time behind its name where one of that name is there', async () => {
    for (let times = 0; times < 3; times++) {
      await file('/f')
      await trash.moveToTrash('/f')
    }
    expect(await below(`${root}/Current`)).toEqual(['f', `f${start}`, `f${start + 1}`])
    await dfs.mkdir('/f')
    expect(await trash.moveToTrash('/f')).toBe(`${root}/Current/f${start + 2}`)
  })

  it('goes beside a deleted file whose name its directory has now', async () => {
    await file('/a')
    await trash.moveToTrash('/a')
    await file('/a/b/f')
    expect(await trash.moveToTrash('/a/b/f')).toBe(`${root}/Current/a${start}/b/f`)
    expect(await below(`${root}/Current`)).toEqual(['a', `a${start}`, `a${start}/b`, `a${start}/b/f`])
  })

  it('is not moved from the trash into the trash, nor a directory that holds it', async () => {
    await file('/f')
    const moved = await trash.moveToTrash('/f')
    expect(await trash.moveToTrash(moved ?? '')).toBeUndefined()
    expect(await trash.moveToTrash(root)).toBeUndefined()
    for (const path of ['/', '/user', await dfs.home()]) {
      await expect(trash.moveToTrash(path)).rejects.toThrow(
        `Cannot move "${path}" to the trash, as it contains the trash`,
      )
    }
    await file(`${root}y/f`)
    expect(await trash.moveToTrash(`${root}y/f`)).toBe(`${root}/Current${root}y/f`)
  })

  it('is left to be deleted where the interval is 0, as it is unless asked for', async () => {
    await file('/f')
    expect(await new Trash(dfs, { interval: 0, clock: () => now }).moveToTrash('/f')).toBeUndefined()
    expect(await (await Trash.of(dfs)).moveToTrash('/f')).toBeUndefined()
    expect(await below('/')).not.toContain(root.slice(1))
  })

  it('that is not there is not found', async () => {
    expect(await outcome(trash.moveToTrash('/none'))).toBe('DFS_NOT_FOUND')
  })
})

describe('a checkpoint', () => {
  it('has the time for a name, a number behind it when there are several in a second', async () => {
    const made: (string | undefined)[] = []
    for (let times = 0; times < 3; times++) {
      await file('/f')
      await trash.moveToTrash('/f')
      made.push(await trash.checkpoint())
    }
    expect(made).toEqual(['261123080000', '261123080000-1', '261123080000-2'].map((name) => `${root}/${name}`))
    expect(await trash.checkpoint()).toBeUndefined()
  })

  it('is deleted by an expunge once it is older than the interval, not before', async () => {
    await file('/f')
    await trash.moveToTrash('/f')
    expect(await trash.expunge()).toEqual({ created: [`${root}/261123080000`], deleted: [] })
    now = start + day * 60_000
    expect(await trash.expunge()).toEqual({ created: [], deleted: [] })
    await file('/g')
    await trash.moveToTrash('/g')
    now++
    expect(await trash.expunge()).toEqual({ created: [`${root}/261124080000`], deleted: [`${root}/261123080000`] })
    expect(await below(root)).toEqual(['261124080000', '261124080000/g'])
  })

  it('goes at once with all the trash when that is asked for', async () => {
    await file('/f')
    await trash.moveToTrash('/f')
    await trash.checkpoint()
    await file('/f')
    await trash.moveToTrash('/f')
    expect((await trash.expunge({ immediate: true })).deleted).toEqual([`${root}/261123080000`, `${root}/Current`])
    expect(await below(root)).toEqual([])
  })

  it('an expunge leaves alone what is none', async () => {
    await file(`${root}/notes/f`)
    now = start + 1000 * day * 60_000
    expect(await trash.expunge()).toEqual({ created: [], deleted: [] })
  })

  it('names the second it was made in', () => {
    const last = new Date(2099, 11, 31, 23, 59, 59).getTime() / 1000
    fc.assert(
      fc.property(fc.integer({ min: Math.floor(start / 1000), max: last }), (second) => {
        const time = checkpointTime(checkpointName(second * 1000)) ?? Number.NaN
        // An hour comes twice when summer time ends; both have the same names.
        expect([0, -3_600_000, 3_600_000]).toContain(time - second * 1000)
      }),
    )
    expect(checkpointTime('Current')).toBeUndefined()
    expect(checkpointTime('2611230800')).toBeUndefined()
    expect(checkpointTime('261123080000-12')).toBe(start)
  })
})

describe('emptying every trash', () => {
  it('makes and deletes checkpoints of all users', async () => {
    for (const user of ['ada', 'bob']) {
      await file(`/user/${user}/.Trash/Current/f`)
      await file(`/user/${user}/.Trash/261101000000/f`)
    }
    await file('/user/readme')
    await file('/user/cleo/data')
    expect(await trash.emptyAll()).toEqual({
      created: ['/user/ada/.Trash/261123080000', '/user/bob/.Trash/261123080000'],
      deleted: ['/user/ada/.Trash/261101000000', '/user/bob/.Trash/261101000000'],
      failures: [],
    })
  })

  it('of one that fails is told, and the others are emptied', async () => {
    await file('/user/bob/.Trash/Current/f')
    const { created, failures } = await trash.emptyAll(['a/../b', 'bob'])
    expect(created).toEqual(['/user/bob/.Trash/261123080000'])
    expect(failures).toMatchObject([{ code: 'DFS_BAD_PATH' }])
  })

  it('where nobody has a home does nothing', async () => {
    expect(await trash.emptyAll()).toEqual({ created: [], deleted: [], failures: [] })
  })
})
