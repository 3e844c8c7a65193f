import path from 'node:path'
import type { Dfs, FileStatus } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { type Expansion, isGzip, isHidden } from './input-expansion.ts'

/** The same rules as for local files. */
export async function expandDfs(dfs: Dfs, asked: string): Promise<Expansion> {
  const expansion: Expansion = { found: [], directories: [] }
  const literal = await dfs.find(asked)
  if (literal !== undefined) {
    await add(dfs, expansion, literal)
    return expansion
  }
  const matches = await dfs.glob(asked)
  const hiddenAsked = isHidden(path.posix.basename(asked))
  const visible = matches.filter((match) => hiddenAsked || !isHidden(path.posix.basename(match.path)))
  if (visible.length === 0) {
    const what = /[*?[{]/.test(asked) ? `pattern dfs:${asked} matches no file` : `dfs:${asked} does not exist`
    throw new MrError('MR_NO_INPUT', `The input ${what}.`)
  }
  for (const match of visible) await add(dfs, expansion, match)
  return expansion
}

async function add(dfs: Dfs, expansion: Expansion, status: FileStatus): Promise<void> {
  if (status.kind === 'file') {
    await addFile(dfs, expansion, status)
    return
  }
  expansion.directories.push(status.path)
  for await (const inside of dfs.walk(status.path)) {
    if (inside.kind === 'directory') continue
    const below = inside.path.slice(status.path === '/' ? 1 : status.path.length + 1)
    if (!below.split('/').some(isHidden)) await addFile(dfs, expansion, inside)
  }
}

async function addFile(dfs: Dfs, expansion: Expansion, status: FileStatus): Promise<void> {
  const blocks = status.length === 0 ? [] : await dfs.locate(status.path)
  expansion.found.push({
    path: status.path,
    file: {
      kind: 'dfs',
      name: `dfs:${status.path}`,
      length: status.length,
      gzip: isGzip(status.path),
      blocks,
    },
  })
}
