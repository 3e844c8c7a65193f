import type { Dfs } from '../../../dfs/index.ts'
import { write } from '../../terminal/output.ts'
import { failureText } from '../fs/failure.ts'
import { parsePath } from '../fs/path.ts'
import type { DfsCall } from './verbs.ts'

/** Absolute; a relative path starts at the user's home, as in `quern fs`. */
export const absolutePath = (dfs: Dfs, typed: string): string => parsePath(typed, `/user/${dfs.user}`).absolute

/** One path that fails does not keep the others; the exit code tells. */
export async function eachPath(
  verb: string,
  dfs: Dfs,
  { io, out }: DfsCall,
  typed: readonly string[],
  step: (path: string) => Promise<void>,
): Promise<number> {
  let code = 0
  for (const word of typed) {
    io.signal.throwIfAborted()
    const path = absolutePath(dfs, word)
    try {
      await step(path)
    } catch (error) {
      if (io.signal.aborted) throw error
      code = 1
      await out.flush()
      await write(io.stderr, `${verb}: ${failureText(error, path)}\n`)
    }
  }
  return code
}
