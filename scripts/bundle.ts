import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildResult, build, type Plugin, transform } from 'esbuild'
import { mergeChunks } from './merge-chunks.ts'

/**
 * The sources as few files: one for each that is addressed by its path (entries), and chunks of what several of them, or
 * an `import()`, share. A module is in one file only, so there is one of it in a process. Nothing is minified: stack
 * traces name functions as they are written. Packages stay packages, but for a few.
 */

const chunks = 'chunks'

/**
 * Packages that cost a start more as files of their own than what they do: zod is ninety, of which little is used, and the
 * others are looked for in several places for a few lines.
 */
const bundledPackages = ['zod', 'p-limit', 'yocto-queue']

/** Chunks written within this time of each other are of one build. */
const oneBuildMillis = 10_000

/** What is addressed by its path: commands and packages by package.json, the rest by `new URL(…, import.meta.url)`. */
export function entriesOf(root: string): string[] {
  const jobs = readdirSync(path.join(root, 'jobs')).map((name) => `jobs/${name}`)
  return [
    'bin/quern.ts',
    'bin/process.ts',
    'mapreduce/index.ts',
    'mapreduce/worker/entry.ts',
    'dfs/index.ts',
    'dfs/client/verifying-thread.ts',
    // What tests take from the compiled install alone.
    'mapreduce/worker/task-runner.ts',
    'dfs/base/crc32-kernel.ts',
    'dfs/client/verifying-threads.ts',
    ...jobs.filter((name) => name.endsWith('.ts')),
  ]
}

const place = (file: string): string => `quern-dist:${file}:`

/**
 * A module asks where it is to find what lies beside it. In a chunk it is told where it would be had it a file of its own;
 * the way there is known when the chunk has its name, so a mark stands for it until then.
 */
const sources = (root: string, besides: ReadonlyMap<string, ReadonlySet<string>>): Plugin => ({
  name: 'quern-sources',
  setup({ onLoad, onResolve }) {
    // Resolved here, a module counts as one that does something when it is loaded, and is loaded although nothing of it is
    // named. `sideEffects: false` of package.json says otherwise, to bundlers of others.
    onResolve({ filter: /^\.{0,2}\/|\.ts$/ }, ({ path: name, resolveDir, kind, importer }) => {
      if (importer.startsWith(path.join(root, 'node_modules', path.sep))) return undefined
      return { path: path.resolve(kind === 'entry-point' ? root : resolveDir, name) }
    })
    onResolve({ filter: new RegExp(`^(?:${bundledPackages.join('|')})$`) }, ({ path: name }) => ({
      path: fileURLToPath(import.meta.resolve(name)),
      sideEffects: false,
    }))
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      const name = path.relative(root, file).replaceAll(path.sep, '/')
      const more = [...(besides.get(name) ?? [])].map((module) => `import ${JSON.stringify(path.join(root, module))};`)
      const source = [readFileSync(file, 'utf8'), ...more].join('\n')
      if (!source.includes('import.meta.url')) return more.length > 0 ? { contents: source, loader: 'ts' } : undefined
      const { code } = await transform(source, {
        loader: 'ts',
        target: 'esnext',
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
        define: { 'import.meta.url': '__quern_module' },
      })
      const declared = `const __quern_module = new URL("${place(name.replace(/\.ts$/, '.js'))}", import.meta.url).href;\n`
      return { contents: code.replace(/^(#!.*\n)?/, (shebang) => shebang + declared), loader: 'js' }
    })
  },
})

/** Bundles into `dist`, and adds what it wrote to `kept`. False, with esbuild's words on stderr, if the sources are not to be bundled. */
export async function bundle(root: string, dist: string, kept: Set<string>): Promise<boolean> {
  const before = chunksThere(path.join(dist, chunks))
  const entries = entriesOf(root)
  const options = {
    entryPoints: entries,
    absWorkingDir: root,
    outbase: root,
    outdir: dist,
    chunkNames: `${chunks}/[name]-[hash]`,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    metafile: true,
    write: false,
    logLevel: 'warning',
  } as const
  let result: BuildResult<typeof options>
  try {
    const { metafile } = await build({ ...options, plugins: [sources(root, new Map())] })
    result = await build({ ...options, plugins: [sources(root, mergeChunks(metafile, new Set(entries)))] })
  } catch (error) {
    // esbuild has said it already.
    if (error instanceof Error && 'errors' in error) return false
    throw error
  }
  const isChunk = (file: string): boolean => path.dirname(file) === path.join(dist, chunks)
  // Entries last: none ever names a chunk that is not there.
  for (const { path: file, text } of result.outputFiles.sort(
    (left, right) => Number(isChunk(right.path)) - Number(isChunk(left.path)),
  )) {
    mkdirSync(path.dirname(file), { recursive: true })
    const placed = text.replace(/quern-dist:([^:"]+):/g, (_, output: string) =>
      relative(path.dirname(file), path.join(dist, output)),
    )
    writeFileSync(`${file}.new`, placed)
    renameSync(`${file}.new`, file)
    kept.add(file)
  }
  // What is copied brings its licence.
  for (const name of bundledPackages) {
    const licence = path.join(dist, chunks, `LICENSE.${name}`)
    writeFileSync(licence, readFileSync(licenceOf(name)))
    kept.add(licence)
  }
  // A quern that was started from the build before may still come to ask for its chunks.
  for (const file of before) kept.add(file)
  return true
}

function licenceOf(name: string): string {
  const directory = path.dirname(fileURLToPath(import.meta.resolve(name)))
  const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry))
  if (file === undefined) throw new Error(`${name} is to be bundled, and ${directory} has no licence`)
  return path.join(directory, file)
}

/** The chunks that the newest build left in the directory. */
function chunksThere(directory: string): string[] {
  if (!existsSync(directory)) return []
  const files = readdirSync(directory).map((name) => path.join(directory, name))
  const times = new Map(files.map((file) => [file, statSync(file).mtimeMs]))
  const newest = Math.max(...times.values())
  return files.filter((file) => newest - (times.get(file) ?? 0) < oneBuildMillis)
}

function relative(from: string, to: string): string {
  const way = path.relative(from, to).replaceAll(path.sep, '/')
  return way.startsWith('.') ? way : `./${way}`
}
