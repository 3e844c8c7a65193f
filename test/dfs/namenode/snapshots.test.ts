/** Snapshots: what they show, what they keep, what they refuse, and what changed between two. */
import { beforeEach, describe, expect, test } from 'vitest'
import { limits } from '../../../dfs/base/config.ts'
import * as decide from '../../../dfs/namenode/decide.ts'
import * as view from '../../../dfs/namenode/view.ts'
import { message, Requests, refusal } from './requests.ts'
import { caller, checkInvariants, picture, replay, throughImage } from './state.ts'

let fs: Requests

beforeEach(() => {
  fs = new Requests()
  fs.put('/d/f', 15)
  fs.put('/d/e/g', 5)
  fs.allow('/d')
})

const paths = (path: string): string[] => view.listStatus(fs.state, path, caller).entries.map((entry) => entry.path)
const removeSnapshot = (name: string, path = '/d'): void =>
  fs.apply(decide.decideDeleteSnapshot(fs.state, caller, { path, name, time: ++fs.time }))
const diff = (from: string, to: string) =>
  view
    .snapshotDiff(fs.state, { path: '/d', from, to }, caller)
    .map(({ type, source, target }) => `${type[0]} ${source}${target === undefined ? '' : ` > ${target}`}`)

describe('a snapshot', () => {
  beforeEach(() => fs.snapshot('/d', 's1'))

  test('is listed, looked at and read below .snapshot', () => {
    expect(paths('/d/.snapshot')).toEqual(['/d/.snapshot/s1'])
    expect(paths('/d/.snapshot/s1')).toEqual(['/d/.snapshot/s1/e', '/d/.snapshot/s1/f'])
    expect(view.findStatus(fs.state, '/d/.snapshot', caller)).toMatchObject({ kind: 'directory', childrenCount: 1 })
    expect(view.findStatus(fs.state, '/d/.snapshot/s1/f', caller)).toMatchObject({ kind: 'file', length: 15 })
    expect(view.summarize(fs.state, '/d/.snapshot/s1', caller)).toMatchObject({ files: 2, bytes: 20, directories: 2 })
    expect(view.readableFile(fs.state, '/d/.snapshot/s1/e/g', caller).blocks).toHaveLength(1)
    expect(view.listSnapshots(fs.state, '/d', caller)).toEqual([
      { path: '/d/.snapshot/s1', name: 's1', id: 1, createdTime: fs.time },
    ])
    expect(view.findStatus(fs.state, '/d', caller)).toMatchObject({ snapshottable: true, childrenCount: 2 })
    // It is not among the entries, and a directory without snapshots has none.
    expect(paths('/d')).toEqual(['/d/e', '/d/f'])
    expect(view.findStatus(fs.state, '/d/e/.snapshot', caller)).toBeUndefined()
  })

  test('stays as it was, whatever happens to the directory', () => {
    const before = view.summarize(fs.state, '/d/.snapshot/s1', caller)
    fs.fill(fs.reopen('/d/f', 3).record.file, 3)
    fs.chmod('/d/e', 0o700)
    fs.rename('/d/e/g', '/x')
    fs.delete('/d/f')
    fs.delete('/x')
    fs.delete('/d/e')
    expect(view.summarize(fs.state, '/d/.snapshot/s1', caller)).toEqual(before)
    expect(view.findStatus(fs.state, '/d/.snapshot/s1/e', caller)?.permission).toBe(0o755)
    checkInvariants(fs.state)
    // The cut file's new block was nobody's but its own.
    expect(fs.state.takeDead().map(({ id }) => id)).toEqual([4])
    removeSnapshot('s1')
    expect(
      fs.state
        .takeDead()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([1, 2, 3])
    expect(fs.state.blocks.size).toBe(0)
  })

  test.each([
    ['mkdir', () => fs.mkdir('/d/.snapshot/s1/x')],
    ['mkdir of a snapshot', () => fs.mkdir('/d/.snapshot/s2')],
    ['create', () => fs.put('/d/.snapshot/s1/x')],
    ['overwriting', () => fs.put('/d/.snapshot/s1/f', 1, caller, { overwrite: true })],
    ['append', () => fs.reopen('/d/.snapshot/s1/f')],
    ['delete', () => fs.delete('/d/.snapshot/s1/f')],
    ['deleting it like a directory', () => fs.delete('/d/.snapshot/s1')],
    ['rename out', () => fs.rename('/d/.snapshot/s1/f', '/x')],
    ['rename in', () => fs.rename('/d/f', '/d/.snapshot/s1/x')],
    ['chmod', () => fs.chmod('/d/.snapshot/s1/f', 0o600)],
    ['chown', () => fs.chown('/d/.snapshot/s1/f', { owner: 'x' })],
    ['times', () => fs.apply(decide.decideSetTimes(fs.state, caller, { path: '/d/.snapshot/s1/f', accessTime: 1 }))],
    ['a quota', () => fs.quota('/d/.snapshot/s1', { names: 5 })],
    ['a snapshot of it', () => fs.snapshot('/d/.snapshot/s1', 's2')],
    ['asking to write', () => view.checkAccess(fs.state, '/d/.snapshot/s1/f', 'w', caller)],
    [
      'concat',
      () => fs.apply(decide.decideConcat(fs.state, caller, { path: '/d/f', sources: ['/d/.snapshot/s1/f'], time: 1 })),
    ],
    [
      'a job commit',
      () =>
        decide.decidePublish(fs.state, caller, { directory: '/d/.snapshot/s1/x', files: [], overwrite: true, time: 1 }),
    ],
  ])('is read only: %s', (_, action) => {
    const before = picture(fs.state)
    expect(refusal(action)).toBe('DFS_SNAPSHOT')
    expect(message(action)).toContain('read only')
    expect(picture(fs.state)).toBe(before)
  })

  test.each([
    ['deleted', () => fs.delete('/d')],
    ['renamed', () => fs.rename('/d', '/x')],
    ['deleted with what is above it', () => fs.delete('/up')],
    ['renamed with what is above it', () => fs.rename('/up', '/x')],
    ['forbidden', () => fs.apply(decide.decideDisallowSnapshot(fs.state, caller, { path: '/d' }))],
    [
      'replaced by a job commit',
      () => decide.decidePublish(fs.state, caller, { directory: '/d', files: [], overwrite: true, time: 1 }),
    ],
    [
      'replaced by a rename',
      () => {
        fs.mkdir('/x')
        fs.delete('/up/d/f')
        fs.rename('/x', '/up/d', caller, true)
      },
    ],
  ])('keeps its directory from being %s', (_, action) => {
    fs.put('/up/d/f')
    fs.allow('/up/d')
    fs.snapshot('/up/d', 's')
    expect(refusal(action)).toBe('DFS_SNAPSHOT')
  })

  test('goes with a new name, and once all are gone the directory is like any other', () => {
    fs.apply(decide.decideRenameSnapshot(fs.state, caller, { path: '/d', from: 's1', to: 's2', time: 1 }))
    expect(paths('/d/.snapshot')).toEqual(['/d/.snapshot/s2'])
    expect(view.findStatus(fs.state, '/d/.snapshot/s1/f', caller)).toBeUndefined()
    removeSnapshot('s2')
    fs.apply(decide.decideDisallowSnapshot(fs.state, caller, { path: '/d' }))
    expect(decide.decideDisallowSnapshot(fs.state, caller, { path: '/d' })).toBeUndefined()
    expect(view.findStatus(fs.state, '/d/.snapshot', caller)).toBeUndefined()
    fs.delete('/d')
    expect(fs.state.snapshots.size).toBe(0)
  })

  test('that says the same as the one before it shares its inodes, in the image too', () => {
    fs.put('/d/other/h', 5)
    fs.snapshot('/d', 's2')
    const shared = (state: typeof fs.state): boolean =>
      state.find('/d') !== undefined &&
      view.readableFile(state, '/d/.snapshot/s1/e/g', caller) ===
        view.readableFile(state, '/d/.snapshot/s2/e/g', caller)
    expect(shared(fs.state)).toBe(true)
    expect(shared(throughImage(fs.state))).toBe(true)
    expect(shared(replay(fs.records))).toBe(true)
    // Loaded, the next one shares with those, too.
    const loaded = throughImage(fs.state)
    loaded.apply(decide.decideCreateSnapshot(loaded, caller, { path: '/d', name: 's3', time: 1 }))
    expect(view.readableFile(loaded, '/d/.snapshot/s3/e/g', caller)).toBe(
      view.readableFile(loaded, '/d/.snapshot/s1/e/g', caller),
    )
  })

  test('that is the oldest hands its blocks to the next, whose replication then counts', () => {
    fs.apply(decide.decideSetReplication(fs.state, caller, { path: '/d/f', replication: 3 }))
    fs.snapshot('/d', 's2')
    fs.delete('/d/f')
    const [block] = view.readableFile(fs.state, '/d/.snapshot/s2/f', caller).blocks
    expect(block?.file.attributes.replication).toBe(1)
    removeSnapshot('s1')
    expect(block?.file.attributes.replication).toBe(3)
    checkInvariants(fs.state)
    checkInvariants(throughImage(fs.state))
  })
})

describe('is refused', () => {
  test.each([
    ['a snapshot where none are allowed', () => fs.snapshot('/d/e', 's'), 'DFS_SNAPSHOT'],
    ['one of a file', () => fs.snapshot('/d/f', 's'), 'DFS_NOT_DIRECTORY'],
    ['a name that is taken', () => [fs.snapshot('/d', 's'), fs.snapshot('/d', 's')], 'DFS_EXISTS'],
    ['a name with a slash', () => fs.snapshot('/d', 'a/b'), 'DFS_BAD_PATH'],
    ['the name of the folder', () => fs.snapshot('/d', '.snapshot'), 'DFS_BAD_PATH'],
    ['deleting one that is not there', () => removeSnapshot('none'), 'DFS_NOT_FOUND'],
    ['a difference to one that is not there', () => diff('none', ''), 'DFS_NOT_FOUND'],
    ['nesting below', () => fs.allow('/d/e'), 'DFS_SNAPSHOT'],
    ['nesting above', () => fs.allow('/'), 'DFS_SNAPSHOT'],
    ['nesting by a rename', () => [fs.mkdir('/x/y'), fs.allow('/x/y'), fs.rename('/x', '/d')], 'DFS_SNAPSHOT'],
    ['.snapshot as a directory', () => fs.mkdir('/d/e/.snapshot'), 'DFS_BAD_PATH'],
    ['.snapshot on the way', () => fs.put('/d/e/.snapshot/x'), 'DFS_BAD_PATH'],
    ['.snapshot as the target of a rename', () => fs.rename('/d/f', '/d/e/.snapshot'), 'DFS_BAD_PATH'],
  ])('%s', (_, action, why) => {
    expect(refusal(action)).toBe(why)
  })

  test('one more than a directory may have', () => {
    const known = fs.state.snapshots.get(fs.state.directory('/d'))
    for (let i = 0; i < limits.snapshotsPerDirectoryMax; i++) {
      known?.snapshots.set(`s${i}`, { id: i, createdTime: 0, root: fs.state.root })
    }
    expect(message(() => fs.snapshot('/d', 's'))).toBe('/d has 65536 snapshots, the most it can')
  })
})

describe('what changed', () => {
  beforeEach(() => fs.snapshot('/d', 's1'))

  test('is nothing where nothing was done', () => {
    fs.snapshot('/d', 's2')
    expect(diff('s1', 's2')).toEqual([])
    expect(diff('s1', '')).toEqual([])
  })

  test('is told by what was made, deleted, changed and renamed, by relative paths', () => {
    fs.put('/d/new/deep/h')
    fs.delete('/d/f')
    fs.rename('/d/e', '/d/moved')
    fs.fill(fs.reopen('/d/moved/g').record.file, 9)
    expect(diff('s1', '')).toEqual(['m ', 'r e > moved', 'm e/g', 'd f', 'c new'])
    // The other way round what was made is gone.
    expect(diff('', 's1')).toEqual(['m ', 'c f', 'r moved > e', 'm moved/g', 'd new'])
  })

  test('is told of what moved out of a directory that went, and of what took another’s name', () => {
    fs.rename('/d/e/g', '/d/g')
    fs.delete('/d/e')
    fs.delete('/d/f')
    fs.put('/d/f', 3)
    expect(diff('s1', '')).toEqual(['m ', 'd e', 'r e/g > g', 'd f', 'c f'])
  })

  test('is a change of mode, owner or times, but not of when it was read', () => {
    fs.chmod('/d/e', 0o700)
    fs.chown('/d/e/g', { owner: 'x' })
    fs.apply(decide.decideSetTimes(fs.state, caller, { path: '/d/f', accessTime: 5 }))
    expect(diff('s1', '')).toEqual(['m e', 'm e/g'])
    fs.apply(decide.decideSetTimes(fs.state, caller, { path: '/d/f', modificationTime: 5 }))
    expect(diff('s1', '')).toContain('m f')
  })

  test('reads the same after the image was loaded', () => {
    fs.rename('/d/e/g', '/d/g')
    fs.snapshot('/d', 's2')
    fs.delete('/d/g')
    const before = [diff('s1', 's2'), diff('s2', '')]
    const loaded = throughImage(fs.state)
    const again = (from: string, to: string) => view.snapshotDiff(loaded, { path: '/d', from, to }, caller)
    expect([again('s1', 's2'), again('s2', '')].map((entries) => entries.length)).toEqual(before.map((x) => x.length))
  })
})
