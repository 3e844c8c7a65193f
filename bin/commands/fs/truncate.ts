import { PathError, reasons, UsageError } from './failure.ts'
import { isDirectory, type VerbCall } from './session.ts'

/** Hadoop may still be at the last block when its call returns, and `-w` waits for that; here the call ends when it is done. */
export async function truncate({ session, operands }: VerbCall): Promise<void> {
  const [typed = '', ...paths] = operands
  const length = Number(typed)
  if (!/^\d+$/.test(typed) || !Number.isSafeInteger(length)) {
    throw new UsageError(`Illegal length, a non-negative integer expected: ${typed}`)
  }
  await session.eachFound(paths, async ({ shown, path, status }) => {
    if (isDirectory(status)) throw new PathError(shown, reasons.isDirectory)
    if (length > status.length) {
      throw new PathError(
        shown,
        `Cannot truncate to a larger file size. Current size: ${status.length}, truncate size: ${length}.`,
      )
    }
    await session.dfs.truncate(path, length)
    await session.line(`Truncated ${session.name(shown)} to length: ${length}`)
  })
}
