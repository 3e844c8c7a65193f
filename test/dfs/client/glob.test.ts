import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expandBraces } from '../../../dfs/client/glob.ts'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import { outcome, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

let dfs: Dfs
beforeAll(async () => {
  dfs = await openDfs({ root: await temporaryRoot() })
  for (const path of [
    '/logs/2024/a.txt',
    '/logs/2024/b.txt',
    '/logs/2025/a.txt',
    '/logs/2025/c.gz',
    '/logs/.hidden',
    '/logs/x{y}',
    '/logs/*',
    '/logs/😀',
    '/top',
  ]) {
    await writeFile(dfs, path, Buffer.from(path))
  }
})
afterAll(async () => {
  await dfs.close()
  await removeRoots()
})

const paths = async (pattern: string): Promise<string[]> => (await dfs.glob(pattern)).map(({ path }) => path)

test.each([
  ['/', ['/']],
  ['/top', ['/top']],
  ['/none', []],
  ['/*', ['/logs', '/top']],
  ['/*/', ['/logs', '/top']],
  ['/logs/*/a.txt', ['/logs/2024/a.txt', '/logs/2025/a.txt']],
  ['/logs/202?/*', ['/logs/2024/a.txt', '/logs/2024/b.txt', '/logs/2025/a.txt', '/logs/2025/c.gz']],
  ['/logs/202[5-9]/*.gz', ['/logs/2025/c.gz']],
  ['/logs/202[^5]', ['/logs/2024']],
  ['/logs/202[!5]', ['/logs/2024']],
  ['/logs/{2024,2025}/{a,b}.txt', ['/logs/2024/a.txt', '/logs/2024/b.txt', '/logs/2025/a.txt']],
  ['/{logs/2024,logs/2025}/a.txt', ['/logs/2024/a.txt', '/logs/2025/a.txt']],
  ['/logs/202{4,5}/{a,a}.txt', ['/logs/2024/a.txt', '/logs/2025/a.txt']],
  ['/logs/2024/{[ab],c}.{txt,gz}', ['/logs/2024/a.txt', '/logs/2024/b.txt']],
  ['/logs/*hidden', ['/logs/.hidden']],
  ['/logs/?', ['/logs/*', '/logs/😀']],
  ['/logs/\\*', ['/logs/*']],
  ['/logs/x\\{y\\}', ['/logs/x{y}']],
  ['/logs/[*]', ['/logs/*']],
  ['/logs/[\\*]', ['/logs/*']],
  ['/top/*', []],
  ['/logs/2024/[]a].txt', ['/logs/2024/a.txt']],
])('%s gives %j', async (pattern, wanted) => {
  expect(await paths(pattern)).toEqual(wanted)
})

test.each(['/a{b', '/a[b', '/a\\', '/[z-a]', '/{a,{b}'])('%s is refused', async (pattern) => {
  expect(await outcome(dfs.glob(pattern))).toBe('DFS_BAD_ARGUMENT')
})

test('a relative pattern is a bad path', async () => {
  expect(await outcome(dfs.glob('logs/*'))).toBe('DFS_BAD_PATH')
  expect(await outcome(dfs.glob('/*/../x'))).toBe('DFS_BAD_PATH')
})

describe('patterns made to hurt', () => {
  test('braces that stand for too much are refused', () => {
    expect(() => expandBraces('/{a,b}'.repeat(30))).toThrow('more than')
    expect(expandBraces('a{b,c{d,e}}').sort()).toEqual(['ab', 'acd', 'ace'])
  })

  test('many stars against a long name end at once', async () => {
    await writeFile(dfs, `/long/${'a'.repeat(250)}`, Buffer.from('x'))
    expect(await paths(`/long/${'*a'.repeat(100)}b`)).toEqual([])
    expect(await paths(`/long/${'*a'.repeat(100)}*`)).toHaveLength(1)
  })
})
