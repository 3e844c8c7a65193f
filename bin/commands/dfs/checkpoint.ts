import type { DfsVerbRun } from './verbs.ts'

export const runCheckpoint: DfsVerbRun = async (dfs, { out }) => {
  await dfs.checkpoint()
  await out.line(`Checkpoint written under ${dfs.root}`)
  return 0
}
