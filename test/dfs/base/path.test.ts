/** Reliability row 19: hostile names and paths. */
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compareNames, normalizePath, splitPath, trashRoot } from '../../../dfs/base/path.ts'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import { outcome, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

const climbs = [
  '..',
  '.',
  '../..',
  './x',
  'x/..',
  'x/./y',
  '../etc/passwd',
  'a/../../b',
  '..//..',
  './/.',
  '..\0',
  '\0..',
]
const broken = ['\0', 'a\0b', 'a/\0', 'x'.repeat(256), 'é'.repeat(128), '\ud800', 'a\udfffb', '😀'.repeat(64)]
const places = ['', '/', '/a', '/a/b', '/a/b/c', '/%2e%2e', '/\\..', '//', '/a//b', '/-rf', '/ ']
const relative = [
  '',
  'a',
  'a/b',
  '../x',
  'dfs:/x',
  'C:\\x',
  '\\\\host\\share',
  '~',
  '~/x',
  '%2fetc',
  './',
  '\0/a',
  ' /a',
  'file:///etc/passwd',
]
const refused = [
  ...places.flatMap((place) => [...climbs, ...broken].map((tail) => `${place}/${tail}`)),
  ...relative,
  `/${'d/'.repeat(1001)}`,
  `/${'0123456789/'.repeat(800)}`,
]

test(`${refused.length} hostile paths are refused, every one`, () => {
  expect(refused.length).toBeGreaterThan(200)
  for (const path of refused) expect(() => splitPath(path), JSON.stringify(path.slice(0, 80))).toThrow(/^bad path /)
})

/** Odd, but names like others: they stay what they are and never reach the operating system. */
const odd = [
  '__proto__',
  'constructor',
  'toString',
  '%2e%2e',
  '...',
  '\\',
  '..\\..',
  '\u202e',
  '．．',
  '\u2025',
  ' ',
  '-rf',
  '$(id)',
  '*',
  '\n',
  '\u0001',
  "';--",
  'a:b',
  'CON',
  'x'.repeat(255),
  '\ufeff',
]

describe('odd names', () => {
  let dfs: Dfs
  beforeEach(async () => {
    dfs = await openDfs({ root: await temporaryRoot() })
  })
  afterEach(() => dfs.close())
  afterAll(removeRoots)

  test('are kept as they are, over a restart too', async () => {
    for (const name of odd) await writeFile(dfs, `/${name}`, Buffer.from(name))
    const { root } = dfs
    await dfs.close()
    dfs = await openDfs({ root })
    const listed = (await dfs.list('/')).map(({ path }) => path.slice(1))
    expect(listed).toEqual([...odd].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    for (const name of odd) expect((await readAll(dfs, `/${name}`)).toString()).toBe(name)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test('no call takes a hostile path', async () => {
    await writeFile(dfs, '/file', Buffer.from('x'))
    for (const path of ['/../x', '/a\0', 'x', '']) {
      const calls: Promise<unknown>[] = [
        dfs.stat(path),
        dfs.find(path),
        dfs.list(path),
        dfs.summary(path),
        dfs.mkdir(path),
        dfs.create(path),
        dfs.open(path),
        dfs.delete(path),
        dfs.rename('/file', path),
        dfs.rename(path, '/x'),
        dfs.setTimes(path, {}),
        dfs.setReplication(path, 1),
        dfs.locate(path),
        dfs.publish(path, []),
        dfs.fsck(path),
        dfs.glob(path),
      ]
      for (const [i, call] of calls.entries())
        expect(await outcome(call), `call ${i} with ${path}`).toBe('DFS_BAD_PATH')
    }
    expect(await outcome(dfs.publish('/out', [{ name: '../x', file: (await dfs.stat('/file')).fileId }]))).toBe(
      'DFS_BAD_PATH',
    )
  })
})

test('slashes too many are dropped', () => {
  expect(normalizePath('//a///b//')).toBe('/a/b')
  expect(normalizePath('/')).toBe('/')
  expect(splitPath('///')).toEqual([])
})

test('names are ordered by their UTF-8 bytes', () => {
  const sameOrder = (a: string, b: string): boolean =>
    Math.sign(compareNames(a, b)) === Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 6 }), fc.string({ unit: 'binary', maxLength: 6 }), sameOrder),
  )
  expect(compareNames('\u{10000}', '\uffff')).toBeGreaterThan(0)
})

test('the trash of one whose home is the root has a path like any other', () => {
  expect(trashRoot('/')).toBe(normalizePath(trashRoot('/')))
  expect(trashRoot('/user/me')).toBe('/user/me/.Trash')
})
