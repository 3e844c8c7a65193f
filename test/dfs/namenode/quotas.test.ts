/** Name and space quotas: what counts, what is refused, and in which words. */
import { beforeEach, expect, test } from 'vitest'
import * as decide from '../../../dfs/namenode/decide.ts'
import { summarize } from '../../../dfs/namenode/view.ts'
import { message, Requests, refusal } from './requests.ts'
import { caller, checkInvariants } from './state.ts'

let fs: Requests

beforeEach(() => {
  fs = new Requests()
  fs.mkdir('/q')
})

test('a name quota counts the directory itself, and what is being written', () => {
  fs.quota('/q', { names: 3 })
  fs.put('/q/a')
  const open = fs.begin('/q/b')
  expect(message(() => fs.put('/q/c'))).toBe(
    'The NameSpace quota (directories and files) of directory /q is exceeded: quota=3 file count=4',
  )
  expect(refusal(() => fs.mkdir('/q/c'))).toBe('DFS_NAME_QUOTA')
  fs.fill(open, 0)
  expect(refusal(() => fs.put('/q/c'))).toBe('DFS_NAME_QUOTA')
  // What takes the place of another is not one more.
  fs.put('/q/a', 0, caller, { overwrite: true })
  fs.begin('/q/b', caller, { overwrite: true })
  checkInvariants(fs.state)
  expect(summarize(fs.state, '/q')).toMatchObject({ nameQuota: 3, spaceQuota: -1, files: 2 })
})

test('directories that would be made on the way count too', () => {
  fs.quota('/q', { names: 3 })
  expect(refusal(() => fs.mkdir('/q/a/b/c'))).toBe('DFS_NAME_QUOTA')
  expect(refusal(() => fs.put('/q/a/b/c'))).toBe('DFS_NAME_QUOTA')
  fs.mkdir('/q/a/b')
  expect(refusal(() => fs.mkdir('/q/a/b/c'))).toBe('DFS_NAME_QUOTA')
})

test('a space quota counts every replica, and a block that is begun as a full one', () => {
  fs.quota('/q', { space: 50 })
  const file = fs.begin('/q/a', caller, { replication: 3 })
  fs.apply(decide.decideAddBlock(fs.state, { file, index: 0, previousLength: 0 }).record)
  expect(message(() => decide.decideAddBlock(fs.state, { file, index: 1, previousLength: 10 }))).toBe(
    'The DiskSpace quota of /q is exceeded: quota = 50 B = 50 B but diskspace consumed = 60 B = 60 B',
  )
  // A short block before leaves room: 3 bytes and a full one, three times.
  expect(refusal(() => decide.decideAddBlock(fs.state, { file, index: 1, previousLength: 3 }))).toBe('ok')
  fs.complete(file, 4)
  checkInvariants(fs.state)
  expect(fs.state.quotas.size).toBe(1)
  fs.put('/q/b', 30)
  expect(refusal(() => fs.put('/q/c', 9))).toBe('DFS_SPACE_QUOTA')
  fs.delete('/q/b')
  fs.put('/q/c', 9)
  checkInvariants(fs.state)
})

test('large numbers are told in a unit one can read', () => {
  fs.quota('/q', { space: 1024 })
  fs.state.apply({ type: 'setQuota', path: '/q', names: undefined, space: 3 * 2 ** 20 })
  const request = {
    path: '/q/f',
    overwrite: false,
    parents: true,
    replication: 1,
    blockSize: 4.5 * 2 ** 20,
    holder: '',
  }
  const record = decide.decideCreate(fs.state, caller, { ...request, time: 1 })
  fs.apply(record)
  expect(message(() => decide.decideAddBlock(fs.state, { file: record.file, index: 0, previousLength: 0 }))).toContain(
    'quota = 3145728 B = 3 MB but diskspace consumed = 4718592 B = 4.50 MB',
  )
})

test('more replicas need room, fewer give it', () => {
  fs.put('/q/a', 20)
  fs.quota('/q', { space: 50 })
  const replicate = (replication: number) =>
    fs.apply(decide.decideSetReplication(fs.state, caller, { path: '/q/a', replication }))
  expect(refusal(() => replicate(3))).toBe('DFS_SPACE_QUOTA')
  replicate(2)
  expect(refusal(() => fs.put('/q/b', 11))).toBe('DFS_SPACE_QUOTA')
  replicate(1)
  fs.put('/q/b', 11)
  checkInvariants(fs.state)
})

