import { OutputClosed } from '../../terminal/output.ts'
import { PathError, reasons } from './failure.ts'
import type { PathItem } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'

/** There is no trash: what `rm` deletes is gone, and `-skipTrash` changes nothing. */
export async function rm({ session, flags, operands }: VerbCall): Promise<void> {
  const recursive = flags.has('r') || flags.has('R')
  const force = flags.has('f')
  for (const typed of operands) {
    await session.attempt(typed, async () => {
      for (const item of await matches(typed)) await session.attempt(item.shown, () => remove(item))
    })
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
    if (path === '/') throw new PathError(shown, 'Cannot delete the root directory')
    if (!(await session.dfs.delete(path, { recursive }))) throw new PathError(shown, reasons.notFound)
    await tell(`Deleted ${session.name(shown)}`)
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
