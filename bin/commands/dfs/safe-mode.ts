import { safeModeActionOf } from './operands.ts'
import type { DfsVerbRun } from './verbs.ts'

const lookMillis = 200

export const runSafeMode: DfsVerbRun = async (dfs, call) => {
  const { io, out, json } = call
  const action = safeModeActionOf(call)
  if (action === 'wait') {
    while ((await dfs.safeMode('get')).on) {
      io.signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, lookMillis))
    }
  }
  const status = await dfs.safeMode(action === 'wait' ? 'get' : action)
  if (json) await out.line(JSON.stringify(status, null, 2))
  else await out.line(status.on ? `Safe mode is ON. ${status.detail}` : 'Safe mode is OFF')
  return 0
}
