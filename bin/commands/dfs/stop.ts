import { endProcess, findProcesses } from '../../../dfs/index.ts'
import type { RootVerbRun } from './verbs.ts'

/** A process that does not end by itself in this time is ended. */
const patienceMillis = 20_000

/** Ends the namenode first, so that it takes no datanode that leaves for dead, then the datanodes. */
export const runStop: RootVerbRun = async ({ root, out, io }) => {
  const { namenode, datanodes } = await findProcesses(root)
  if (namenode === undefined && datanodes.length === 0) {
    await out.line(`Nothing runs at ${root}`)
    return 0
  }
  const stopped: string[] = []
  const killed: string[] = []
  for (const group of [namenode === undefined ? [] : [namenode], datanodes]) {
    io.signal.throwIfAborted()
    await Promise.all(
      group.map(async (process) => {
        const forced = await endProcess(process, patienceMillis)
        ;(forced ? killed : stopped).push(process.name)
      }),
    )
  }
  await out.line(`Stopped ${[...stopped, ...killed].join(', ')}`)
  if (killed.length === 0) return 0
  await out.line(`${killed.join(', ')} did not end within ${patienceMillis / 1000} s and had to be killed`)
  return 1
}
