import { errorCode } from './disk.ts'
import { DfsError } from './errors.ts'

/** A system error as a DfsError: a full disk is DFS_NO_SPACE, the rest DFS_IO. A DfsError passes as it is. */
export function ioError(asked: string, cause: unknown): DfsError {
  if (cause instanceof DfsError) return cause
  const code = errorCode(cause)
  const found = cause instanceof Error ? cause.message : String(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DfsError('DFS_NO_SPACE', `${asked}: the disk is full (${found})`, { cause })
  }
  return new DfsError('DFS_IO', `${asked}: ${found}`, { cause })
}
