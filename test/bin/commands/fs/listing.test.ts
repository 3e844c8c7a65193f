import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enter } from '../../../../bin/door.ts'
import { LeavingSink, MemorySink, memoryIo } from '../../support/memory-io.ts'
import { Quern } from '../../support/quern.ts'

let quern: Quern

beforeAll(async () => {
  quern = await Quern.make()
  await quern.ok('mkdir', '/d')
  await quern.file('/d/big', 'x'.repeat(1_234_567))
  await quern.file('/d/small', 'x')
  await quern.ok('touch', '-t', '20261123:080000', '/d/big')
  await quern.ok('touch', '-t', '20261123:075959', '/d/small')
})

afterAll(async () => {
  await quern[Symbol.asyncDispose]()
})

describe('ls', () => {
  it("has Hadoop's columns", async () => {
    const owner = (await quern.ok('stat', '%u %g', '/d/big')).trimEnd()
    expect(await quern.ok('ls', '/d')).toBe(
      [
        'Found 2 items',
        `-rw-r--r--   3 ${owner}    1234567 2026-11-23 08:00 /d/big`,
        `-rw-r--r--   3 ${owner}          1 2026-11-23 07:59 /d/small`,
        '',
      ].join('\n'),
    )
    expect(await quern.ok('ls', '-h', '/d/big')).toBe(`-rw-r--r--   3 ${owner}      1.2 M 2026-11-23 08:00 /d/big\n`)
    expect(await quern.ok('ls', '-d', '/d')).toMatch(/^drwxr-xr-x {3}- \S+ \S+ {10}0 \d{4}-\d\d-\d\d \d\d:\d\d \/d\n$/)
  })

  it('sorts by time and size, either way', async () => {
    expect(await quern.ok('ls', '-C', '-t', '/d')).toBe('/d/big\n/d/small\n')
    expect(await quern.ok('ls', '-C', '-t', '-r', '/d')).toBe('/d/small\n/d/big\n')
    expect(await quern.ok('ls', '-C', '-S', '-r', '/d')).toBe('/d/small\n/d/big\n')
    await quern.ok('touch', '-a', '-t', '20300101:000000', '/d/small')
    expect(await quern.ok('ls', '-C', '-t', '-u', '/d')).toBe('/d/small\n/d/big\n')
    expect(await quern.ok('ls', '-u', '/d/small')).toContain(' 2030-01-01 00:00 ')
  })

  it('does not let a name redraw a terminal, and changes nothing in a pipe', async () => {
    await quern.ok('mkdir', '/n')
    await quern.ok('touchz', '/n/\u001b\\[2J')
    const io = {
      ...memoryIo({ cwd: quern.cwd, root: quern.root }),
      stdout: Object.assign(new MemorySink(), { isTTY: true }),
    }
    expect(await enter(['fs', '-ls', '-C', '/n'], io)).toBe(0)
    expect(io.stdout.text).toBe('/n/?[2J\n')
    expect(await quern.ok('ls', '-C', '/n')).toBe('/n/\u001b[2J\n')
    expect(await quern.ok('ls', '-C', '-q', '/n')).toBe('/n/?[2J\n')
  })
})

