import { userInfo } from 'node:os'
import type { CommandIo } from './command.ts'

/** Whom the calls to a file system are made as: HADOOP_USER_NAME, else whom the operating system says. */
export function userOf(io: Pick<CommandIo, 'env'>): string {
  return io.env['HADOOP_USER_NAME'] || osUser(io)
}

function osUser(io: Pick<CommandIo, 'env'>): string {
  try {
    return userInfo().username
  } catch (error) {
    // A container may run under a user id that has no name.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR')) throw error
    return io.env['USER'] || 'nobody'
  }
}
