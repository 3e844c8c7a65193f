import { checkDestination, checkNotInside, destination, targetFor } from './destination.ts'
import { PathError, reasons } from './failure.ts'
import { found, isDirectory, type VerbCall } from './session.ts'

export async function mv({ session, operands }: VerbCall): Promise<void> {
  const typed = operands.at(-1) ?? ''
  await session.attempt(typed, async () => {
    const target = await destination(session, typed)
    const sources = await session.expandAll(operands.slice(0, -1))
    if (sources.length === 0) return
    await checkDestination(session, target, sources.length, false)
    for (const source of sources) {
      await session.attempt(source.shown, async () => {
        const { status } = found(source)
        const to = targetFor(target, source.path)
        if (isDirectory(status)) checkNotInside(source, to)
        // A rename onto a directory would move into it, one level deeper than asked.
        if ((await session.dfs.find(to.path)) !== undefined) throw new PathError(to.shown, reasons.exists)
        await session.dfs.rename(source.path, to.path)
      })
    }
  })
}