describe('--json', () => {
  const parse = async (...words: string[]): Promise<unknown> => JSON.parse(await quern.ok(...words))

  it('of ls and stat has every field of a status', async () => {
    const [big] = (await parse('ls', '--json', '/d')) as [Record<string, unknown>]
    expect(big).toMatchObject({
      path: '/d/big',
      kind: 'file',
      length: 1_234_567,
      replication: 3,
      permission: '644',
      modificationTime: new Date(2026, 10, 23, 8).getTime(),
      childrenCount: 0,
    })
    expect(await parse('stat', '/d/big', '--json')).toEqual([big])
    expect(await parse('find', '/d', '-name', 'b*', '--json')).toEqual([big])
    expect(await parse('ls', '-R', '--json', '/d')).toHaveLength(2)
  })

  it('of du and count has numbers', async () => {
    expect(await parse('du', '--json', '/d')).toEqual([
      { path: '/d/big', length: 1_234_567, spaceConsumed: 3_703_701 },
      { path: '/d/small', length: 1, spaceConsumed: 3 },
    ])
    expect(await parse('count', '--json', '/d')).toEqual([
      {
        path: '/d',
        directoryCount: 1,
        fileCount: 2,
        length: 1_234_568,
        spaceConsumed: 3_703_704,
        quota: -1,
        spaceQuota: -1,
      },
    ])
  })

  it('of df is what the table shows', async () => {
    const [row] = (await parse('df', '--json')) as [Record<string, number | string>]
    expect(row).toMatchObject({ filesystem: 'dfs:/' })
    expect(row['capacity']).toBeGreaterThan(0)
    expect(await quern.ok('df', '/', '/d')).toMatch(
      /^Filesystem +Size +Used +Available +Use%\n(dfs:\/ +\d+ +\d+ +\d+ +\d+%\n){2}$/,
    )
    expect(await quern.ok('df', '-h')).toMatch(/\ndfs:\/ +[\d.]+ [KMGTP] /)
  })

  it('is an empty list beside the error when there is nothing', async () => {
    expect(await quern.fs('ls', '--json', '/x')).toMatchObject({
      code: 1,
      out: '[]\n',
      err: "ls: `/x': No such file or directory\n",
    })
  })
})

describe('the root', () => {
  it('is named by --root before or behind the verb, and before the command', async () => {
    const other = `${quern.base}/other`
    await quern.ok('--root', other, 'mkdir', '/o')
    expect(await quern.ok('ls', '-C', '/', `--root=${other}`)).toBe('/o\n')
    expect(await quern.ok(`--root=${other}`, 'ls', '-C', '/')).toBe('/o\n')
    expect(await quern.run(['--root', other, 'fs', '-ls', '-C', '/'])).toMatchObject({ code: 0, out: '/o\n' })
    expect(await quern.run([`--root=${other}`, 'fs', '-ls', '-C', '/'])).toMatchObject({ code: 0, out: '/o\n' })
    expect(await quern.ok('ls', '-C', '-d', '/d')).toBe('/d\n')
  })

  it('is not made by looking', async () => {
    const nowhere = `${quern.base}/nowhere`
    for (const words of [
      ['ls', '/'],
      ['cat', '/a'],
      ['find', '/'],
    ]) {
      expect(await quern.fs('--root', nowhere, ...words)).toMatchObject({
        code: 1,
        out: '',
        err: `${words[0]}: no file system at ${nowhere} yet; quern fs -mkdir or -put makes one, --root DIR names another\n`,
      })
    }
    expect((await quern.run(['dfs', 'fsck', '--root', nowhere])).err).toContain('fsck: no file system at ')
  })
})

describe('a reader that leaves', () => {
  it('ends cat early, quietly, with 0', async () => {
    const stdout = new LeavingSink(1000)
    const io = { ...memoryIo({ cwd: quern.cwd, root: quern.root }), stdout }
    const code = await enter(['fs', '-cat', '/d/big', '/d/big', '/d/big', '/d/big'], io)
    expect([code, io.stderr.text]).toEqual([0, ''])
    expect(stdout.seen).toBeLessThan(2_500_000)
  })

  it('does not keep rm from deleting all it was given', async () => {
    await quern.ok('mkdir', '/gone')
    const names = Array.from({ length: 9000 }, (_, index) => `/gone/${index}`)
    await quern.ok('touchz', ...names.slice(0, 20))
    const io = { ...memoryIo({ cwd: quern.cwd, root: quern.root }), stdout: new LeavingSink(0) }
    expect(await enter(['fs', '-rm', ...names.slice(0, 20)], io)).toBe(0)
    expect(await quern.ok('ls', '/gone')).toBe('')
  })
})
