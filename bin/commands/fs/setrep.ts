import { eachWithBelow } from './below.ts'
import { UsageError } from './failure.ts'
import type { FoundItem } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'

/** A directory stands for every file below it, with or without `-R`. `-w` waits once all are set, so the copies are made side by side. */
export async function setrep({ session, flags, operands }: VerbCall): Promise<void> {
  const [wanted = '', ...paths] = operands
  const replication = Number(wanted)
  if (!/^\d+$/.test(wanted) || replication < 1) {
    throw new UsageError(`Illegal replication, a positive integer expected: ${wanted}`)
  }
  const waiting: FoundItem[] = []
  await eachWithBelow(session, paths, true, async (item) => {
    if (isDirectory(item.status)) return
    await session.dfs.setReplication(item.path, replication)
    await session.line(`Replication ${replication} set: ${session.name(item.shown)}`)
    if (flags.has('w')) waiting.push(item)
  })
  for (const { shown, path } of waiting) {
    await session.line(`Waiting for ${session.name(shown)} ...`, '')
    await session.flush()
    await session.attempt(shown, () => session.dfs.setReplication(path, replication, { wait: true }))
    await session.line(' done')
  }
}