test('a rename is checked where it goes to, and only for what was not there already', () => {
  fs.mkdir('/q/in/deep')
  fs.mkdir('/out')
  fs.put('/out/a', 10)
  fs.put('/out/b', 10)
  fs.quota('/q', { names: 4, space: 15 })
  fs.quota('/q/in', { names: 2 })
  expect(refusal(() => fs.rename('/out', '/q'))).toBe('DFS_NAME_QUOTA')
  fs.rename('/out/a', '/q')
  expect(refusal(() => fs.rename('/out/b', '/q/a', caller, true))).toBe('ok')
  checkInvariants(fs.state)
  // Inside /q nothing becomes more; /q/in is full.
  fs.rename('/q/a', '/q/b')
  expect(refusal(() => fs.rename('/q/b', '/q/in'))).toBe('DFS_NAME_QUOTA')
  fs.rename('/q/in/deep', '/out')
  fs.rename('/q/b', '/q/in')
  checkInvariants(fs.state)
})

test('a job commit and a concat are counted as what they leave', () => {
  fs.quota('/q', { names: 3, space: 25 })
  const parts = [0, 1].map((i) => {
    const record = decide.decideCreateDetached(fs.state, caller, { replication: 1, blockSize: 10, holder: '', time: 1 })
    fs.apply(record)
    fs.fill(record.file, 10)
    return { name: `part-${i}`, file: record.file }
  })
  const publish = (directory: string, files = parts) =>
    decide.decidePublish(fs.state, caller, { directory, files, overwrite: true, time: 1 })
  expect(refusal(() => publish('/q/out'))).toBe('DFS_NAME_QUOTA')
  fs.quota('/q', { names: 4, space: 15 })
  expect(refusal(() => publish('/q/out'))).toBe('DFS_SPACE_QUOTA')
  fs.quota('/q', { space: 25 })
  fs.apply(publish('/q/out'))
  checkInvariants(fs.state)
  // In place of what is there it is nothing more.
  expect(refusal(() => publish('/q/out', []))).toBe('ok')
  fs.put('/far', 10)
  const concat = (sources: string[]) =>
    decide.decideConcat(fs.state, caller, { path: '/q/out/part-0', sources, time: 1 })
  expect(refusal(() => concat(['/far']))).toBe('DFS_SPACE_QUOTA')
  fs.apply(concat(['/q/out/part-1']))
  checkInvariants(fs.state)
})

test('appending counts what it adds, not what it writes again', () => {
  fs.put('/q/a', 14)
  fs.quota('/q', { space: 20 })
  const { record, rewrite } = fs.reopen('/q/a')
  expect(rewrite?.length).toBe(4)
  const last = fs.write(record.file, 10)
  expect(refusal(() => decide.decideAddBlock(fs.state, { file: record.file, index: 1, previousLength: 10 }))).toBe(
    'DFS_SPACE_QUOTA',
  )
  checkInvariants(fs.state)
  fs.complete(record.file, last)
  checkInvariants(fs.state)
})

test('a quota may be under what is there; then nothing more comes, and less is welcome', () => {
  fs.put('/q/a', 20)
  fs.quota('/q', { names: 1, space: 5 })
  expect(refusal(() => fs.put('/q/b'))).toBe('DFS_NAME_QUOTA')
  fs.delete('/q/a')
  checkInvariants(fs.state)
})

test('null clears, what is left out stays, and what is no quota is refused', () => {
  fs.quota('/q', { names: 5, space: 0 })
  fs.quota('/q', { names: null })
  expect(summarize(fs.state, '/q')).toMatchObject({ nameQuota: -1, spaceQuota: 0 })
  expect(refusal(() => fs.put('/q/a', 1))).toBe('DFS_SPACE_QUOTA')
  fs.quota('/q', { space: null })
  expect(fs.state.quotas.size).toBe(0)
  for (const quota of [{ names: 0 }, { names: 1.5 }, { space: -1 }, { space: Number.MAX_SAFE_INTEGER }]) {
    expect(refusal(() => fs.quota('/q', quota))).toBe('DFS_BAD_ARGUMENT')
  }
  fs.put('/f')
  expect(refusal(() => fs.quota('/f', { names: 1 }))).toBe('DFS_NOT_DIRECTORY')
})
