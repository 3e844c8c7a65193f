import type { FileStatus } from '../../../dfs/index.ts'
import { UsageError } from './failure.ts'
import { octalMode, statusJson, symbolicMode } from './mode.ts'
import { baseName } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'
import { utcSecond } from './time.ts'

export async function stat({ session, operands }: VerbCall): Promise<void> {
  const [first = ''] = operands
  const formatted = first.includes('%')
  const paths = formatted ? operands.slice(1) : operands
  if (paths.length === 0) throw new UsageError('Not enough arguments: expected 1 but got 0')
  const rows: Record<string, string | number | boolean>[] = []
  await session.eachFound(paths, async ({ status }) => {
    if (session.json) rows.push(statusJson(status))
    else await session.line(formatStatus(formatted ? first : '%y', status))
  })
  if (session.json) await session.line(JSON.stringify(rows, null, 2))
}

/** Hadoop's sequences. An unknown one gives its letter, `%%` a percent sign, a `%` at the end nothing. */
export function formatStatus(format: string, status: FileStatus): string {
  return format.replace(/%([\s\S]?)/gu, (_, letter: string) => {
    switch (letter) {
      case 'a':
        return octalMode(status.permission)
      case 'A':
        return symbolicMode(status.permission)
      case 'b':
        return String(status.length)
      case 'F':
        return isDirectory(status) ? 'directory' : 'regular file'
      case 'g':
        return status.group
      case 'n':
        return baseName(status.path)
      case 'o':
        return String(status.blockSize)
      case 'r':
        return String(status.replication)
      case 'u':
        return status.owner
      case 'x':
        return utcSecond(status.accessTime)
      case 'X':
        return String(status.accessTime)
      case 'y':
        return utcSecond(status.modificationTime)
      case 'Y':
        return String(status.modificationTime)
      default:
        return letter
    }
  })
}
