import type { Stats } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { hasCode, PathError, reasons } from './failure.ts'
import { literalOf } from './path.ts'

/** A file of this machine: as typed, and where it is. */
export interface LocalPath {
  readonly shown: string
  readonly path: string
}

/** A plain path, or a `file:` one as Hadoop's tools take them. */
export function localPath(typed: string, cwd: string): LocalPath {
  const bare = typed.startsWith('file:/') ? typed.slice('file:'.length).replace(/^\/+/, '/') : typed
  return { shown: typed, path: isAbsolute(bare) ? bare : resolve(cwd, bare) }
}

export const childOfLocal = (directory: LocalPath, name: string): LocalPath => ({
  shown: directory.shown.endsWith('/') ? `${directory.shown}${name}` : `${directory.shown}/${name}`,
  path: resolve(directory.path, name),
})

/** Nothing when there is nothing; follows symbolic links. */
export const statLocal = (path: string): Promise<Stats | undefined> => missingIsNothing(stat(path))

/** Nothing when there is nothing; a symbolic link is itself. */
export const lstatLocal = (path: string): Promise<Stats | undefined> => missingIsNothing(lstat(path))

async function missingIsNothing(looked: Promise<Stats>): Promise<Stats | undefined> {
  try {
    return await looked
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** What a typed local source stands for. A quoted glob is expanded here, but an existing file of that very name comes first. */
export async function expandLocal(typed: string, cwd: string): Promise<LocalPath[]> {
  const literal = localPath(typed, cwd)
  if (literalOf(typed) !== undefined || (await lstatLocal(literal.path)) !== undefined) return [literal]
  const { glob } = await import('tinyglobby')
  const matches = await glob(typed, {
    cwd,
    onlyFiles: false,
    expandDirectories: false,
    followSymbolicLinks: true,
    // Only the pattern's own depth: tinyglobby would walk the tree below for `**`, which Hadoop's globs do not know.
    deep: typed.split('/').length,
  })
  if (matches.length === 0) throw new PathError(typed, reasons.notFound)
  return matches
    .map((match) => match.replace(/\/$/, ''))
    .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
    .map((match) => ({ shown: match, path: resolve(cwd, match) }))
}
