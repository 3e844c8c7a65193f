import { type Stats, statSync } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { MrError } from '../base/errors.ts'
import { errorCode } from '../output/disk.ts'
import { type Expansion, isGzip, isHidden } from './input-expansion.ts'

const magic = /[*?[{(]|!\(/

/** A path that exists is itself, whatever characters it has; else it may be a glob. `shown` is as the user typed it. */
export async function expandLocal(shown: string): Promise<Expansion> {
  const expansion: Expansion = { found: [], directories: [] }
  const stat = look(shown)
  if (stat !== undefined) {
    await add(expansion, shown, stat)
    return expansion
  }
  if (!magic.test(shown)) throw new MrError('MR_NO_INPUT', `The input ${shown} does not exist.`)
  const matches = await glob(shown)
  if (matches.length === 0) throw new MrError('MR_NO_INPUT', `The input pattern ${shown} matches no file.`)
  for (const match of matches) {
    const found = look(match)
    if (found !== undefined) await add(expansion, match, found)
  }
  return expansion
}

async function glob(pattern: string): Promise<string[]> {
  const { glob: matching } = await import('tinyglobby')
  // The part before the first wildcard is where to look; names stay as the user began them.
  const steps = pattern.split('/')
  const fixed = steps.findIndex((step) => magic.test(step))
  const base = steps.slice(0, fixed).join('/')
  const prefix = fixed === 0 ? '' : `${base}/`
  const found = await matching(steps.slice(fixed).join('/'), {
    cwd: prefix === '' ? '.' : prefix,
    onlyFiles: false,
    expandDirectories: false,
    dot: false,
  })
  const asked = path.posix.basename(pattern)
  // tinyglobby marks directories by a slash at the end, and `**` matches the place it starts from.
  const names = found.map((match) => (match.endsWith('/') ? match.slice(0, -1) : match)).filter((match) => match !== '')
  const visible = names.filter((name) => !isHidden(path.basename(name)) || isHidden(asked))
  return visible.map((name) => prefix + name).sort()
}

async function add(expansion: Expansion, shown: string, stat: Stats): Promise<void> {
  if (stat.isDirectory()) {
    expansion.directories.push(path.resolve(shown))
    await addDirectory(expansion, shown, [inode(stat)])
  } else {
    addFile(expansion, shown, stat)
  }
}

function addFile(expansion: Expansion, shown: string, stat: Stats): void {
  if (!stat.isFile()) {
    throw new MrError(
      'MR_USAGE',
      `The input ${shown} is a ${kindOf(stat)}; input has to be files, which can be read from any place. Save it to a file first.`,
    )
  }
  const file = path.resolve(shown)
  expansion.found.push({
    path: file,
    file: { kind: 'local', path: file, name: shown, length: stat.size, gzip: isGzip(shown) },
  })
}

/** `above` are the directories on the way here: a symbolic link back to one of them would go round for ever. */
async function addDirectory(expansion: Expansion, shown: string, above: readonly string[]): Promise<void> {
  for (const name of await list(shown)) {
    if (isHidden(name)) continue
    const inside = path.join(shown, name)
    const stat = look(inside)
    if (stat === undefined) throw new MrError('MR_NO_INPUT', `The input ${inside} is a symbolic link to nothing.`)
    if (!stat.isDirectory()) {
      addFile(expansion, inside, stat)
    } else if (above.includes(inode(stat))) {
      throw new MrError(
        'MR_USAGE',
        `The input ${inside} is a symbolic link to a directory it lies in. Name the directories inside instead.`,
      )
    } else {
      await addDirectory(expansion, inside, [...above, inode(stat)])
    }
  }
}

async function list(directory: string): Promise<string[]> {
  try {
    return await fs.readdir(directory)
  } catch (error) {
    throw unreadable(directory, error)
  }
}

/** Undefined when nothing is there. Synchronous: for many small files, several times faster. */
function look(shown: string): Stats | undefined {
  try {
    return statSync(shown, { throwIfNoEntry: false })
  } catch (error) {
    // A file in the middle of the path.
    if (errorCode(error) === 'ENOTDIR') return undefined
    throw unreadable(shown, error)
  }
}

function unreadable(shown: string, error: unknown): MrError {
  const detail = error instanceof Error ? error.message : String(error)
  return new MrError('MR_IO', `The input ${shown} can not be read: ${detail}`, { cause: error })
}

function inode(stat: Stats): string {
  return `${stat.dev}:${stat.ino}`
}

function kindOf(stat: Stats): string {
  if (stat.isFIFO()) return 'pipe'
  if (stat.isSocket()) return 'socket'
  return 'device'
}
