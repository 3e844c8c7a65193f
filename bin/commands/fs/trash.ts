import { DfsError, Trash } from '../../../dfs/index.ts'
import { VerbError } from './failure.ts'
import { splitOrigin } from './path.ts'
import type { FsSession } from './session.ts'

const variable = 'QUERN_TRASH_INTERVAL'

/** The user's trash in each file system that the operands name. */
export class Trashes {
  readonly #session: FsSession
  readonly #byOrigin = new Map<string, Promise<Trash>>()

  constructor(session: FsSession) {
    this.#session = session
  }

  /** Where `path` lies now; undefined where there is no trash for it, so that it is to be deleted. */
  async moveToTrash(path: string): Promise<string | undefined> {
    const { origin, path: inside } = splitOrigin(path)
    const trash = this.#byOrigin.get(origin) ?? trashOf(this.#session, path)
    this.#byOrigin.set(origin, trash)
    const moved = await (await trash).moveToTrash(inside)
    return moved === undefined ? undefined : origin + moved
  }
}

/**
 * The user's trash in the file system of `path`. As in Hadoop the file system's own interval counts, and the client's where
 * it has none.
 */
export async function trashOf(session: FsSession, path: string): Promise<Trash> {
  const fileSystem = await session.dfs.fileSystem(path)
  const interval = await intervalOf(fileSystem)
  return new Trash(fileSystem, { interval: interval > 0 ? interval : ownInterval(session), clock: Date.now })
}

async function intervalOf(fileSystem: Pick<FsSession['dfs'], 'serverDefaults'>): Promise<number> {
  try {
    return (await fileSystem.serverDefaults()).trashInterval
  } catch (error) {
    // An HDFS before 2.8 does not tell.
    if (!(error instanceof DfsError) || error.code !== 'DFS_UNSUPPORTED') throw error
    return 0
  }
}

function ownInterval({ io }: FsSession): number {
  const text = io.env[variable] || '0'
  const minutes = Number(text)
  if (!Number.isFinite(minutes) || minutes < 0) {
    throw new VerbError(`${variable} is to be minutes that deleted files are kept, 0 for no trash; it is ${text}`)
  }
  return minutes
}
