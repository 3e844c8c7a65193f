import { DfsError } from '../../../dfs/base/errors.ts'
import { OutputClosed } from '../../terminal/output.ts'
import { Confirmation } from './confirmation.ts'
import { PathError, reasons, VerbError } from './failure.ts'
import { type FoundItem, isRoot, type PathItem } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'
import { Trashes } from './trash.ts'

/** `-safely` asks before it deletes a directory with more files below it. */
const safeFiles = 100

/** Moves what it is given to the trash where there is one, and deletes it else. */
export async function rm({ session, flags, operands }: VerbCall): Promise<void> {
  const recursive = flags.has('r') || flags.has('R')
  const force = flags.has('f')
  const trash = flags.has('skipTrash') ? undefined : new Trashes(session)
  const confirmation = new Confirmation(session.io)
  try {
    for (const typed of operands) {
      await session.attempt(typed, async () => {
        for (const item of await matches(typed)) await session.attempt(item.shown, () => remove(item))
      })
    }
  } finally {
    confirmation.close()
  }

  async function matches(typed: string): Promise<readonly PathItem[]> {
    try {
      return await session.expand(typed)
    } catch (error) {
      // With -f a glob without a match is as good as a path that is not there.
      if (force && error instanceof PathError) return []
      throw error
    }
  }

  async function remove({ shown, path, status }: PathItem): Promise<void> {
    if (status === undefined) {
      if (!force) throw new PathError(shown, reasons.notFound)
      return
    }
    if (isDirectory(status) && !recursive) throw new PathError(shown, reasons.isDirectory)
    if (isRoot(path)) throw new PathError(shown, 'Cannot delete the root directory')
    const moved = await moveToTrash(trash, path)
    if (moved !== undefined) {
      await tell(`Moved: '${session.name(path)}' to trash at: ${session.name(moved)}`)
      return
    }
    if (!(await agreed({ shown, path, status }))) return
    if (!(await session.dfs.delete(path, { recursive }))) throw new PathError(shown, reasons.notFound)
    await tell(`Deleted ${session.name(shown)}`)
  }

  /** Only what is gone for good is asked about. */
  async function agreed({ path, status }: FoundItem): Promise<boolean> {
    if (!flags.has('safely') || !isDirectory(status)) return true
    const { files } = await session.dfs.summary(path)
    if (files <= safeFiles) return true
    await session.flush()
    const yes = await confirmation.ask(`Proceed deleting ${files} files?`)
    if (!yes) await session.warn('Delete aborted at user request.')
    return yes
  }

  /** `rm … | head -1` was asked to delete everything, whoever listens. */
  async function tell(line: string): Promise<void> {
    try {
      await session.line(line)
    } catch (error) {
      if (!(error instanceof OutputClosed)) throw error
    }
  }
}

async function moveToTrash(trash: Trashes | undefined, path: string): Promise<string | undefined> {
  try {
    return await trash?.moveToTrash(path)
  } catch (error) {
    if (!(error instanceof DfsError) || error.code === 'DFS_NOT_FOUND' || error.code === 'DFS_SAFE_MODE') throw error
    throw new VerbError(`${error.message}. Consider using -skipTrash option`, { cause: error })
  }
}
