/** Appending to files and cutting them: what is kept, what is written again, and what comes in between. */
import { beforeEach, describe, expect, test } from 'vitest'
import { generationStamp } from '../../../dfs/base/ids.ts'
import * as decide from '../../../dfs/namenode/decide.ts'
import { FileNode } from '../../../dfs/namenode/inode.ts'
import { message, Requests, refusal } from './requests.ts'
import { caller, checkInvariants, picture, replay, throughImage } from './state.ts'

let fs: Requests

beforeEach(() => {
  fs = new Requests()
  fs.put('/f', 24)
})

const blocks = (path = '/f'): [number, number][] => {
  const node = fs.state.find(path)
  return node instanceof FileNode ? node.blocks.map(({ id, length }) => [id, length]) : []
}

test('of a last block under the limit the bytes are written again, a larger one is kept', () => {
  const small = fs.reopen('/f')
  expect(small).toMatchObject({ record: { keep: 2 }, rewrite: { offset: 20, length: 4, block: { id: 3 } } })
  fs.fill(small.record.file, 9)
  expect(blocks()).toEqual([
    [1, 10],
    [2, 10],
    [4, 9],
  ])
  expect(fs.state.takeDead().map(({ id }) => id)).toEqual([3])
  const large = fs.reopen('/f')
  expect(large.rewrite).toBeUndefined()
  fs.fill(large.record.file, 1)
  expect(blocks()).toEqual([
    [1, 10],
    [2, 10],
    [4, 9],
    [5, 1],
  ])
  checkInvariants(fs.state)
})

test.each([
  [0, 0, undefined],
  [3, 0, { offset: 0, length: 3 }],
  [10, 1, undefined],
  [17, 1, { offset: 10, length: 7 }],
  [20, 2, undefined],
  [21, 2, { offset: 20, length: 1 }],
  [24, 3, undefined],
])('cutting at %i keeps %i blocks', (length, keep, rewrite) => {
  const reopening = fs.reopen('/f', length)
  expect(reopening.record.keep).toBe(keep)
  if (rewrite === undefined) expect(reopening.rewrite).toBeUndefined()
  else expect(reopening.rewrite).toMatchObject(rewrite)
  fs.fill(reopening.record.file, rewrite?.length ?? 0)
  const node = fs.state.find('/f')
  expect(node instanceof FileNode ? node.length : -1).toBe(length)
  checkInvariants(fs.state)
})

test('a file can not be cut to more than it has, nor to what is no length', () => {
  for (const length of [25, -1, 1.5, Number.NaN])
    expect(refusal(() => fs.reopen('/f', length))).toBe('DFS_BAD_ARGUMENT')
})

describe('while a file has a writer', () => {
  beforeEach(() => {
    const { record } = fs.reopen('/f')
    fs.write(record.file, 8)
  })
  const writer = (): number => [...fs.state.open.keys()][0] ?? -1
  const finish = (): void => {
    for (const file of fs.state.open.keys()) fs.complete(file, 8)
  }

  test('it is read as it was, and another writer, concat and create are told who has it', () => {
    expect(blocks()).toEqual([
      [1, 10],
      [2, 10],
      [3, 4],
    ])
    expect(message(() => fs.reopen('/f'))).toBe('/f is being written by other')
    fs.put('/g', 5)
    const concat = (path: string, source: string) => () =>
      decide.decideConcat(fs.state, caller, { path, sources: [source], time: 1 })
    expect(refusal(concat('/f', '/g'))).toBe('DFS_BEING_WRITTEN')
    expect(refusal(concat('/g', '/f'))).toBe('DFS_BEING_WRITTEN')
    expect(refusal(() => fs.put('/f'))).toBe('DFS_BEING_WRITTEN')
  })

  test('an abandoned one leaves the file as it was', () => {
    const before = blocks()
    for (const file of [...fs.state.open.keys()]) fs.apply(decide.decideAbandon(fs.state, file))
    expect(blocks()).toEqual(before)
    expect(fs.state.takeDead().map(({ id }) => id)).toEqual([4])
    checkInvariants(fs.state)
  })

  test('it goes on where the file is renamed to', () => {
    fs.rename('/f', '/g')
    finish()
    expect(blocks('/g')).toEqual([
      [1, 10],
      [2, 10],
      [4, 8],
    ])
  })

  test.each([
    ['deleted', () => fs.delete('/f')],
    ['overwritten', () => fs.put('/f', 1, caller, { overwrite: true })],
    [
      'replaced by a rename',
      () => {
        fs.put('/g', 1)
        fs.rename('/g', '/f', caller, true)
      },
    ],
  ])('it has lost its lease once the file is %s', (_, action) => {
    const file = writer()
    action()
    for (const open of fs.state.open.values()) expect(open.node.id).not.toBe(file)
    expect(fs.state.open.size).toBe(0)
    checkInvariants(fs.state)
  })

  test('times, owner and replication set meanwhile stay', () => {
    fs.chown('/f', { owner: 'ada' })
    fs.apply(decide.decideSetReplication(fs.state, caller, { path: '/f', replication: 3 }))
    finish()
    expect(fs.state.find('/f')).toMatchObject({ attributes: { replication: 3, owner: { user: 'ada' } } })
    checkInvariants(fs.state)
  })

  test('journal and image bring back the writer with what it has', () => {
    expect(picture(replay(fs.records))).toBe(picture(fs.state))
    const loaded = throughImage(fs.state)
    expect(picture(loaded)).toBe(picture(fs.state))
    for (const file of loaded.open.keys()) loaded.apply({ type: 'complete', file, lastLength: 8, time: 1 })
    finish()
    const node = loaded.find('/f')
    expect(node instanceof FileNode ? node.length : -1).toBe(28)
    expect(blocks().reduce((sum, [, length]) => sum + length, 0)).toBe(28)
  })
})

