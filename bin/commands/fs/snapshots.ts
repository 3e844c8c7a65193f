import { PathError, reasons } from './failure.ts'
import type { FoundItem } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'

export async function createSnapshot(call: VerbCall): Promise<void> {
  const { session } = call
  await ofDirectory(call, async ({ path }, name) => {
    await session.line(`Created snapshot ${session.name(await session.dfs.createSnapshot(path, name))}`)
  })
}

export async function deleteSnapshot(call: VerbCall): Promise<void> {
  const { session } = call
  await ofDirectory(call, async ({ shown, path }, name = '') => {
    await session.dfs.deleteSnapshot(path, name)
    await session.line(`Deleted snapshot ${session.name(name)} under ${session.name(shown)}`)
  })
}

export async function renameSnapshot(call: VerbCall): Promise<void> {
  const { session } = call
  await ofDirectory(call, async ({ shown, path }, from = '', to = '') => {
    await session.dfs.renameSnapshot(path, from, to)
    await session.line(`Renamed snapshot ${session.name(from)} to ${session.name(to)} under ${session.name(shown)}`)
  })
}

/** The first operand is the directory, the others are snapshots' names. */
async function ofDirectory(
  { session, operands }: VerbCall,
  step: (directory: FoundItem, ...names: string[]) => Promise<void>,
): Promise<void> {
  await session.eachFound(operands.slice(0, 1), async (item) => {
    if (!isDirectory(item.status)) throw new PathError(item.shown, reasons.notDirectory)
    await step(item, ...operands.slice(1))
  })
}
