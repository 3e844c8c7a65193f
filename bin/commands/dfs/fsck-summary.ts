import type { FsckReport } from '../../../dfs/index.ts'
import type { FileTotals } from './fsck-files.ts'

/** The counts at the end of HDFS's report. */
export function fsckSummary(report: FsckReport, totals: FileTotals): string[] {
  const { blocks, bytes, openFiles } = report
  const ofBlocks = (count: number): string => (blocks === 0 ? String(count) : `${count} (${percent(count, blocks)})`)
  const average = blocks === 0 ? '0.0' : decimal(totals.liveReplicas / blocks)
  const stars = '  ********************************'
  const open = openFiles.length === 0 ? '' : ` (Files currently being written: ${openFiles.length})`
  const lines = [
    `Status: ${report.healthy ? 'HEALTHY' : 'CORRUPT'}`,
    ` Total size:\t${bytes} B`,
    ` Total dirs:\t${report.directories}`,
    ` Total files:\t${report.files}${open}`,
    ' Total symlinks:\t\t0',
    ` Total blocks (validated):\t${blocks}${blocks === 0 ? '' : ` (avg. block size ${Math.floor(bytes / blocks)} B)`}`,
  ]
  if (!report.healthy) {
    lines.push(stars)
    if (totals.corruptFiles.size > 0) lines.push(`  CORRUPT FILES:\t${totals.corruptFiles.size}`)
    if (totals.missingBlocks > 0) {
      lines.push(`  MISSING BLOCKS:\t${totals.missingBlocks}`, `  MISSING SIZE:\t\t${totals.missingBytes} B`)
    }
    if (report.corruptBlocks > 0) lines.push(`  CORRUPT BLOCKS: \t${report.corruptBlocks}`)
    lines.push(stars)
  }
  lines.push(
    ` Minimally replicated blocks:\t${ofBlocks(report.minimallyReplicated)}`,
    ` Over-replicated blocks:\t${ofBlocks(report.overReplicated)}`,
    ` Under-replicated blocks:\t${ofBlocks(report.underReplicated)}`,
    ` Mis-replicated blocks:\t\t${ofBlocks(report.misReplicated)}`,
    ` Default replication factor:\t${report.defaultReplication}`,
    ` Average block replication:\t${average}`,
    ` Missing blocks:\t\t${totals.missingBlocks}`,
    ` Corrupt blocks:\t\t${report.corruptBlocks}`,
    ` Missing replicas:\t\t${report.missingReplicas}${
      totals.expectedReplicas === 0 ? '' : ` (${percent(report.missingReplicas, totals.expectedReplicas)})`
    }`,
    ` Number of data-nodes:\t\t${report.datanodes}`,
    ` Number of racks:\t\t${report.racks}`,
  )
  return lines
}

/** At least one decimal, as Java prints a float. */
const decimal = (value: number): string => {
  const rounded = Number(value.toFixed(6))
  return Number.isInteger(rounded) ? rounded.toFixed(1) : String(rounded)
}

const percent = (part: number, whole: number): string => `${decimal((part * 100) / whole)} %`
