import { UsageError } from './failure.ts'
import type { VerbCall } from './session.ts'

/** Answers by the exit code: 0 yes, 1 no. */
export async function test({ session, flags, operands }: VerbCall): Promise<void> {
  const [question, ...more] = flags
  if (question === undefined) throw new UsageError('No test flag given')
  if (more.length > 0) throw new UsageError('Only one test flag is allowed')
  for (const { status } of await session.expandAll(operands)) {
    let yes = false
    if (status !== undefined) {
      if (question === 'e') yes = true
      else if (question === 'd') yes = status.kind === 'directory'
      else if (question === 'f') yes = status.kind === 'file'
      else if (question === 's') yes = status.length > 0
      else yes = status.length === 0
    }
    if (!yes) session.setFailed()
  }
}
