import { printable } from '../../terminal/width.ts'
import { VerbError } from './failure.ts'
import { isDirectory, type VerbCall } from './session.ts'

export async function concat({ session, operands }: VerbCall): Promise<void> {
  const [typed = ''] = operands
  await session.attempt(typed, async () => {
    const [target, ...sources] = await session.expandAll(operands)
    if (target === undefined || session.exitCode !== 0) return
    if (target.status === undefined || isDirectory(target.status)) {
      throw new VerbError(`Target path ${printable(target.shown)} does not exist or is not file.`)
    }
    for (const { shown, status } of sources) {
      if (status === undefined || isDirectory(status)) {
        throw new VerbError(`${printable(shown)} does not exist or is not file.`)
      }
    }
    await session.dfs.concat(
      target.path,
      sources.map(({ path }) => path),
    )
  })
}
