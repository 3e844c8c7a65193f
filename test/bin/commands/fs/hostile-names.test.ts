import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Quern } from '../../support/quern.ts'

let quern: Quern

beforeEach(async () => {
  quern = await Quern.make()
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

const local = (...names: string[]): string => join(quern.cwd, ...names)

describe('names that were meant to hurt', () => {
  const names = [
    'new\nline',
    'quote\'"`$(id)',
    '-rf',
    '--root',
    ' ',
    'tab\t',
    '…',
    '...',
    '..x',
    '🦀'.repeat(63),
    'x'.repeat(255),
    'é',
    'e\u0301',
    'back\\slash',
    'star*?[a]{b,c}',
    'colon:name',
    '%s%n',
    '_COPYING_',
    '\u001b[31m',
  ]

  it('go in and come out as they are', async () => {
    await mkdir(local('in'))
    await mkdir(local('out'))
    for (const name of names) await writeFile(local('in', name), name)
    await quern.ok('put', 'in', '/')
    const found = (await quern.ok('find', '/in', '-print0')).split('\0').filter(Boolean)
    expect(new Set(found)).toEqual(new Set(['/in', ...names.map((name) => `/in/${name}`)]))
    await quern.ok('get', '/in', 'out')
    expect(new Set(await readdir(local('out', 'in')))).toEqual(new Set(names))
    for (const name of names) expect(await readFile(local('out', 'in', name), 'utf8')).toBe(name)
    await quern.ok('rm', '-r', '/in')
    expect(await quern.ok('ls', '/')).toBe('')
  })

  it('can be named one by one, a leading dash behind --', async () => {
    await quern.ok('mkdir', '-p', '/user/me')
    for (const name of names) {
      const typed = name.replace(/[\\*?[{]/g, '\\$&')
      await writeFile(local(name), name)
      await quern.ok('put', '--', name, typed)
      expect(await quern.ok('cat', '--', typed)).toBe(name)
      expect(await quern.ok('rm', '--', typed)).toBe(`Deleted ${name}\n`)
    }
  })

  it('one byte too many, a NUL, or a way out is refused in words', async () => {
    const long = 'x'.repeat(256)
    const { code, err } = await quern.fs('mkdir', `/${long}`)
    expect(code).toBe(1)
    expect(err).toMatch(/^mkdir: .*256 bytes.*\n$/)
    expect(await quern.fs('mkdir', '/a\0b')).toMatchObject({ code: 1 })
    expect(await quern.fs('mkdir', '-p', '/a/../../b')).toMatchObject({
      code: 1,
      err: "mkdir: `/a/../../b': Path leads above the root\n",
    })
  })

  it('can not fake lines or colours in an error', async () => {
    await quern.ok('mkdir', '/d')
    expect(await quern.fs('cat', '/a\nrm: done\u001b\\[2J')).toMatchObject({
      code: 1,
      err: "cat: `/a?rm: done?\\[2J': No such file or directory\n",
    })
  })
})
