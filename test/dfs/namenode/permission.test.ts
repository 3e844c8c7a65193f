/** Who may do what: HDFS's rules, one by one. */
import { beforeEach, describe, expect, test } from 'vitest'
import * as decide from '../../../dfs/namenode/decide.ts'
import { ownerOf, permissionOf } from '../../../dfs/namenode/inode.ts'
import { mayAccess } from '../../../dfs/namenode/permission.ts'
import * as view from '../../../dfs/namenode/view.ts'
import { message, Requests, refusal, user } from './requests.ts'
import { caller } from './state.ts'

const ada = user('ada', 'staff')
const bob = user('bob', 'staff')
const eve = user('eve')
let fs: Requests

beforeEach(() => {
  fs = new Requests()
  fs.mkdir('/home')
  fs.mkdir('/home/ada', 0o750)
  fs.chown('/home/ada', { owner: 'ada', group: 'staff' })
  fs.put('/home/ada/f', 10, ada)
})

const denied = (action: () => unknown): void => expect(refusal(action)).toBe('DFS_PERMISSION')
const allowed = (action: () => unknown): void => expect(message(action)).toBe('ok')

test('the class of the owner decides for the owner, that of the group for its members, and nothing is added up', () => {
  fs.put('/f', 1)
  fs.chown('/f', { owner: 'ada', group: 'staff' })
  fs.chmod('/f', 0o047)
  const node = fs.state.find('/f')
  if (node === undefined) throw new Error('no file')
  const may = (who: typeof ada): number[] => [4, 2, 1].filter((bit) => mayAccess(who, node, bit))
  expect(may(ada)).toEqual([])
  expect(may(bob)).toEqual([4])
  expect(may(eve)).toEqual([4, 2, 1])
  expect(may(caller)).toEqual([4, 2, 1])
})

test('what is new belongs to its maker and to the group of its directory', () => {
  const node = fs.state.find('/home/ada/f')
  if (node === undefined) throw new Error('no file')
  expect(ownerOf(node)).toEqual({ user: 'ada', group: 'staff' })
  expect(permissionOf(node)).toBe(0o644)
  fs.put('/home/ada/x/y/g', 1, ada)
  // Directories made on the way are as the one above them.
  expect(view.findStatus(fs.state, '/home/ada/x/y', ada)).toMatchObject({
    permission: 0o750,
    owner: 'ada',
    group: 'staff',
  })
  fs.mkdir('/home/ada/p/q', 0o500, ada)
  expect(view.findStatus(fs.state, '/home/ada/p', ada)?.permission).toBe(0o700)
  expect(view.findStatus(fs.state, '/home/ada/p/q', ada)?.permission).toBe(0o500)
})

test('a refusal names user, access and inode as HDFS does', () => {
  expect(message(() => fs.put('/f', 1, eve))).toBe(
    'Permission denied: user=eve, access=WRITE, inode="/":root:supergroup:drwxr-xr-x',
  )
  expect(message(() => view.findStatus(fs.state, '/home/ada/f', eve))).toBe(
    'Permission denied: user=eve, access=EXECUTE, inode="/home/ada":ada:staff:drwxr-x---',
  )
  expect(message(() => view.listStatus(fs.state, '/home/ada', eve))).toContain('access=READ_EXECUTE')
})

describe('passing through a directory needs x on it', () => {
  test('for what is there, for what is not, and for every request', () => {
    fs.chmod('/home/ada', 0o640, ada)
    denied(() => view.findStatus(fs.state, '/home/ada/f', bob))
    denied(() => view.findStatus(fs.state, '/home/ada/none', bob))
    denied(() => view.readableFile(fs.state, '/home/ada/f', ada))
    denied(() => fs.delete('/home/ada/f', ada))
    denied(() => fs.chmod('/home/ada/f', 0o600, ada))
    allowed(() => view.findStatus(fs.state, '/home/ada', eve))
  })
})

test('reading needs r on the file, listing r and x on the directory', () => {
  fs.chmod('/home/ada/f', 0o200, ada)
  denied(() => view.readableFile(fs.state, '/home/ada/f', ada))
  fs.chmod('/home/ada', 0o711, ada)
  denied(() => view.listStatus(fs.state, '/home/ada', eve))
  allowed(() => view.findStatus(fs.state, '/home/ada/f', eve))
})

