import { humanBytes } from '../../terminal/bytes.ts'
import { printable } from '../../terminal/width.ts'
import type { DfsVerbRun } from './verbs.ts'

/** Reads every replica against its checksums. Exit code 1 when a bad one was found, though it is repaired. */
export const runScrub: DfsVerbRun = async (dfs, { out, json }) => {
  const report = await dfs.scrub()
  if (json) {
    await out.line(JSON.stringify(report, null, 2))
    return report.bad.length === 0 ? 0 : 1
  }
  for (const { block, datanode, detail } of report.bad) {
    await out.line(`blk_${block} on ${datanode}: ${printable(detail)}`)
  }
  const found = report.bad.length === 0 ? 'all of them good' : `${report.bad.length} bad, being replaced from good ones`
  await out.line(`Read ${report.replicas} replicas, ${humanBytes(report.bytes)}: ${found}`)
  return report.bad.length === 0 ? 0 : 1
}
