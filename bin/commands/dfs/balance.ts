import { humanBytes } from '../../terminal/bytes.ts'
import { thresholdOf } from './operands.ts'
import type { DfsVerbRun } from './verbs.ts'

/** Exit code 1 when the datanodes could not be brought within the threshold. */
export const runBalance: DfsVerbRun = async (dfs, call) => {
  const { out, json, io } = call
  const report = await dfs.balance({ threshold: thresholdOf(call) / 100, signal: io.signal })
  if (json) {
    await out.line(JSON.stringify(report, null, 2))
    return report.balanced ? 0 : 1
  }
  const moved = `${report.moved} replicas moved, ${humanBytes(report.bytes)}`
  const used = `fullest ${(report.most * 100).toFixed(1)} %, emptiest ${(report.least * 100).toFixed(1)} %`
  await out.line(`${report.balanced ? 'Balanced' : 'Not balanced'}: ${moved}; ${used}`)
  if (report.detail !== undefined) await out.line(report.detail)
  return report.balanced ? 0 : 1
}
