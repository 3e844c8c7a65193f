import { PathError, reasons, UsageError } from './failure.ts'
import { type PathItem, parentOf } from './path.ts'
import { type FsSession, isDirectory, type VerbCall } from './session.ts'
import { parseTouchTime } from './time.ts'

export async function touchz({ session, operands }: VerbCall): Promise<void> {
  await eachFile(session, operands, async (item) => {
    if (item.status !== undefined && item.status.length > 0) throw new PathError(item.shown, 'Not a zero-length file')
    await createEmpty(session, item)
  })
}

export async function touch({ session, flags, values, operands }: VerbCall): Promise<void> {
  const given = values.get('t')
  const time = given === undefined ? Date.now() : parseTouchTime(given)
  if (time === undefined) throw new UsageError(`Unable to parse the specified timestamp ${given}: yyyyMMdd:HHmmss`)
  const modification = flags.has('m') || !flags.has('a')
  const access = flags.has('a') || !flags.has('m')
  await eachFile(session, operands, async (item) => {
    if (item.status === undefined) {
      if (flags.has('c')) return
      await createEmpty(session, item)
      if (given === undefined) return
    }
    await session.dfs.setTimes(item.path, {
      ...(modification ? { modificationTime: time } : {}),
      ...(access ? { accessTime: time } : {}),
    })
  })
}

/** Files, and names that could become files. */
async function eachFile(
  session: FsSession,
  operands: readonly string[],
  step: (item: PathItem) => Promise<void>,
): Promise<void> {
  for (const item of await session.expandAll(operands)) {
    await session.attempt(item.shown, async () => {
      if (item.status === undefined) {
        const parent = await session.dfs.find(parentOf(item.path))
        if (parent === undefined) throw new PathError(item.shown, reasons.notFound)
        if (!isDirectory(parent)) throw new PathError(item.shown, reasons.notDirectory)
      } else if (isDirectory(item.status)) throw new PathError(item.shown, reasons.isDirectory)
      await step(item)
    })
  }
}

async function createEmpty(session: FsSession, { path }: PathItem): Promise<void> {
  const writer = await session.dfs.create(path, { overwrite: true, signal: session.io.signal })
  await writer.close()
}
