import { DfsError } from '../base/errors.ts'
import type { FileStatus } from './status.ts'

/** A tree from `path` down, itself included, parents before children, names in the order `list` gives them. */
export async function* walkTree(
  tree: { stat(path: string): Promise<FileStatus>; list(path: string): Promise<FileStatus[]> },
  path: string,
): AsyncGenerator<FileStatus, void, undefined> {
  const stack = [await tree.stat(path)]
  for (let status = stack.pop(); status !== undefined; status = stack.pop()) {
    yield status
    if (status.kind !== 'directory') continue
    try {
      // One by one: a large directory would not fit among a call's arguments.
      for (const entry of (await tree.list(status.path)).reverse()) stack.push(entry)
    } catch (error) {
      // It was deleted while we walked.
      if (!(error instanceof DfsError) || error.code !== 'DFS_NOT_FOUND') throw error
    }
  }
}
