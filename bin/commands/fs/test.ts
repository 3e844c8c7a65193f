import type { FileStatus } from '../../../dfs/index.ts'
import { hasCode, UsageError } from './failure.ts'
import type { FsSession, VerbCall } from './session.ts'

/** Answers by the exit code: 0 yes, 1 no. */
export async function test({ session, flags, operands }: VerbCall): Promise<void> {
  const [question, ...more] = flags
  if (question === undefined) throw new UsageError('No test flag given')
  if (more.length > 0) throw new UsageError('Only one test flag is allowed')
  for (const { path, status } of await session.expandAll(operands)) {
    if (status === undefined || !(await holds(session, question, path, status))) session.setFailed()
  }
}

async function holds(session: FsSession, question: string, path: string, status: FileStatus): Promise<boolean> {
  switch (question) {
    case 'd':
      return status.kind === 'directory'
    case 'f':
      return status.kind === 'file'
    case 's':
      return status.length > 0
    case 'z':
      return status.length === 0
    case 'r':
    case 'w':
      return await may(session, path, question)
    default:
      return true
  }
}

async function may(session: FsSession, path: string, mode: 'r' | 'w'): Promise<boolean> {
  try {
    await session.dfs.access(path, mode)
    return true
  } catch (error) {
    if (!hasCode(error, 'DFS_PERMISSION', 'DFS_SNAPSHOT')) throw error
    return false
  }
}
