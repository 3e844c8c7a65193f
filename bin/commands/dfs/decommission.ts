import { UsageError, VerbError } from '../fs/failure.ts'
import type { DfsVerbRun } from './verbs.ts'

const lookMillis = 200

/** Has a datanode's blocks copied elsewhere; with -w waits until it can be stopped. */
export const runDecommission: DfsVerbRun = async (dfs, { operands, flags, io, out }) => {
  for (const id of operands) {
    await dfs.decommission(id)
    await out.line(`Decommissioning ${id}`)
  }
  await out.flush()
  if (!flags.has('w')) return 0
  for (;;) {
    io.signal.throwIfAborted()
    const { datanodes } = await dfs.report()
    const left = datanodes.filter(({ id, adminState }) => operands.includes(id) && adminState === 'decommissioning')
    if (left.length === 0) break
    const dead = left.find(({ liveness }) => liveness === 'dead')
    if (dead !== undefined) throw new VerbError(`${dead.id} is dead and holds blocks that are nowhere else; start it`)
    await new Promise((resolve) => setTimeout(resolve, lookMillis))
  }
  await out.line(`Decommissioned ${operands.join(', ')}: can be stopped`)
  return 0
}

export const runRecommission: DfsVerbRun = async (dfs, { operands, out }) => {
  if (operands.length === 0) throw new UsageError('recommission takes at least one datanode')
  for (const id of operands) {
    await dfs.recommission(id)
    await out.line(`In service again: ${id}`)
  }
  return 0
}
