import type { Dfs } from '../../dfs/index.ts'
import type { CommandIo } from './command.ts'
import { dfsRoot } from './root.ts'
import { userOf } from './user.ts'

export interface LazyDfs {
  readonly open: () => Promise<Dfs>
  readonly close: () => Promise<void>
}

/** Opens the DFS when first asked, once, and closes it if it was. */
export function lazyDfs(options: { root: string | undefined; create: boolean }, io: CommandIo): LazyDfs {
  let opened: Promise<Dfs> | undefined
  const open = async (): Promise<Dfs> => {
    const { openDfs } = await import('../../dfs/index.ts')
    return await openDfs({ root: dfsRoot(options.root, io), create: options.create, user: userOf(io) })
  }
  return {
    open: () => {
      opened ??= open()
      return opened
    },
    close: async () => {
      const dfs = await opened?.catch(() => undefined)
      await dfs?.close()
    },
  }
}
