import { PathError, reasons } from './failure.ts'
import { baseName, childOf, type DfsPath, type PathItem, parentOf, parsePath } from './path.ts'
import { type FsSession, isDirectory } from './session.ts'

/** Where cp, mv and put bring their sources. */
export interface Destination extends PathItem {
  readonly looksLikeDirectory: boolean
}

/** The last operand. A glob must mean exactly one path. */
export async function destination(session: FsSession, typed: string): Promise<Destination> {
  const items = await session.expand(typed)
  const [item] = items
  if (item === undefined) throw new PathError(typed, reasons.notFound)
  if (items.length > 1) throw new PathError(typed, 'Too many matches')
  const { looksLikeDirectory } = parsePath(typed, session.home)
  return {
    ...item,
    shown: looksLikeDirectory && item.status?.kind !== 'directory' ? typed : item.shown,
    looksLikeDirectory,
  }
}

/**
 * Several sources need a directory; one needs a directory, or a free name in one. Checked before anything is copied, so
 * a mistake in the last word copies nothing.
 */
export async function checkDestination(
  session: FsSession,
  target: Destination,
  sources: number,
  overwrite: boolean,
): Promise<void> {
  const { shown, status } = target
  if (sources > 1) {
    if (status === undefined) throw new PathError(shown, reasons.notFound)
    if (!isDirectory(status)) throw new PathError(shown, reasons.notDirectory)
  } else if (status !== undefined) {
    if (!isDirectory(status) && (target.looksLikeDirectory || !overwrite)) {
      throw new PathError(shown, target.looksLikeDirectory ? reasons.notDirectory : reasons.exists)
    }
  } else if (target.looksLikeDirectory) throw new PathError(shown, reasons.notFound)
  else {
    const parent = await session.dfs.find(parentOf(target.path))
    if (parent === undefined) throw new PathError(shown, reasons.notFound)
    if (!isDirectory(parent)) throw new PathError(shown, reasons.notDirectory)
  }
}

/** The path one source gets: a child of the destination when that is a directory, else the destination itself. */
export function targetFor(target: Destination, source: string): DfsPath {
  if (target.status !== undefined && isDirectory(target.status)) return childOf(target, baseName(source))
  return { shown: target.shown, path: target.path }
}

/** Copying or moving a directory onto or into itself has no end. */
export function checkNotInside(source: DfsPath, target: DfsPath): void {
  if (target.path === source.path) throw new PathError(source.shown, 'are identical', { target: target.shown })
  const prefix = source.path.endsWith('/') ? source.path : `${source.path}/`
  if (target.path.startsWith(prefix)) {
    throw new PathError(source.shown, 'is a subdirectory of itself', { target: target.shown })
  }
}
