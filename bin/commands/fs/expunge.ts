import { UsageError } from './failure.ts'
import { parsePath } from './path.ts'
import type { VerbCall } from './session.ts'
import { trashOf } from './trash.ts'

export async function expunge({ session, flags, values }: VerbCall): Promise<void> {
  const named = values.get('fs')
  // The root of the file system is meant, however it is spelled.
  const typed = parsePath(named ?? '/', session.home)
  if (named !== undefined && typed.form !== 'scheme') {
    throw new UsageError(`option -fs needs a file system such as dfs:/, got ${named}`)
  }
  const { created, deleted } = await (await trashOf(session, typed.absolute)).expunge({
    immediate: flags.has('immediate'),
  })
  for (const path of deleted) await session.line(`Deleted trash checkpoint: ${session.name(path)}`)
  for (const path of created) await session.line(`Created trash checkpoint: ${session.name(path)}`)
}
