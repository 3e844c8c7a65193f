import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cycles, forbiddenEdges, forbiddenNames, impurities, longFiles, sharedHooks } from './layout/check.ts'
import { parseSource, readSources, type SourceFile } from './layout/source.ts'
import { forbiddenFileNames, LINES_MAX, layout, longFileLimits, pureCore } from './layout/table.ts'

const root = path.resolve(import.meta.dirname, '..')
const folders = ['bin', 'dfs', 'mapreduce', 'jobs', 'datasets', 'bench', 'scripts', 'test']
let files: SourceFile[] = []

beforeAll(async () => {
  files = await readSources(root, folders)
})

describe('the house', () => {
  it('is read whole', () => {
    expect(files.map((file) => file.path)).toContain('dfs/client/dfs.ts')
    expect(files.flatMap((file) => file.edges).length).toBeGreaterThan(files.length)
  })

  it('has every import allowed by the table', () => {
    expect(forbiddenEdges(files, layout)).toEqual([])
  })

  it('has a row for no folder that is gone', () => {
    const present = new Set(files.map((file) => path.posix.dirname(file.path)))
    expect(Object.keys(layout).filter((folder) => !present.has(folder))).toEqual([])
  })

  it('has no circle of files that load each other', () => {
    expect(cycles(files)).toEqual([])
  })

  it('keeps disk, net, timers, clock and chance out of the cores that decide', () => {
    expect(impurities(files, pureCore)).toEqual([])
  })

  it('loads no package that an install would lack', () => {
    const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
    const installed = Object.keys((manifest as { dependencies: Record<string, string> }).dependencies)
    const named = Object.values(layout).flatMap((row) => row.packages ?? [])
    expect(named.filter((name) => !installed.includes(name))).toEqual([])
  })

  it('names files by their subject', () => {
    expect(forbiddenNames(files, forbiddenFileNames)).toEqual([])
  })

  it('has no file longer than the limit', () => {
    expect(longFiles(files, LINES_MAX, longFileLimits)).toEqual([])
  })

  it('sets no hooks in modules that test files share', () => {
    expect(sharedHooks(files)).toEqual([])
  })
})

describe('the checks can fail', () => {
  const core = { ...pureCore, files: ['dfs/namenode/a.ts'] }

  it('on an edge against the table, a type, a package, an unknown folder, and a way into bin', async () => {
    const wrong = [
      await parseSource('dfs/base/a.ts', `import { b } from '../client/b.ts'\nb()`),
      await parseSource(
        'jobs/b.ts',
        `import type {\n  Text,\n} from '../mapreduce/record/text.ts'\nexport const x: Text | 1 = 1`,
      ),
      await parseSource('dfs/base/c.ts', `import chalk from 'chalk'\nchalk()`),
      await parseSource('elsewhere/d.ts', `export const d = 1`),
      await parseSource('mapreduce/e.ts', `const door = await import('../bin/quern.ts')\nexport { door }`),
      await parseSource('mapreduce/map/f.ts', `export const entry = new URL('../reduce/task.ts', import.meta.url)`),
    ]
    expect(forbiddenEdges(wrong, layout)).toEqual([
      'dfs/base/a.ts imports dfs/client/b.ts',
      'jobs/b.ts takes types from mapreduce/record/text.ts',
      'dfs/base/c.ts loads the package chalk',
      'elsewhere/d.ts: its folder stands in no row of the table',
      'mapreduce/e.ts imports bin/quern.ts',
      'mapreduce/map/f.ts imports mapreduce/reduce/task.ts',
    ])
  })

  it('on a type that is loaded although only types are open', async () => {
    const typed = await parseSource(
      'dfs/block/a.ts',
      `import type { FileStatus } from '../client/status.ts'\nexport type A = FileStatus`,
    )
    const loaded = await parseSource(
      'dfs/block/b.ts',
      `import { type FileStatus } from '../client/status.ts'\nexport type A = FileStatus`,
    )
    expect(forbiddenEdges([typed, loaded], layout)).toEqual(['dfs/block/b.ts imports dfs/client/status.ts'])
  })

  it('on a circle, and not on one of types', async () => {
    const circle = [
      await parseSource('dfs/base/a.ts', `export { b } from './b.ts'`),
      await parseSource('dfs/base/b.ts', `import './c.ts'\nexport const b = 1`),
      await parseSource('dfs/base/c.ts', `export * from './a.ts'`),
      await parseSource('dfs/base/d.ts', `import type { a } from './d2.ts'\nexport type D = typeof a`),
      await parseSource('dfs/base/d2.ts', `import type { D } from './d.ts'\nexport const a: D = 1`),
    ]
    expect(cycles(circle)).toEqual(['dfs/base/a.ts -> dfs/base/b.ts -> dfs/base/c.ts -> dfs/base/a.ts'])
  })

  it('on a core that reaches the clock, or the disk through another file', async () => {
    const impure = [
      await parseSource(
        'dfs/namenode/a.ts',
        `import { b } from '../base/b.ts'\nexport const now = () => Date.now() + b`,
      ),
      await parseSource(
        'dfs/base/b.ts',
        `import { readFileSync } from 'node:fs'\nexport const b = readFileSync('x').length`,
      ),
    ]
    expect(impurities(impure, core)).toEqual([
      'dfs/namenode/a.ts -> dfs/base/b.ts -> node:fs',
      'dfs/namenode/a.ts uses Date.now',
    ])
  })

  it('on a core that is not there, and not on a comment about the clock', async () => {
    expect(impurities([], core)).toEqual(['dfs/namenode/a.ts is named as a pure core and is not there'])
    const spoken = await parseSource('dfs/namenode/a.ts', `// never Date.now()\nexport const a = 1`)
    expect(impurities([spoken], core)).toEqual([])
  })

  it('on a hook that only the first test file would have', async () => {
    const hook = `import { afterAll } from 'vitest'\nafterAll(() => undefined)`
    const called = `import { afterAll } from 'vitest'\nexport function use() {\n  afterAll(() => undefined)\n}`
    expect(
      sharedHooks([
        await parseSource('test/dfs/a.ts', hook),
        await parseSource('test/dfs/a.test.ts', hook),
        await parseSource('test/dfs/b.ts', called),
      ]),
    ).toEqual(['test/dfs/a.ts calls afterAll(…) when it is loaded'])
  })

  it('on a name that says nothing, a long file, and an exception nobody needs', async () => {
    const file = await parseSource('dfs/base/utils.ts', `export const a = 1\n`.repeat(1))
    expect(forbiddenNames([file], forbiddenFileNames)).toEqual([
      'dfs/base/utils.ts: "utils" says nothing of its subject',
    ])
    expect(longFiles([{ ...file, lines: 401 }], 400, {})).toEqual(['dfs/base/utils.ts has 401 lines, its limit is 400'])
    expect(longFiles([file], 400, { 'dfs/base/utils.ts': 500 })).toEqual(['dfs/base/utils.ts needs no exception'])
  })
})
