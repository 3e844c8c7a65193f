import { baseName, childOf, type FoundItem } from './path.ts'
import { type FsSession, isDirectory } from './session.ts'

/**
 * `step` for every path the operands stand for, and with `recursive` for all below, parents first. What fails is told, and
 * its siblings go on.
 */
export async function eachWithBelow(
  session: FsSession,
  operands: readonly string[],
  recursive: boolean,
  step: (item: FoundItem) => Promise<void>,
): Promise<void> {
  const visit = async (item: FoundItem): Promise<void> => {
    await session.attempt(item.shown, () => step(item))
    if (!recursive || !isDirectory(item.status)) return
    for (const status of await session.dfs.list(item.path)) {
      const entry: FoundItem = { ...childOf(item, baseName(status.path)), status }
      await session.attempt(entry.shown, () => visit(entry))
    }
  }
  await session.eachFound(operands, visit)
}
