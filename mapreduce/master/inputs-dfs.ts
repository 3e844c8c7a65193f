import path from 'node:path'
import type { Dfs, FileStatus, FileSystem } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { type Expansion, isGzip, isHidden } from './input-expansion.ts'
import type { InputFile } from './task.ts'

export async function expandDfs(dfs: Dfs, asked: string): Promise<Expansion> {
  const { files, directories } = await expandTree(dfs, asked, 'dfs:')
  const found: Expansion['found'] = []
  for (const status of files) found.push({ path: status.path, file: await inDfs(dfs, status) })
  return { found, directories }
}

async function inDfs(dfs: Dfs, { path: file, length }: FileStatus): Promise<InputFile> {
  const blocks = length === 0 ? [] : await dfs.locate(file)
  return { kind: 'dfs', name: `dfs:${file}`, length, gzip: isGzip(file), blocks }
}

/** What one argument gives in a file system, by the same rules as for local files. `origin` is what paths of it begin with. */
export async function expandTree(
  fileSystem: FileSystem,
  asked: string,
  origin: string,
): Promise<{ readonly files: readonly FileStatus[]; readonly directories: string[] }> {
  const expansion: Found = { files: [], directories: [] }
  const literal = await fileSystem.find(asked)
  if (literal !== undefined) {
    await add(fileSystem, expansion, literal)
    return expansion
  }
  const matches = await fileSystem.glob(asked)
  const hiddenAsked = isHidden(path.posix.basename(asked))
  const visible = matches.filter((match) => hiddenAsked || !isHidden(path.posix.basename(match.path)))
  if (visible.length === 0) {
    const what = /[*?[{]/.test(asked) ? `pattern ${origin}${asked} matches no file` : `${origin}${asked} does not exist`
    throw new MrError('MR_NO_INPUT', `The input ${what}.`)
  }
  for (const match of visible) await add(fileSystem, expansion, match)
  return expansion
}

interface Found {
  readonly files: FileStatus[]
  readonly directories: string[]
}

async function add(fileSystem: FileSystem, expansion: Found, status: FileStatus): Promise<void> {
  if (status.kind === 'file') {
    expansion.files.push(status)
    return
  }
  expansion.directories.push(status.path)
  for await (const inside of fileSystem.walk(status.path)) {
    if (inside.kind === 'directory') continue
    const below = inside.path.slice(status.path === '/' ? 1 : status.path.length + 1)
    if (!below.split('/').some(isHidden)) expansion.files.push(inside)
  }
}
