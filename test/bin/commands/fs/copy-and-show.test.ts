import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
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

describe('cp and mv', () => {
  beforeEach(async () => {
    await quern.ok('mkdir', '-p', '/t/sub', '/d')
    await quern.file('/t/a', 'A')
    await quern.file('/t/sub/b', 'B')
  })

  it('cp copies trees and keeps times with -p', async () => {
    await quern.ok('touch', '-t', '20010203:040506', '/t/a')
    await quern.ok('cp', '-p', '/t', '/d')
    await quern.ok('cp', '/t/a', '/d/n')
    expect(await quern.ok('find', '/d')).toBe('/d\n/d/n\n/d/t\n/d/t/a\n/d/t/sub\n/d/t/sub/b\n')
    expect(await quern.ok('stat', '%Y', '/d/t/a')).toBe(await quern.ok('stat', '%Y', '/t/a'))
    expect(await quern.ok('stat', '%Y', '/d/t/sub')).toBe(await quern.ok('stat', '%Y', '/t/sub'))
    expect(await quern.fs('cp', '/t', '/d')).toMatchObject({
      code: 1,
      err: "cp: `/d/t/a': File exists\ncp: `/d/t/sub/b': File exists\n",
    })
    await quern.ok('cp', '-f', '/t', '/d')
    await quern.file('/d/f', '')
    expect(await quern.fs('cp', '/t', '/d/f')).toMatchObject({ code: 1, err: "cp: `/d/f': File exists\n" })
    expect(await quern.fs('cp', '-f', '/t', '/d/f')).toMatchObject({ code: 1, err: "cp: `/d/f': Is not a directory\n" })
  })

  it('mv renames, moves several, and never one level deeper than asked', async () => {
    await quern.ok('mv', '/t/a', '/t/c')
    await quern.ok('mv', '/t/c', '/t/sub', '/d')
    expect(await quern.ok('find', '/d')).toBe('/d\n/d/c\n/d/sub\n/d/sub/b\n')
    await quern.ok('mkdir', '-p', '/t/sub')
    expect(await quern.fs('mv', '/t/sub', '/d')).toMatchObject({ code: 1, err: "mv: `/d/sub': File exists\n" })
    await quern.ok('mv', '/d', '/e')
    expect(await quern.ok('find', '/e', '-name', 'b')).toBe('/e/sub/b\n')
  })
})

describe('text', () => {
  it('unpacks gzip by its first bytes, several members too, and tells a cut one', async () => {
    const plain = 'line\n'.repeat(50_000)
    const packed = Buffer.concat([gzipSync(plain), gzipSync('more')])
    await writeFile(local('a'), packed)
    await writeFile(local('cut'), packed.subarray(0, 100))
    await quern.ok('put', 'a', 'cut', '/')
    expect(await quern.ok('text', '/a')).toBe(`${plain}more`)
    const { code, err } = await quern.fs('text', '/cut')
    expect(code).toBe(1)
    expect(err).toBe("text: `/cut': not readable as gzip: unexpected end of file\n")
  })
})

describe('head and tail', () => {
  it('show a kilobyte', async () => {
    await quern.file('/f', 'a'.repeat(1500) + 'b'.repeat(1500))
    expect(await quern.ok('head', '/f')).toBe('a'.repeat(1024))
    expect(await quern.ok('tail', '/f')).toBe('b'.repeat(1024))
  })
})
