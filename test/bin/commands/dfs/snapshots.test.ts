import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Quern } from '../../support/quern.ts'

let quern: Quern

beforeEach(async () => {
  quern = await Quern.make()
  await quern.ok('mkdir', '-p', '/d/e')
  await quern.file('/d/f', 'before')
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

const dfs = (...words: string[]) => quern.run(['dfs', ...words])

describe('snapshots', () => {
  it('keep a directory as it was, to be listed and read', async () => {
    expect(await dfs('-allowSnapshot', '/d')).toMatchObject({ code: 0, out: 'Allowing snapshot on /d succeeded\n' })
    expect(await quern.ok('createSnapshot', '/d', 's1')).toBe('Created snapshot /d/.snapshot/s1\n')
    await quern.file('/d/f', 'after')
    await quern.ok('mv', '/d/e', '/d/moved')
    await quern.ok('touchz', '/d/new')
    expect(await quern.ok('cat', '/d/.snapshot/s1/f', '/d/f')).toBe('beforeafter')
    expect(await quern.ok('ls', '-C', '/d/.snapshot')).toBe('/d/.snapshot/s1\n')
    expect(await quern.ok('ls', '-C', '-R', '/d/.snapshot/s1')).toBe('/d/.snapshot/s1/e\n/d/.snapshot/s1/f\n')
    expect(await quern.ok('ls', '-C', '-R', '/d')).not.toContain('.snapshot')
    const { code, out } = await dfs('snapshotDiff', '/d', 's1', '.')
    expect(code).toBe(0)
    const [heading, ...lines] = out.trimEnd().split('\n')
    expect(heading).toBe('Difference between snapshot s1 and current directory under directory /d:')
    expect(lines).toContain('M\t.')
    expect(lines).toContain('R\t./e -> ./moved')
    expect(lines).toContain('+\t./new')
    const entries = JSON.parse((await dfs('snapshotDiff', '/d', '.snapshot/s1', '.', '--json')).out)
    expect(entries).toContainEqual({ type: 'create', source: 'new' })
  })

  it('can be renamed and deleted, and refuse to be changed', async () => {
    await dfs('allowSnapshot', '/d')
    expect(await quern.ok('createSnapshot', '/d')).toMatch(/^Created snapshot \/d\/\.snapshot\/s\d{8}-\d{6}\.\d{3}\n$/)
    await quern.ok('createSnapshot', '/d', 'a')
    expect(await quern.ok('renameSnapshot', '/d', 'a', 'b')).toBe('Renamed snapshot a to b under /d\n')
    expect((await quern.fs('touchz', '/d/.snapshot/b/n')).code).toBe(1)
    expect((await quern.fs('rm', '/d/.snapshot/b/f')).code).toBe(1)
    expect((await quern.fs('test', '-w', '/d/.snapshot/b/f')).code).toBe(1)
    expect((await quern.fs('test', '-r', '/d/.snapshot/b/f')).code).toBe(0)
    const trash = await quern.run(['fs', 'rm', '/d/.snapshot/b/f'], { env: { QUERN_TRASH_INTERVAL: '9' } })
    expect(trash).toMatchObject({ code: 1, out: '' })
    expect((await quern.fs('rm', '-r', '/d')).code).toBe(1)
    expect((await dfs('disallowSnapshot', '/d')).code).toBe(1)
    expect(await quern.ok('deleteSnapshot', '/d', 'b')).toBe('Deleted snapshot b under /d\n')
    const [, left] = (await quern.ok('ls', '-C', '/d/.snapshot')).split('/.snapshot/')
    await quern.ok('deleteSnapshot', '/d', left?.trim() ?? '')
    expect(await dfs('disallowSnapshot', '/d')).toMatchObject({
      code: 0,
      out: 'Disallowing snapshot on /d succeeded\n',
    })
    expect((await quern.fs('createSnapshot', '/d', 'x')).code).toBe(1)
  })

  it('are listed with their directories', async () => {
    await dfs('allowSnapshot', '/d', '/d/e', '/none')
    await quern.ok('createSnapshot', '/d', 's')
    expect((await dfs('lsSnapshottableDir')).out).toMatch(
      /^drwxr-xr-x 0 me supergroup 0 \d{4}-\d\d-\d\d \d\d:\d\d 1 65536 \/d\n/,
    )
    expect((await dfs('lsSnapshot', '/d')).out).toMatch(
      /^drwxr-xr-x 0 me supergroup 0 \d{4}-\d\d-\d\d \d\d:\d\d \d+ ACTIVE \/d\/\.snapshot\/s\n$/,
    )
    expect(JSON.parse((await dfs('lsSnapshot', '/d', '--json')).out)).toMatchObject([
      { name: 's', path: '/d/.snapshot/s' },
    ])
    expect(JSON.parse((await dfs('lsSnapshottableDir', '--json')).out)).toMatchObject([{ snapshots: 1 }])
  })

  it('are looked at by fsck when asked for', async () => {
    await dfs('allowSnapshot', '/d')
    await quern.ok('createSnapshot', '/d', 's')
    await quern.ok('rm', '/d/f')
    const { code, out } = await dfs('fsck', '/', '-files', '-includeSnapshots')
    expect(code).toBe(0)
    expect(out).toContain('\n/d/.snapshot/s/f 6 bytes, 1 block(s):  OK\n')
    expect((await dfs('fsck', '/', '-files')).out).not.toContain('.snapshot')
  })
})

describe('quotas', () => {
  it('are set, shown by count -q, held to, and cleared', async () => {
    expect(await dfs('setQuota', '4', '/d')).toMatchObject({ code: 0, out: '', err: '' })
    expect(await dfs('-setSpaceQuota', '1g', '/d')).toMatchObject({ code: 0, err: '' })
    const cells = (await quern.ok('count', '-q', '/d')).trim().split(/ +/)
    expect(cells).toEqual(['4', '1', String(2 ** 30), String(2 ** 30 - 18), '2', '1', '6', '/d'])
    expect(await quern.ok('count', '-u', '-h', '/d')).toBe(
      '           4               1             1 G           1.0 G /d\n',
    )
    await quern.ok('touchz', '/d/3')
    const over = await quern.fs('touchz', '/d/4')
    expect(over).toMatchObject({ code: 1, err: expect.stringContaining('quota') })
    await dfs('clrQuota', '/d')
    await dfs('clrSpaceQuota', '/d')
    await quern.ok('touchz', '/d/4')
    expect((await quern.ok('count', '-u', '/d')).trim().split(/ +/)).toEqual(['none', 'inf', 'none', 'inf', '/d'])
  })

  it('of space keep files out', async () => {
    await dfs('setSpaceQuota', '10', '/d')
    expect(await quern.run(['fs', 'put', '-', '/d/n'], { stdin: 'grist' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('quota'),
    })
    expect(await quern.ok('ls', '-C', '/d')).toBe('/d/e\n/d/f\n')
  })

  it('need a number, and directories that are there; one that is not does not keep the others', async () => {
    expect(await dfs('setQuota', '0', '/d')).toMatchObject({
      code: 2,
      err: 'quern dfs: setQuota: a positive number of names expected, got 0\n',
    })
    expect(await dfs('setSpaceQuota', 'much', '/d')).toMatchObject({ code: 2 })
    expect(await dfs('setQuota', '9', '/none', '/d')).toMatchObject({
      code: 1,
      err: "setQuota: `/none': No such file or directory\n",
    })
    expect((await quern.ok('count', '-q', '/d')).trim().split(/ +/)[0]).toBe('9')
    expect((await dfs('setSpaceQuota', '1g', '-storageType', 'DISK', '/d')).err).toContain('there are no storage types')
  })
})
