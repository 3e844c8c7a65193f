import { type FileStatus, isWebHdfsUrl, parseWebHdfsUrl } from '../../../dfs/index.ts'
import { PathError, UsageError, VerbError } from './failure.ts'

/** A path as the user sees it (`shown`: relative stays relative) and as the DFS knows it. */
export interface DfsPath {
  readonly shown: string
  /** Absolute and normalised; in another file system than the own one it begins with its origin: `webhdfs://host:port/a`. */
  readonly path: string
}

/** A path with what stands there now; no status where there is nothing. */
export interface PathItem extends DfsPath {
  readonly status: FileStatus | undefined
}

export interface FoundItem extends DfsPath {
  readonly status: FileStatus
}

/** A typed path taken apart. `absolute` may still be a glob pattern. */
export interface TypedPath {
  readonly typed: string
  readonly form: 'absolute' | 'relative' | 'scheme'
  readonly absolute: string
  /** `a/`, `.` and `..` can only mean a directory. */
  readonly looksLikeDirectory: boolean
}

const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):(?=\/)/

/** Relative paths start at `home`. `dfs:/a` is `/a`, `webhdfs://host:port/a` is in another file system. */
export function parsePath(typed: string, home: string): TypedPath {
  if (typed === '') throw new UsageError('Can not create a Path from an empty string')
  if (isWebHdfsUrl(typed)) {
    const { origin, path } = parseWebHdfsUrl(typed)
    const absolute = origin + normalise(path, typed)
    return { typed, form: 'scheme', absolute, looksLikeDirectory: looksLikeDirectory(path) }
  }
  const prefix = scheme.exec(typed)
  let rest = typed
  if (prefix !== null) {
    rest = typed.slice(prefix[0].length)
    const name = prefix[1] ?? ''
    if (name !== 'dfs')
      throw new VerbError(
        `No FileSystem for scheme "${name}": quern fs serves plain paths, dfs:/path and webhdfs://host:port/path`,
      )
    if (/^\/\/[^/]/.test(rest)) throw new PathError(typed, 'a dfs: path names no host; write dfs:/path')
    rest = rest.replace(/^\/+/, '/')
  }
  return {
    typed,
    form: prefix !== null ? 'scheme' : rest.startsWith('/') ? 'absolute' : 'relative',
    absolute: normalise(rest.startsWith('/') ? rest : `${home}/${rest}`, typed),
    looksLikeDirectory: looksLikeDirectory(rest),
  }
}

function looksLikeDirectory(path: string): boolean {
  const last = baseName(path)
  return last === '' || last === '.' || last === '..'
}

/** A path taken apart into its file system's origin, empty for the own one, and the path in there. */
export function splitOrigin(path: string): { readonly origin: string; readonly path: string } {
  if (!isWebHdfsUrl(path)) return { origin: '', path }
  const { origin, path: inside } = parseWebHdfsUrl(path)
  return { origin, path: inside }
}

export const isRoot = (path: string): boolean => splitOrigin(path).path === '/'

function normalise(path: string, typed: string): string {
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue
    if (name !== '..') names.push(name)
    else if (names.pop() === undefined) throw new PathError(typed, 'Path leads above the root')
  }
  return `/${names.join('/')}`
}

/** How a path found for `typed` is shown: in the form the user typed. */
export function showAs({ form }: TypedPath, path: string, home: string): string {
  if (form === 'absolute' || isWebHdfsUrl(path)) return path
  if (form === 'scheme') return `dfs:${path}`
  if (path === home) return '.'
  const from = home.split('/').filter(Boolean)
  const to = path.split('/').filter(Boolean)
  let shared = 0
  while (shared < from.length && shared < to.length && from[shared] === to[shared]) shared++
  return [...from.slice(shared).map(() => '..'), ...to.slice(shared)].join('/')
}

/**
 * Whether a Hadoop glob has to be searched for, and else the one path it stands for: `\*` is a name with a star in it.
 */
export function literalOf(typed: string): string | undefined {
  const { origin, path: pattern } = splitOrigin(typed)
  let literal = origin
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at)
    if (char === '*' || char === '?' || char === '[' || char === '{') return undefined
    if (char === '\\' && at + 1 < pattern.length) at++
    literal += pattern.charAt(at)
  }
  return literal
}

/** Last name of a path; nothing for the root. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

export function parentOf(typed: string): string {
  const { origin, path } = splitOrigin(typed)
  const cut = path.lastIndexOf('/')
  return origin + (cut <= 0 ? '/' : path.slice(0, cut))
}

export function childOf(directory: DfsPath, name: string): DfsPath {
  if (name === '') return { shown: directory.shown, path: directory.path }
  return {
    shown: directory.shown === '.' ? name : join(directory.shown, name),
    path: join(directory.path, name),
  }
}

const join = (directory: string, name: string): string =>
  directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`
