import { recoverRoot } from '../../../dfs/index.ts'
import type { RootVerbRun } from './verbs.ts'

/** Gives up what can not be read of a damaged namespace, and says what that is. */
export const runRecover: RootVerbRun = async ({ root, out }) => {
  const said = await recoverRoot(root)
  for (const sentence of said) await out.line(sentence)
  await out.line(
    said.length === 0 ? 'Nothing is damaged' : 'The namespace can be opened again, without what was set aside',
  )
  return 0
}
