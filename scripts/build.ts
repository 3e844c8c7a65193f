import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { bundle } from './bundle.ts'

/**
 * Compiles the sources to `dist/`: declarations by tsc, code by esbuild. Files are written in place and only what no source
 * stands for any more is removed, so that a `quern` that runs from `dist/` meanwhile never finds it empty.
 */

const root = path.resolve(import.meta.dirname, '..')
const dist = path.join(root, 'dist')
const kernels = [
  { source: 'mapreduce/kernels/assembly/index.ts', output: 'dist/mapreduce/kernels/kernels.wasm' },
  { source: 'dfs/base/assembly/crc32.ts', output: 'dist/dfs/base/crc32.wasm' },
]

/** Runs a development dependency's command; its messages go straight to the terminal unless `capture`. */
function run(
  name: string,
  args: readonly string[],
  capture = false,
): { readonly ok: boolean; readonly stdout: string } {
  const done = spawnSync(path.join(root, 'node_modules/.bin', name), args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
    maxBuffer: 1 << 26,
  })
  if (done.error) throw done.error
  return { ok: done.status === 0, stdout: done.stdout ?? '' }
}

function declareTypes(kept: Set<string>): boolean {
  const tsc = run('tsc', ['-p', 'tsconfig.build.json', '--listEmittedFiles', '--pretty', 'false'], true)
  const emitted = 'TSFILE: '
  for (const line of tsc.stdout.split('\n')) {
    if (line.startsWith(emitted)) kept.add(path.resolve(root, line.slice(emitted.length)))
    else if (line !== '') process.stderr.write(`${line}\n`)
  }
  return tsc.ok
}

function compileKernels(kept: Set<string>): boolean {
  const flags = ['--runtime', 'stub', '-O3', '--noAssert', '--enable', 'simd', '--importMemory', '--use', 'abort=']
  return kernels.every(({ source, output }) => {
    mkdirSync(path.dirname(path.join(root, output)), { recursive: true })
    kept.add(path.join(root, output))
    return run('asc', [source, '-o', output, ...flags]).ok
  })
}

/** Removes every file below `directory` that is not kept, and the directories left empty. */
function removeStale(directory: string, kept: ReadonlySet<string>): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name)
    if (!entry.isDirectory()) {
      if (!kept.has(file)) rmSync(file, { force: true })
      continue
    }
    removeStale(file, kept)
    if (readdirSync(file).length === 0) rmdirSync(file)
  }
}

const kept = new Set<string>()
const typed = declareTypes(kept)
// Code is written even where types do not fit, as tsc does.
const bundled = await bundle(root, dist, kept)
const ok = compileKernels(kept) && typed && bundled
// After an error the list of outputs may be short, and what was there before is better than half of it.
if (ok) removeStale(dist, kept)
const command = path.join(dist, 'bin/quern.js')
if (existsSync(command)) chmodSync(command, 0o755)
process.exitCode = ok ? 0 : 1
