/** What a root is set to is kept in it, and is for whoever opens it. */
import { writeFile as writeOsFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { keepRootSettings, openDfs, rootSettings } from '../../../dfs/index.ts'
import { Cluster } from '../daemon/cluster.ts'
import { outcome, patterned, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

afterAll(removeRoots)

test('settings are there after a stop, for daemons and for one who opens the root alone', async () => {
  const root = await temporaryRoot()
  expect(await rootSettings(root)).toEqual({})
  await keepRootSettings(root, { replication: 2, blockSize: 100_000 })
  {
    await using cluster = await Cluster.start(root, 3)
    const defaults = await (await cluster.client()).serverDefaults()
    expect(defaults).toMatchObject({ replication: 2, blockSize: 100_000 })
  }
  await using dfs = await openDfs({ root, create: false })
  await writeFile(dfs, '/f', patterned(150_000))
  expect((await dfs.locate('/f')).map(({ replicas }) => replicas.length)).toEqual([2, 2])
  expect(await rootSettings(root)).toEqual({ replication: 2, blockSize: 100_000 })
})

test('what is asked for at an opening goes before what is kept', async () => {
  const root = await temporaryRoot()
  await keepRootSettings(root, { replication: 2 })
  await using dfs = await openDfs({ root, replication: 1 })
  expect((await dfs.serverDefaults()).replication).toBe(1)
})

test('settings that do not fit together are not kept', async () => {
  const root = await temporaryRoot()
  expect(await outcome(keepRootSettings(root, { heartbeatMillis: 5000 }))).toBe('DFS_BAD_ARGUMENT')
  expect(await rootSettings(root)).toEqual({})
})

test.each([
  ['no JSON', '{', 'DFS_CORRUPT_METADATA', 'it is no JSON'],
  ['no object', '7', 'DFS_CORRUPT_METADATA', 'it is no file of settings'],
  ['another file', '{"format":"quern-dfs","version":1,"settings":{}}', 'DFS_CORRUPT_METADATA', 'no file of settings'],
  ['no settings', '{"format":"quern-settings","version":1}', 'DFS_CORRUPT_METADATA', 'no file of settings'],
  ['a version to come', '{"format":"quern-settings","version":2,"settings":{}}', 'DFS_UNKNOWN_VERSION', 'version 2'],
  [
    'a setting that is none',
    '{"format":"quern-settings","version":1,"settings":{"speed":1}}',
    'DFS_CORRUPT_METADATA',
    'speed is no setting',
  ],
  [
    'a value that is none',
    '{"format":"quern-settings","version":1,"settings":{"leaseMillis":1}}',
    'DFS_CORRUPT_METADATA',
    'leaseMillis is 1',
  ],
])('a settings file that holds %s is refused by its name', async (_, text, code, says) => {
  const root = await temporaryRoot()
  await writeOsFile(join(root, 'settings'), text)
  const refused = openDfs({ root })
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(join(root, 'settings')) })
  await expect(refused).rejects.toThrow(says)
})
