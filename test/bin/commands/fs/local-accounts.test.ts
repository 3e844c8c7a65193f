import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chownLocal, ownerOf, parseAccounts } from '../../../../bin/commands/fs/local-accounts.ts'

describe('the accounts of this machine', () => {
  it('are read line by line, the first of a name and of an id counting', () => {
    const { names, ids } = parseAccounts(
      'root:x:0:0::/root:/bin/sh\n\n# note\nada:x:1000:\ntoor:x:0:\nada:x:7:\nbad:x:-1:\n',
    )
    expect([...names]).toEqual([
      [0, 'root'],
      [1000, 'ada'],
      [7, 'ada'],
    ])
    expect([...ids]).toEqual([
      ['root', 0],
      ['ada', 1000],
      ['toor', 0],
    ])
  })

  it('name the owner of a file, and a file can be given to who has it already or is not known', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'quern-accounts-'))
    try {
      const file = join(directory, 'f')
      await writeFile(file, '')
      const before = await stat(file)
      const { owner, group } = await ownerOf(before)
      expect(owner).toBe(userInfo().username)
      await chownLocal(file, owner ?? '', group ?? '')
      await chownLocal(file, 'nobody of that name', 'no such group')
      expect(await stat(file)).toMatchObject({ uid: before.uid, gid: before.gid })
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})
