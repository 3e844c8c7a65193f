import type { FileSystem } from '../../dfs/index.ts'
import type { CommandIo } from './command.ts'
import { userOf } from './user.ts'

export interface Remotes {
  /** By origin: `webhdfs://host:port`. */
  readonly open: (origin: string) => Promise<FileSystem>
  readonly close: () => Promise<void>
}

/** The file systems elsewhere that a command's paths name, each opened once. */
export function remotes(io: CommandIo): Remotes {
  const opened = new Map<string, Promise<FileSystem>>()
  const open = async (origin: string): Promise<FileSystem> => {
    const { openFileSystem } = await import('../../dfs/index.ts')
    return await openFileSystem(origin, { user: userOf(io), env: io.env })
  }
  return {
    open: (origin) => {
      const fileSystem = opened.get(origin) ?? open(origin)
      opened.set(origin, fileSystem)
      return fileSystem
    },
    close: async () => {
      for (const fileSystem of opened.values()) await (await fileSystem).close()
    },
  }
}
