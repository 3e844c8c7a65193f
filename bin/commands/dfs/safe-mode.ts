import { UsageError } from '../fs/failure.ts'
import type { DfsVerbRun } from './verbs.ts'

const lookMillis = 200

/** `hdfs dfsadmin -safemode`'s words. */
export const runSafeMode: DfsVerbRun = async (dfs, { operands: [action = 'get'], io, out, json }) => {
  if (action === 'wait') {
    while ((await dfs.safeMode('get')).on) {
      io.signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, lookMillis))
    }
  } else if (action !== 'enter' && action !== 'leave' && action !== 'get') {
    throw new UsageError(`safemode takes enter, leave, get or wait, not '${action}'`)
  }
  const status = await dfs.safeMode(action === 'wait' ? 'get' : action)
  if (json) await out.line(JSON.stringify(status, null, 2))
  else await out.line(status.on ? `Safe mode is ON. ${status.detail}` : 'Safe mode is OFF')
  return 0
}
