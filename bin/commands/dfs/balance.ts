import { humanBytes } from '../../terminal/bytes.ts'
import { UsageError } from '../fs/failure.ts'
import type { DfsVerbRun } from './verbs.ts'

const thresholdUsually = 10

/** Exit code 1 when the datanodes could not be brought within the threshold. */
export const runBalance: DfsVerbRun = async (dfs, { values, out, json, io }) => {
  const text = values.get('threshold') ?? String(thresholdUsually)
  const percent = Number(text)
  if (!(percent >= 1 && percent <= 100))
    throw new UsageError(`--threshold ${text}: percent from 1 to 100, as HDFS has it`)
  const report = await dfs.balance({ threshold: percent / 100, signal: io.signal })
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
