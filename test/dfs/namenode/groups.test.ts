/** Who is in which group, from the system's files. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseGroups, systemGroups } from '../../../dfs/namenode/groups.ts'
import { removeRoots, temporaryRoot } from '../harness.ts'

afterAll(removeRoots)

test('the first group is that of passwd, the others those whose line names the user', () => {
  const groups = parseGroups(
    ['root:x:0:0:root:/root:/bin/sh', 'ada:x:1000:100::/home/ada:/bin/sh', 'bob:x:1001:77', '# comment', ''],
    ['root:x:0:', 'users:x:100:ada,bob', 'wheel:x:10:ada,ghost,', 'broken', ''],
  )
  expect(groups.get('root')).toEqual(['root'])
  expect(groups.get('ada')).toEqual(['users', 'wheel'])
  expect(groups.get('bob')).toEqual(['users'])
  expect(groups.get('ghost')).toEqual(['wheel'])
  expect(groups.get('eve')).toBeUndefined()
})

test('the files are read again after a while; one that is gone, or is far too large, says nothing', async () => {
  const root = await temporaryRoot()
  const files = { passwd: join(root, 'passwd'), group: join(root, 'group') }
  let now = 0
  const groupsOf = systemGroups(() => now, files)
  expect(groupsOf('ada')).toEqual([])
  writeFileSync(files.passwd, 'ada:x:1:1')
  writeFileSync(files.group, 'staff:x:1:')
  expect(groupsOf('ada')).toEqual([])
  now = 6000
  expect(groupsOf('ada')).toEqual(['staff'])
  writeFileSync(files.group, `staff:x:1:${'x'.repeat(5_000_000)}`)
  now = 12_000
  expect(groupsOf('ada')).toEqual([])
})

test('the system’s own files are understood', () => {
  expect(systemGroups(() => 0)('root')).toContain('root')
})
