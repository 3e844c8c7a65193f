import type { ContentSummary } from '../../../dfs/index.ts'
import { hadoopBytes } from '../../terminal/bytes.ts'
import type { VerbCall } from './session.ts'

interface Column {
  readonly header: string
  readonly width: number
  readonly value: (summary: ContentSummary, size: (bytes: number) => string) => string
}

const quotaColumns: readonly Column[] = [
  { header: 'QUOTA', width: 12, value: ({ nameQuota }, size) => (nameQuota > 0 ? size(nameQuota) : 'none') },
  {
    header: 'REM_QUOTA',
    width: 15,
    value: ({ nameQuota, files, directories }, size) => (nameQuota > 0 ? size(nameQuota - files - directories) : 'inf'),
  },
  { header: 'SPACE_QUOTA', width: 15, value: ({ spaceQuota }, size) => (spaceQuota >= 0 ? size(spaceQuota) : 'none') },
  {
    header: 'REM_SPACE_QUOTA',
    width: 15,
    value: ({ spaceQuota, bytesWithReplicas }, size) =>
      spaceQuota >= 0 ? size(spaceQuota - bytesWithReplicas) : 'inf',
  },
]

const contentColumns: readonly Column[] = [
  { header: 'DIR_COUNT', width: 12, value: ({ directories }, size) => size(directories) },
  { header: 'FILE_COUNT', width: 12, value: ({ files }, size) => size(files) },
  { header: 'CONTENT_SIZE', width: 18, value: ({ bytes }, size) => size(bytes) },
]

/** `-q` puts the quotas before the content, `-u` shows them alone. */
export async function count({ session, flags, operands }: VerbCall): Promise<void> {
  const size = flags.has('h') ? hadoopBytes : String
  const columns = flags.has('u') ? quotaColumns : flags.has('q') ? [...quotaColumns, ...contentColumns] : contentColumns
  const row = (cell: (column: Column) => string, name: string): string =>
    [...columns.map((column) => cell(column).padStart(column.width)), name].join(' ')
  const rows: Record<string, string | number>[] = []
  if (flags.has('v') && !session.json) await session.line(row(({ header }) => header, 'PATHNAME'))
  await session.eachFound(operands, async ({ shown, path }) => {
    const summary = await session.dfs.summary(path)
    if (session.json) rows.push(summaryJson(path, summary))
    else await session.line(row(({ value }) => value(summary, size), session.name(shown)))
  })
  if (session.json) await session.line(JSON.stringify(rows, null, 2))
}

/** With WebHDFS's names. A quota of -1 is none. */
function summaryJson(path: string, summary: ContentSummary): Record<string, string | number> {
  const { directories, files, bytes, bytesWithReplicas, nameQuota, spaceQuota } = summary
  return {
    path,
    directoryCount: directories,
    fileCount: files,
    length: bytes,
    spaceConsumed: bytesWithReplicas,
    quota: nameQuota,
    spaceQuota,
  }
}
