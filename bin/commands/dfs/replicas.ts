import type { Dfs, LocatedBlock } from '../../../dfs/index.ts'

export interface FileBlocks {
  readonly path: string
  readonly length: number
  readonly replication: number
  readonly blocks: readonly LocatedBlock[]
}

/** Every file below a path with where its blocks lie; directories have no blocks to speak of. */
export async function* fileBlocks(
  dfs: Dfs,
  path: string,
): AsyncGenerator<FileBlocks | { readonly path: string; readonly blocks?: never }, void, undefined> {
  for await (const status of dfs.walk(path)) {
    if (status.kind === 'directory') yield { path: status.path }
    else {
      yield {
        path: status.path,
        length: status.length,
        replication: status.replication,
        blocks: await dfs.locate(status.path),
      }
    }
  }
}
