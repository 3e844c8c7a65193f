import { PathError, reasons } from './failure.ts'
import { isRoot, parentOf } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'

export async function mkdir({ session, flags, operands }: VerbCall): Promise<void> {
  const parents = flags.has('p')
  for (const item of await session.expandAll(operands)) {
    await session.attempt(item.shown, async () => {
      if (item.status !== undefined) {
        if (!isDirectory(item.status)) throw new PathError(item.shown, reasons.notDirectory)
        if (!parents) throw new PathError(item.shown, reasons.exists)
        return
      }
      if (!parents) {
        const parent = await session.dfs.find(parentOf(item.path))
        if (parent === undefined) throw new PathError(item.shown, reasons.notFound)
        if (!isDirectory(parent)) throw new PathError(item.shown, reasons.notDirectory)
      }
      await session.dfs.mkdir(item.path, { parents })
    })
  }
}

export async function rmdir({ session, flags, operands }: VerbCall): Promise<void> {
  await session.eachFound(operands, async ({ shown, path, status }) => {
    if (!isDirectory(status)) throw new PathError(shown, reasons.notDirectory)
    if (status.childrenCount > 0) {
      if (!flags.has('-ignore-fail-on-non-empty')) throw new PathError(shown, reasons.notEmpty)
      return
    }
    if (isRoot(path)) throw new PathError(shown, 'Cannot delete the root directory')
    await session.dfs.delete(path)
  })
}
