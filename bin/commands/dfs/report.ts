import type { ClusterReport, DatanodeReport, Dfs } from '../../../dfs/index.ts'
import { humanBytes } from '../../terminal/bytes.ts'
import { type Style, styleFor } from '../../terminal/style.ts'
import { tableLines } from '../../terminal/table.ts'
import type { DfsVerbRun } from './verbs.ts'

export interface DfsReport extends ClusterReport {
  readonly root: string
  readonly racks: number
}

export const runReport: DfsVerbRun = async (dfs, { io, json, out, flags }) => {
  const report = await collectReport(dfs)
  const asked = ['live', 'dead', 'stale', 'decommissioning'].filter((state) => flags.has(state))
  const shown = asked.length === 0 ? report : { ...report, datanodes: report.datanodes.filter(isOneOf(asked)) }
  if (json) await out.line(JSON.stringify(shown, null, 2))
  else for (const line of reportLines(shown, styleFor(io.stdout, io.env))) await out.line(line)
  return 0
}

const isOneOf =
  (states: readonly string[]) =>
  ({ liveness, adminState }: DatanodeReport): boolean =>
    states.includes(liveness) || states.includes(adminState)

async function collectReport(dfs: Dfs): Promise<DfsReport> {
  const report = await dfs.report()
  return { root: dfs.root, racks: new Set(report.datanodes.map(({ rack }) => rack)).size, ...report }
}

function reportLines(report: DfsReport, style: Style): string[] {
  const { datanodes, racks } = report
  const state = report.underReplicated === 0 ? 'none' : style.yellow(String(report.underReplicated))
  const facts = [
    ['Root', report.root],
    ['Disks', `${humanBytes(report.capacity)}, ${humanBytes(report.free)} free`],
    ['Data', `${report.files} files in ${report.directories} directories: ${humanBytes(report.bytes)}`],
    ['Used', `${humanBytes(report.bytesWithReplicas)} with all replicas`],
    ['Blocks', `${report.blocks}, under-replicated: ${state}`],
    ...trouble(report, style),
    ['Datanodes', `${datanodes.length} on ${racks} ${racks === 1 ? 'rack' : 'racks'}`],
  ]
  const rows = datanodes.map((node) => [
    node.id,
    node.rack,
    stateOf(node, style),
    String(node.blocks),
    humanBytes(node.used),
    node.capacity === undefined ? style.red('gone') : humanBytes(node.capacity),
    node.free === undefined ? '-' : humanBytes(node.free),
    node.directory,
  ])
  const header = ['Datanode', 'Rack', 'State', 'Blocks', 'Used', 'Disk', 'Free', 'Directory'].map((text) =>
    style.bold(text),
  )
  return [
    ...tableLines(facts.map(([name = '', value = '']) => [style.bold(name), value])),
    '',
    ...tableLines([header, ...rows], ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left']),
  ]
}

/** Only where there is any. */
function trouble(report: DfsReport, style: Style): [string, string][] {
  const rows: [string, number][] = [
    ['Missing', report.missingBlocks],
    ['Corrupt', report.corruptReplicas],
    ['Being copied', report.pendingReplication],
    ['To be deleted', report.pendingDeletion],
  ]
  return rows.filter(([, count]) => count > 0).map(([name, count]) => [name, style.yellow(String(count))])
}

function stateOf({ liveness, adminState, failure }: DatanodeReport, style: Style): string {
  const state = adminState === 'in-service' ? liveness : adminState
  if (failure !== undefined) return style.red('failed')
  return liveness === 'dead' ? style.red(adminState === 'in-service' ? 'dead' : `${adminState}, dead`) : state
}
