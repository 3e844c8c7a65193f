import type { FileStatus } from '../../../dfs/index.ts'

const triples = ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx'] as const

/** Permission bits as `rwxr-xr-x`; a sticky bit shows as `t`, or `T` where nobody else may execute. */
export function symbolicMode(permission: number): string {
  const text = [6, 3, 0].map((shift) => triples[(permission >> shift) & 7] ?? '').join('')
  if ((permission & 0o1000) === 0) return text
  return text.slice(0, -1) + (text.endsWith('x') ? 't' : 'T')
}

export const octalMode = (permission: number): string => permission.toString(8)

/** A status for `--json`: the DFS's own fields, the permission in octal as WebHDFS writes it. */
export function statusJson(status: FileStatus): Record<string, string | number | boolean> {
  return { ...status, permission: octalMode(status.permission) }
}