describe('blocks of a writer', () => {
  test('are told by their index: the same one asked for twice is one', () => {
    const file = fs.begin('/g')
    const first = decide.decideAddBlock(fs.state, { file, index: 0, previousLength: 0 })
    fs.apply(first.record)
    expect(decide.decideAddBlock(fs.state, { file, index: 0, previousLength: 0 })).toEqual({
      ...first,
      record: undefined,
    })
    expect(refusal(() => decide.decideAddBlock(fs.state, { file, index: 2, previousLength: 10 }))).toBe(
      'DFS_BAD_ARGUMENT',
    )
  })

  test('go on under another generation: whoever has the old one is stale, and asking twice raises it once', () => {
    const file = fs.begin('/g')
    const { block, generation, record } = decide.decideAddBlock(fs.state, { file, index: 0, previousLength: 0 })
    fs.apply(record)
    fs.state.blocks.reported(1, block, generation)
    fs.state.blocks.markCorrupt(2, block)
    const next = decide.decideNewGeneration(fs.state, { file, block, previous: generation })
    fs.apply(next.record)
    expect(next.generation).toBeGreaterThan(generation)
    expect(fs.state.blocks.get(block)).toMatchObject({ generation: next.generation, replicas: [] })
    expect(fs.state.blocks.corruptOn(block).size).toBe(0)
    expect(fs.state.blocks.reported(1, block, generation)).toBe(false)
    expect(decide.decideNewGeneration(fs.state, { file, block, previous: generation })).toEqual({
      ...next,
      record: undefined,
    })
    const ahead = { file, block, previous: generationStamp(99) }
    expect(refusal(() => decide.decideNewGeneration(fs.state, ahead))).toBe('DFS_BAD_ARGUMENT')
    const other = { file: fs.begin('/h'), block, previous: generation }
    expect(refusal(() => decide.decideNewGeneration(fs.state, other))).toBe('DFS_BAD_ARGUMENT')
  })
})

describe('concat is refused', () => {
  test.each([
    ['without a source', [], 'at least one'],
    ['with the target for a source', ['/g', '/f'], 'source and target'],
    ['with a source named twice', ['/g', '/g'], 'named twice'],
    ['with an empty source', ['/empty'], 'is empty'],
    ['with a directory', ['/d'], 'is a directory'],
    ['with what is not there', ['/none'], 'no such file'],
    ['with larger blocks', ['/large'], 'has blocks of 20 bytes, over the 10'],
    ['with a file being written', ['/open'], 'no such file'],
  ])('%s', (_, sources, why) => {
    fs.put('/g', 5)
    fs.put('/empty')
    fs.mkdir('/d')
    fs.begin('/open')
    const shape = { replication: 1, blockSize: 20, holder: '', time: 1, overwrite: false, parents: true }
    const large = decide.decideCreate(fs.state, caller, { path: '/large', ...shape })
    fs.apply(large)
    fs.fill(large.file, 5)
    const before = picture(fs.state)
    expect(message(() => decide.decideConcat(fs.state, caller, { path: '/f', sources, time: 1 }))).toContain(why)
    expect(picture(fs.state)).toBe(before)
  })
})

describe('a rename that overwrites', () => {
  test('replaces a file by a file and an empty directory by a directory', () => {
    fs.put('/g', 5)
    fs.rename('/g', '/f', caller, true)
    expect(blocks()).toHaveLength(1)
    fs.mkdir('/a/b')
    fs.mkdir('/c')
    fs.rename('/a', '/c', caller, true)
    expect(fs.state.find('/c/b')).toBeDefined()
    checkInvariants(fs.state)
  })

  test.each([
    ['a file over a directory', '/f', '/d', 'DFS_IS_DIRECTORY'],
    ['a directory over a file', '/d', '/f', 'DFS_NOT_DIRECTORY'],
    ['a directory over one that is not empty', '/d', '/full', 'DFS_NOT_EMPTY'],
    ['a directory over one in which a file is written', '/d', '/writing', 'DFS_NOT_EMPTY'],
    ['a directory into itself', '/full', '/full/x', 'DFS_BAD_ARGUMENT'],
    ['the root', '/', '/x', 'DFS_BAD_ARGUMENT'],
    ['into what is not there', '/f', '/none/x', 'DFS_NOT_FOUND'],
    ['below a file', '/d', '/f/x', 'DFS_NOT_DIRECTORY'],
  ])('refuses %s', (_, from, to, why) => {
    fs.mkdir('/d')
    fs.put('/full/x')
    fs.begin('/writing/x')
    expect(refusal(() => fs.rename(from, to, caller, true))).toBe(why)
  })

  test('onto itself is nothing', () => {
    const before = picture(fs.state)
    fs.rename('/f', '/f', caller, true)
    expect(picture(fs.state)).toBe(before)
  })
})

test('create without parents needs the directory, and with a file being written tells who has it', () => {
  const shape = { replication: 1, blockSize: 10, holder: '', time: 1, overwrite: false, parents: false }
  expect(refusal(() => decide.decideCreate(fs.state, caller, { path: '/d/x', ...shape }))).toBe('DFS_NOT_FOUND')
  expect(refusal(() => decide.decideCreate(fs.state, caller, { path: '/x', ...shape }))).toBe('ok')
  fs.begin('/y')
  expect(message(() => decide.decideCreate(fs.state, caller, { path: '/y', ...shape }))).toBe(
    '/y is being written by holder',
  )
})
