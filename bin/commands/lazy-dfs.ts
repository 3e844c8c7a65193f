import type { Dfs } from '../../dfs/index.ts'
import type { CommandIo } from './command.ts'
import { dfsRoot } from './root.ts'
import { userOf } from './user.ts'

export interface LazyDfs {
  readonly open: () => Promise<Dfs>
  /** Undefined where it was not asked for, or could not be opened. */
  readonly opened: () => Promise<Dfs | undefined>
  readonly close: () => Promise<void>
}

/** Opens the DFS when first asked, once, and closes it if it was. */
export function lazyDfs(options: { root: string | undefined; create: boolean }, io: CommandIo): LazyDfs {
  let opened: Promise<Dfs> | undefined
  const open = async (): Promise<Dfs> => {
    const { openDfs } = await import('../../dfs/index.ts')
    return await openDfs({ root: dfsRoot(options.root, io), create: options.create, user: userOf(io) })
  }
  const ifOpened = async (): Promise<Dfs | undefined> => await opened?.catch(() => undefined)
  return {
    open: () => {
      opened ??= open()
      return opened
    },
    opened: ifOpened,
    close: async () => {
      const dfs = await ifOpened()
      await dfs?.close()
    },
  }
}
