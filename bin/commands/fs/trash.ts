import { Trash } from '../../../dfs/index.ts'
import { VerbError } from './failure.ts'
import type { FsSession } from './session.ts'

const variable = 'QUERN_TRASH_INTERVAL'

/** The user's trash. As in Hadoop the file system's own interval counts, and the client's where it has none. */
export async function trashOf(session: FsSession): Promise<Trash> {
  const { trashInterval } = await session.dfs.serverDefaults()
  const interval = trashInterval > 0 ? trashInterval : ownInterval(session)
  return new Trash(session.dfs, { interval, clock: Date.now })
}

function ownInterval({ io }: FsSession): number {
  const text = io.env[variable] || '0'
  const minutes = Number(text)
  if (!Number.isFinite(minutes) || minutes < 0) {
    throw new VerbError(`${variable} is to be minutes that deleted files are kept, 0 for no trash; it is ${text}`)
  }
  return minutes
}
