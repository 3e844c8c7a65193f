import { PathError, UsageError } from './failure.ts'
import { baseName, childOf, type FoundItem } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'

/** A directory stands for every file below it. New replicas are made before the command ends, so `-w` is always in force. */
export async function setrep({ session, operands }: VerbCall): Promise<void> {
  const [wanted = '', ...paths] = operands
  const replication = Number(wanted)
  if (!/^\d+$/.test(wanted) || replication < 1) {
    throw new UsageError(`Illegal replication, a positive integer expected: ${wanted}`)
  }
  const set = async (item: FoundItem): Promise<void> => {
    if (!isDirectory(item.status)) {
      await session.dfs.setReplication(item.path, replication, { wait: true })
      await session.line(`Replication ${replication} set: ${session.name(item.shown)}`)
      return
    }
    for (const status of await session.dfs.list(item.path)) {
      const entry: FoundItem = { ...childOf(item, baseName(status.path)), status }
      await session.attempt(entry.shown, () => set(entry))
    }
  }
  for (const item of await session.expandAll(paths)) {
    await session.attempt(item.shown, async () => {
      if (item.status === undefined) throw new PathError(item.shown, 'No such file or directory')
      await set({ ...item, status: item.status })
    })
  }
}
