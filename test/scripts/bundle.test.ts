/** What the build makes of the sources: each module in one file, and starts that load what they need and no more. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { runNamenode } from '../../dfs/index.ts'
import { entriesOf } from '../../scripts/bundle.ts'
import { removeRoots, temporaryRoot } from '../dfs/harness.ts'

const root = path.resolve(import.meta.dirname, '../..')
const dist = path.join(root, 'dist')

afterAll(removeRoots)

/** The modules that a file of dist is made of: esbuild writes the name of each above it. */
const modulesIn = (file: string): string[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(/^\/\/ ((?:bin|dfs|mapreduce|jobs|datasets|node_modules)\/.*\.[jt]s)$/gm),
  ].map(([, name]) => name ?? '')

/** Every file that can be reached from the entries; those that an earlier build left are not. */
function reached(): Set<string> {
  const files = new Set(entriesOf(root).map((entry) => path.join(dist, entry.replace(/\.ts$/, '.js'))))
  for (const file of files) {
    for (const [, to] of readFileSync(file, 'utf8').matchAll(/(?:\bfrom |^import |\bimport\()"(\.[^"]+)"/gm)) {
      files.add(path.resolve(path.dirname(file), to ?? ''))
    }
  }
  return files
}

/** What a command loads, as Node's own record of what ran has it. */
async function loadedBy(...words: string[]): Promise<{ files: string[]; modules: string[] }> {
  const directory = await temporaryRoot()
  const env = { ...process.env, NODE_V8_COVERAGE: directory }
  await promisify(execFile)(process.execPath, [path.join(dist, 'bin/quern.js'), ...words], { env })
  const urls = readdirSync(directory).flatMap((name) => {
    const { result }: { result: { url: string }[] } = JSON.parse(readFileSync(path.join(directory, name), 'utf8'))
    return result.map(({ url }) => url)
  })
  const files = urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url))
  return { files, modules: files.flatMap(modulesIn) }
}

describe('the bundle', () => {
  test('has every module in one file, so that there is one of it in a process', () => {
    const places = new Map<string, Set<string>>()
    for (const file of reached()) {
      for (const name of modulesIn(file)) places.set(name, (places.get(name) ?? new Set()).add(file))
    }
    expect(places.has('dfs/base/errors.ts')).toBe(true)
    expect([...places].filter(([, files]) => files.size > 1)).toEqual([])
  })

  test('names what lies beside a module by where it is, and this machine nowhere', () => {
    const files = [...reached()]
    const addressed = files.flatMap((file) =>
      [
        ...readFileSync(file, 'utf8').matchAll(
          /^(?:const|var) __quern_module\d* = new URL\("([^"]+)", import\.meta\.url\)/gm,
        ),
      ].map(([, to]) => path.relative(dist, path.resolve(path.dirname(file), to ?? ''))),
    )
    expect(addressed).toContain('mapreduce/kernels/wasm.js')
    expect(addressed.filter((place) => place.startsWith('..'))).toEqual([])
    expect(files.filter((file) => readFileSync(file, 'utf8').includes(root))).toEqual([])
  })
})

describe('a command', () => {
  test('that talks to daemons loads nothing of theirs', async () => {
    const served = await temporaryRoot()
    const namenode = await runNamenode({ root: served, httpPort: 0, say: () => {} })
    try {
      const { modules, files } = await loadedBy('fs', '-ls', '--root', served, '/')
      expect(modules).toContain('dfs/remote/connection.ts')
      const large = ['dfs/namenode/server.ts', 'dfs/daemon/namenode-service.ts', 'dfs/datanode/service.ts']
      expect(modules.filter((name) => [...large, 'dfs/webhdfs/client/web-hdfs.ts'].includes(name))).toEqual([])
      expect(modules.filter((name) => name.startsWith('node_modules/zod/'))).toEqual([])
      expect(files.filter((name) => name.includes('node_modules'))).toEqual([])
      expect(files.length).toBeLessThan(40)
    } finally {
      await namenode.close()
    }
  })

  test('that opens a root itself loads no zod, and no package as files of its own', async () => {
    const own = await temporaryRoot()
    const { modules, files } = await loadedBy('fs', '-mkdir', '--root', own, '/a')
    expect(modules).toContain('dfs/embedded/open.ts')
    expect(modules.filter((name) => /^node_modules\/zod\/|^dfs\/daemon\/.*-process/.test(name))).toEqual([])
    expect(files.filter((name) => name.includes('node_modules'))).toEqual([])
    expect(files.length).toBeLessThan(40)
  })

  test('runs a job that imports the engine by its path, and so has this build bundled with it', async () => {
    const directory = await temporaryRoot()
    const [job, input] = [path.join(directory, 'job.mjs'), path.join(directory, 'input.csv')]
    const engine = JSON.stringify(path.join(dist, 'mapreduce/index.js'))
    writeFileSync(
      job,
      `import { defineJoin } from ${engine}
      const side = { key: (line) => line.field(0, ','), value: (line) => line }
      export default defineJoin({ type: 'inner', left: side, right: side, join: (key, left, right, emit) => emit(left, right) })`,
    )
    writeFileSync(input, 'a,1\nb,2\n')
    const words = [
      'run',
      job,
      '-i',
      `left=${input}`,
      '-i',
      `right=${input}`,
      '-o',
      path.join(directory, 'out'),
      '--quiet',
    ]
    await promisify(execFile)(process.execPath, [path.join(dist, 'bin/quern.js'), ...words])
    expect(readFileSync(path.join(directory, 'out/part-m-00000'), 'utf8')).toContain('b,2\tb,2')
  })
})
