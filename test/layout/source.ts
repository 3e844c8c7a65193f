import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { transform } from 'esbuild'

/** One reference of a file to another module. */
export interface Edge {
  /** A path from the repository's root, a `node:` module, or a package's name. */
  readonly to: string
  /** False for `import type`, of which nothing is left at run time. */
  readonly loads: boolean
}

/** What the checks need to know of a source file. */
export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string
  readonly lines: number
  readonly edges: readonly Edge[]
  /** The code without comments and types. */
  readonly code: string
}

const skipped = new Set(['node_modules', 'dist', 'fixtures', 'assembly', 'results', 'coverage'])

/** Every TypeScript file below the given folders of `root`; AssemblyScript and test fixtures are not ours to judge. */
export async function readSources(root: string, folders: readonly string[]): Promise<SourceFile[]> {
  const found: string[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const name = path.posix.join(folder, entry.name)
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) visit(name)
      } else if (entry.name.endsWith('.ts')) {
        found.push(name)
      }
    }
  }
  for (const folder of folders) visit(folder)
  return Promise.all(found.sort().map((name) => parseSource(name, readFileSync(path.join(root, name), 'utf8'))))
}

/**
 * esbuild takes comments and types away and prints every import in one form, so that plain patterns find them all;
 * imports of types alone are looked for in the text as written.
 */
export async function parseSource(name: string, text: string): Promise<SourceFile> {
  const compilerOptions = { verbatimModuleSyntax: true, target: 'es2023' as const }
  const { code } = await transform(text, { loader: 'ts', format: 'esm', tsconfigRaw: { compilerOptions } })
  const loaded = matches(code, [
    /^(?:import|export)\b[^;'"]*\bfrom "([^"]+)";$/gm,
    /^import "([^"]+)";$/gm,
    /\bimport\("([^"]+)"\)/g,
    /\bnew URL\("(\.[^"]+\.[jt]s)", import\.meta\.url\)/g,
  ])
  const typed = matches(text, [/^(?:import|export) type\b[^;'"]*?\bfrom '([^']+)'/gm])
  const edges = [
    ...loaded.map((to) => ({ to: resolve(name, to), loads: true })),
    ...typed.map((to) => ({ to: resolve(name, to), loads: false })),
  ]
  return { path: name, lines: text.split('\n').length - 1, edges, code }
}

function matches(text: string, patterns: readonly RegExp[]): string[] {
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].flatMap((match) => match[1] ?? []))
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  // A worker's entry may be named as the compiled build has it.
  return path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, '.ts')
}
