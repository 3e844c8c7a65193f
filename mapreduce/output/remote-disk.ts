import { DfsError, type FileSystem } from '../../dfs/index.ts'
import type { SettlingDisk } from './recover.ts'

/** A file system elsewhere as recovery sees it. What is renamed there is durable. */
export function remoteDisk(fileSystem: FileSystem): SettlingDisk {
  return {
    kind: async (path) => (await fileSystem.find(path))?.kind,
    list: async (directory) =>
      (await fileSystem.list(directory)).map(({ path }) => path.slice(path.lastIndexOf('/') + 1)),
    rename: (from, to) => fileSystem.rename(from, to, { overwrite: true }),
    remove: async (path) => {
      await fileSystem.delete(path, { recursive: true })
    },
    async removeEmpty(path) {
      try {
        return await fileSystem.delete(path)
      } catch (error) {
        if (error instanceof DfsError && error.code === 'DFS_NOT_EMPTY') return false
        throw error
      }
    },
    syncDirectory: () => Promise.resolve(),
  }
}
