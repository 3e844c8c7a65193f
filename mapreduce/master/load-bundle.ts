import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, Message, OnLoadArgs, OnLoadResult, Plugin } from 'esbuild'
import { MrError } from '../base/errors.ts'
import { BundleCache, defaultCacheDirectory } from './load-cache.ts'

/**
 * A user's job module, with all it imports, as one plain-JS file that any thread can import without a loader.
 *
 * `quern` itself is left out and points at the face of the running install: a copy of it in the bundle would have
 * classes of its own, and a `Text` of the engine would not be a `Text` of the job.
 */

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
const faces: Readonly<Record<string, string>> = {
  quern: new URL(`../index${extension}`, import.meta.url).href,
  'quern/dfs': new URL(`../../dfs/index${extension}`, import.meta.url).href,
}

/** Part of the cache's key: another way of bundling is another bundle. */
const BUNDLE_VERSION = 1

const quernFace: Plugin = {
  name: 'quern-face',
  setup(build) {
    build.onResolve({ filter: /^quern(\/|$)/ }, ({ path: name }) => {
      const face = faces[name]
      if (face !== undefined) return { path: face, external: true }
      return { errors: [{ text: `There is no "${name}". A job may import ${Object.keys(faces).join(' and ')}.` }] }
    })
  },
}

/** Native addons can't be bundled; they are left where they are, by absolute path. */
const nativeAddons: Plugin = {
  name: 'quern-native-addons',
  setup(build) {
    build.onResolve({ filter: /\.node$/ }, async ({ path: name, kind, resolveDir, importer, pluginData }) => {
      if (pluginData === nativeAddons) return undefined
      const found = await build.resolve(name, { kind, resolveDir, importer, pluginData: nativeAddons })
      return found.errors.length > 0 ? undefined : { path: found.path, external: true }
    })
  },
}

const SOURCE_LOADERS: Readonly<Record<string, 'ts' | 'tsx' | 'js' | 'jsx'>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
}
const PLACE = 'quern-place'

/**
 * A module that asks where it is (to read a table next to it, say) gets its own place, not the bundle's: `import.meta.url`
 * and friends become fields of a small module made for the file, imported on a line after its last so that no
 * position in it moves. CommonJS's `__dirname` can only be declared in front, on the first line.
 */
const ownPlace: Plugin = {
  name: 'quern-own-place',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${PLACE}:`) }, ({ path: name }) => ({
      path: name.slice(PLACE.length + 1),
      namespace: PLACE,
    }))
    build.onLoad({ filter: /.*/, namespace: PLACE }, ({ path: file }) => ({
      contents: `export const url = ${JSON.stringify(pathToFileURL(file).href)}, filename = ${JSON.stringify(file)}, dirname = ${JSON.stringify(path.dirname(file))}`,
    }))
    build.onLoad(
      { filter: /\.[cm]?[jt]sx?$/ },
      async ({ path: file }: OnLoadArgs): Promise<OnLoadResult | undefined> => {
        const { readFile } = await import('node:fs/promises')
        const source = await readFile(file, 'utf8')
        const loader = SOURCE_LOADERS[path.extname(file)] ?? 'js'
        if (source.includes('import.meta')) {
          const place = JSON.stringify(`${PLACE}:${file}`)
          return {
            contents: `${source}\nimport * as __quern_place from ${place}\n`,
            loader,
            resolveDir: path.dirname(file),
          }
        }
        const asks = /\b__(?:dirname|filename)\b/.test(source)
        if (
          asks &&
          !/\b(?:const|let|var)\b[^;\n]*\b__(?:dirname|filename)\b/.test(source) &&
          !source.startsWith('#!')
        ) {
          const declared = `var __filename = ${JSON.stringify(file)}, __dirname = ${JSON.stringify(path.dirname(file))};`
          return { contents: declared + source, loader, resolveDir: path.dirname(file) }
        }
        return undefined
      },
    )
  },
}

/** Files whose coming, going or change gives another bundle although no import names them. */
function settingsAround(entry: string): string[] {
  const files: string[] = []
  for (let directory = path.dirname(entry); ; directory = path.dirname(directory)) {
    files.push(path.join(directory, 'tsconfig.json'), path.join(directory, 'package.json'))
    if (path.dirname(directory) === directory) return files
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

function describeMessage(message: Message, cwd: string): string {
  const { location } = message
  if (location === null) return message.text
  const file = path.resolve(cwd, location.file)
  const number = String(location.line)
  const blank = ' '.repeat(number.length)
  // esbuild counts columns in bytes; the marker stands under a character.
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString()
  const marker = before.replace(/[^\t]/g, ' ') + '~'.repeat(Math.max(1, Math.min(location.length, 60)))
  const notes = message.notes.map((note) => `\n  ${note.text}`).join('')
  return (
    [
      message.text,
      `    at ${file}:${location.line}:${before.length + 1}`,
      '',
      `    ${number} | ${location.lineText}`,
      `    ${blank} | ${marker}`,
    ].join('\n') + notes
  )
}

export interface BundleOptions {
  readonly cacheDirectory?: string
}

/** Bundles the module at `entry` (absolute path) and returns the bundle's path. MR_BAD_JOB names the user's line. */
export async function bundleJob(
  entry: string,
  { cacheDirectory = defaultCacheDirectory() }: BundleOptions = {},
): Promise<string> {
  const cache = new BundleCache(cacheDirectory)
  const key = JSON.stringify([BUNDLE_VERSION, process.versions.node.split('.')[0], faces, entry])
  const cached = cache.find(key)
  if (cached !== undefined) return cached

  const bundledAtMs = Date.now()
  const esbuild = await import('esbuild')
  const cwd = path.dirname(entry)
  try {
    const result = await esbuild.build({
      entryPoints: [entry],
      absWorkingDir: cwd,
      // Sources in the map are relative to this, and the bundle's real name is only known once it is made.
      outfile: cache.bundleFile('bundle'),
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
      sourcesContent: true,
      logLevel: 'silent',
      // What CommonJS packages in the bundle still `require` at run time: Node's own modules and native addons.
      banner: {
        js: "import { createRequire as __quern_createRequire } from 'node:module'; const require = __quern_createRequire(import.meta.url);",
      },
      define: {
        'import.meta.url': '__quern_place.url',
        'import.meta.filename': '__quern_place.filename',
        'import.meta.dirname': '__quern_place.dirname',
      },
      plugins: [quernFace, nativeAddons, ownPlace],
    })
    const bundle = result.outputFiles[0]
    if (bundle === undefined) throw new Error(`esbuild made no output for ${entry}`)
    const inputs = Object.keys(result.metafile.inputs)
      .filter((input) => !input.startsWith(`${PLACE}:`))
      .map((input) => path.resolve(cwd, input))
    return cache.store(key, bundle.contents, [...inputs, ...settingsAround(entry)], bundledAtMs)
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    const shown = error.errors.slice(0, 3).map((message) => describeMessage(message, cwd))
    const more = error.errors.length > shown.length ? `\n(and ${error.errors.length - shown.length} more errors)` : ''
    throw new MrError('MR_BAD_JOB', `The job ${entry} can't be read. ${shown.join('\n')}${more}`, { cause: error })
  } finally {
    // The bundler is a child process that would outlive the first need of it by the whole job.
    await esbuild.stop()
  }
}