test('a summary needs r and x on every directory in it', () => {
  fs.mkdir('/home/ada/closed', 0o700, ada)
  denied(() => view.summarize(fs.state, '/home/ada', bob))
  fs.chmod('/home/ada/closed', 0o755, ada)
  expect(view.summarize(fs.state, '/home/ada', bob)).toMatchObject({ directories: 2, files: 1 })
})

test('making, deleting and renaming need w on the directory; in both for a rename', () => {
  denied(() => fs.mkdir('/home/ada/d', 0o755, bob))
  denied(() => fs.delete('/home/ada/f', bob))
  fs.mkdir('/tmp', 0o777)
  denied(() => fs.rename('/home/ada/f', '/tmp', bob))
  fs.put('/tmp/g', 1, bob)
  denied(() => fs.rename('/tmp/g', '/home/ada/g', bob))
  allowed(() => fs.rename('/home/ada/f', '/tmp', ada))
  allowed(() => fs.rename('/tmp/f', '/tmp/h', bob))
})

test('under a sticky bit only the owner of the entry or of the directory takes it out', () => {
  fs.mkdir('/tmp', 0o1777)
  fs.put('/tmp/a', 1, ada)
  fs.put('/tmp/b', 1, bob)
  denied(() => fs.delete('/tmp/a', bob))
  denied(() => fs.rename('/tmp/a', '/tmp/c', bob))
  expect(message(() => fs.delete('/tmp/a', bob))).toBe(
    'Permission denied by sticky bit: user=bob, path="/tmp/a":ada:supergroup:-rw-r--r--, parent="/tmp":someone:supergroup:drwxrwxrwt',
  )
  // Neither may another's file be replaced.
  denied(() => fs.rename('/tmp/b', '/tmp/a', bob, true))
  allowed(() => fs.delete('/tmp/a', ada))
  fs.chown('/tmp', { owner: 'ada' })
  allowed(() => fs.delete('/tmp/b', ada))
})

test('a tree goes only if every directory in it that is not empty may be read and changed', () => {
  fs.mkdir('/home/ada/d/bobs', 0o777, ada)
  fs.chmod('/home/ada/d', 0o777, ada)
  fs.mkdir('/home/ada/d/bobs/inner', 0o700, bob)
  allowed(() => decide.decideDelete(fs.state, ada, { path: '/home/ada/d', recursive: true, time: 1 }))
  fs.put('/home/ada/d/bobs/inner/f', 1, bob)
  denied(() => fs.delete('/home/ada/d', ada))
  fs.chmod('/home/ada/d/bobs/inner', 0o777, bob)
  allowed(() => decide.decideDelete(fs.state, ada, { path: '/home/ada/d', recursive: true, time: 1 }))
  // A sticky bit further down keeps what is another's.
  fs.chmod('/home/ada/d/bobs/inner', 0o1777, bob)
  denied(() => fs.delete('/home/ada/d', ada))
})

test('overwriting, appending, truncating and setting the replication need w on the file', () => {
  fs.mkdir('/tmp', 0o777)
  fs.put('/tmp/f', 5, ada)
  denied(() => fs.put('/tmp/f', 1, bob, { overwrite: true }))
  denied(() => fs.reopen('/tmp/f', 'all', bob))
  denied(() => fs.reopen('/tmp/f', 0, bob))
  denied(() => decide.decideSetReplication(fs.state, bob, { path: '/tmp/f', replication: 2 }))
  fs.begin('/tmp/g', ada)
  denied(() => fs.begin('/tmp/g', bob, { overwrite: true }))
  fs.chmod('/tmp/f', 0o666, ada)
  allowed(() => fs.put('/tmp/f', 1, bob, { overwrite: true }))
})

test('mode and times are the owner’s; times also for whoever may write', () => {
  denied(() => fs.chmod('/home/ada/f', 0o666, bob))
  denied(() => decide.decideSetTimes(fs.state, bob, { path: '/home/ada/f', accessTime: 1 }))
  fs.chmod('/home/ada/f', 0o464, ada)
  allowed(() => decide.decideSetTimes(fs.state, ada, { path: '/home/ada/f', accessTime: 1 }))
  allowed(() => decide.decideSetTimes(fs.state, bob, { path: '/home/ada/f', accessTime: 1 }))
  allowed(() => decide.decideSetTimes(fs.state, caller, { path: '/', modificationTime: 5 }))
})

