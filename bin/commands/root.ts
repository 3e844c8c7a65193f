import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { DfsError } from '../../dfs/base/errors.ts'
import type { CommandIo } from './command.ts'

/** Where the DFS lives: `--root DIR`, else QUERN_ROOT, else `~/.quern`; relative ones from the working directory. */
export function dfsRoot(option: string | undefined, io: Pick<CommandIo, 'env' | 'cwd'>): string {
  const named = option ?? (io.env['QUERN_ROOT'] || undefined)
  if (named !== undefined) return resolve(io.cwd, named)
  return resolve(io.env['HOME'] || homedir(), '.quern')
}

/** Why a root could not be opened, in words for the user. */
export function openFailure(error: unknown, root: string): string {
  if (error instanceof DfsError && error.code === 'DFS_NOT_FOUND') {
    return `no file system at ${root} yet; quern fs -mkdir or -put makes one, --root DIR names another`
  }
  return error instanceof Error ? error.message : String(error)
}
