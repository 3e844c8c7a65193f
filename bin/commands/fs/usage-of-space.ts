import { hadoopBytes } from '../../terminal/bytes.ts'
import { tableLines } from '../../terminal/table.ts'
import { baseName, childOf, type FoundItem, splitOrigin } from './path.ts'
import { found, isDirectory, type VerbCall } from './session.ts'

/** A directory named on the command line is shown by its entries, one level deep, unless `-s` asks for the sum. */
export async function du({ session, flags, operands }: VerbCall): Promise<void> {
  const size = flags.has('h') ? hadoopBytes : String
  const rows: { path: string; length: number; spaceConsumed: number }[] = []
  const table: string[][] = flags.has('v') ? [['SIZE', 'DISK_SPACE_CONSUMED_WITH_ALL_REPLICAS', 'FULL_PATH_NAME']] : []
  const add = async ({ shown, path }: FoundItem): Promise<void> => {
    const { bytes, bytesWithReplicas } = await session.dfs.summary(path)
    rows.push({ path, length: bytes, spaceConsumed: bytesWithReplicas })
    table.push([size(bytes), size(bytesWithReplicas), session.name(shown)])
  }
  for (const item of await session.expandAll(operands.length === 0 ? ['.'] : operands)) {
    await session.attempt(item.shown, async () => {
      const top = found(item)
      if (!isDirectory(top.status) || flags.has('s')) await add(top)
      else {
        for (const status of await session.dfs.list(top.path)) {
          const entry: FoundItem = { ...childOf(top, baseName(status.path)), status }
          await session.attempt(entry.shown, () => add(entry))
        }
      }
    })
  }
  if (session.json) await session.line(JSON.stringify(rows, null, 2))
  else if (rows.length > 0) for (const line of tableLines(table)) await session.line(line)
}

export async function df({ session, flags, operands }: VerbCall): Promise<void> {
  const size = flags.has('h') ? hadoopBytes : String
  const rows: { filesystem: string; capacity: number; used: number; remaining: number }[] = []
  const table = [['Filesystem', 'Size', 'Used', 'Available', 'Use%']]
  await session.eachFound(operands.length === 0 ? ['/'] : operands, async ({ path }) => {
    const { capacity, used, remaining } = await (await session.dfs.fileSystem(path)).status()
    const filesystem = `${splitOrigin(path).origin || 'dfs:'}/`
    rows.push({ filesystem, capacity, used, remaining })
    const share = capacity === 0 ? 0 : (used * 100) / capacity
    table.push([filesystem, size(capacity), size(used), size(remaining), `${share.toFixed(0)}%`])
  })
  if (session.json) await session.line(JSON.stringify(rows, null, 2))
  else if (rows.length > 0) {
    for (const line of tableLines(table, ['left', 'right', 'right', 'right', 'right'])) await session.line(line)
  }
}