test('only the superuser gives a file away; a group the owner sets has to be one of the owner’s', () => {
  denied(() => fs.chown('/home/ada/f', { owner: 'bob' }, ada))
  denied(() => fs.chown('/home/ada/f', { group: 'wheel' }, ada))
  denied(() => fs.chown('/home/ada/f', { group: 'staff' }, bob))
  const other = user('ada', 'staff', 'wheel')
  allowed(() => fs.chown('/home/ada/f', { group: 'wheel', owner: 'ada' }, other))
  allowed(() => fs.chown('/home/ada/f', { owner: 'bob', group: 'anything' }))
  for (const name of ['', 'a:b', 'a\nb', 'x'.repeat(129), 'a/b']) {
    expect(refusal(() => fs.chown('/home/ada/f', { owner: name }))).toBe('DFS_BAD_ARGUMENT')
  }
})

test('concat needs w on the target, r on the sources, and w on their directories', () => {
  fs.put('/home/ada/g', 5, ada)
  fs.chmod('/home/ada', 0o777, ada)
  const concat = (as: typeof ada) => () =>
    decide.decideConcat(fs.state, as, { path: '/home/ada/f', sources: ['/home/ada/g'], time: 1 })
  denied(concat(bob))
  fs.chmod('/home/ada/f', 0o666, ada)
  allowed(concat(bob))
  fs.chmod('/home/ada/g', 0o600, ada)
  denied(concat(bob))
  fs.chmod('/home/ada/g', 0o644, ada)
  fs.chmod('/home/ada', 0o755, ada)
  denied(concat(bob))
})

test('quotas and allowing snapshots are the superuser’s, snapshots themselves the owner’s', () => {
  denied(() => fs.quota('/home/ada', { names: 5 }, ada))
  denied(() => fs.allow('/home/ada', ada))
  denied(() => decide.decideDisallowSnapshot(fs.state, ada, { path: '/home/ada' }))
  fs.allow('/home/ada')
  denied(() => fs.snapshot('/home/ada', 's', bob))
  allowed(() => fs.snapshot('/home/ada', 's', ada))
  expect(view.listSnapshottable(fs.state, ada)).toHaveLength(1)
  expect(view.listSnapshottable(fs.state, bob)).toHaveLength(0)
  expect(view.listSnapshottable(fs.state, caller)).toHaveLength(1)
  denied(() => view.listSnapshots(fs.state, '/home/ada', eve))
  // In a snapshot the modes are those of then.
  fs.chmod('/home/ada/f', 0o600, ada)
  allowed(() => view.readableFile(fs.state, '/home/ada/.snapshot/s/f', bob))
  denied(() => view.readableFile(fs.state, '/home/ada/f', bob))
})

test('what one asks of access is what one would get', () => {
  const access =
    (mode: Parameters<typeof view.checkAccess>[2], as = bob) =>
    () =>
      view.checkAccess(fs.state, '/home/ada/f', mode, as)
  allowed(access('r'))
  denied(access('w'))
  denied(access('rw'))
  allowed(access('rw', ada))
  denied(access('x', ada))
  expect(refusal(() => view.checkAccess(fs.state, '/none', 'r', ada))).toBe('DFS_NOT_FOUND')
})

test('a detached file is published by who wrote it', () => {
  fs.mkdir('/out', 0o777)
  const shape = { replication: 1, blockSize: 10, holder: 'h', time: 1 }
  const record = decide.decideCreateDetached(fs.state, ada, shape)
  fs.apply(record)
  fs.complete(record.file, 0)
  const publish = (as: typeof ada) =>
    decide.decidePublish(fs.state, as, {
      directory: '/out/d',
      files: [{ name: 'part', file: record.file }],
      overwrite: false,
      time: 1,
    })
  denied(() => publish(bob))
  fs.chown('/out', { group: 'staff' })
  fs.apply(publish(ada))
  expect(view.findStatus(fs.state, '/out/d/part', ada)).toMatchObject({ owner: 'ada', group: 'staff' })
  denied(() => decide.decidePublish(fs.state, bob, { directory: '/home/ada/d', files: [], overwrite: false, time: 1 }))
})

test('a mode that is none is refused', () => {
  for (const mode of [-1, 0o2000, 1.5, Number.NaN]) {
    expect(refusal(() => fs.chmod('/home/ada/f', mode))).toBe('DFS_BAD_ARGUMENT')
    expect(refusal(() => fs.mkdir('/x', mode))).toBe('DFS_BAD_ARGUMENT')
  }
})
