import type { Dfs, FsckReport } from '../../../dfs/index.ts'
import type { LineWriter } from '../../terminal/output.ts'
import { printable } from '../../terminal/width.ts'
import { fileBlocks } from './replicas.ts'

export interface FsckOptions {
  readonly files: boolean
  readonly blocks: boolean
  readonly locations: boolean
  /** Read every replica against its checksums, not only look whether it is there. */
  readonly verify: boolean
}

interface Totals {
  expectedReplicas: number
  liveReplicas: number
  readonly corruptFiles: Set<string>
  missingBlocks: number
  missingBytes: number
}

/** Writes HDFS's fsck report. Its last line is what scripts look at. */
export async function fsck(
  dfs: Dfs,
  path: string,
  options: FsckOptions,
  out: LineWriter,
  clock: () => number = Date.now,
): Promise<FsckReport> {
  const started = clock()
  await out.line(`FSCK started for path ${printable(path)} at ${new Date(started).toString()}`)
  const report = await dfs.fsck(path, { verify: options.verify })
  const totals = await files(dfs, path, options, out)
  for (const problem of report.problems) {
    await out.line(
      `${printable(problem.file)}: ${problem.reason.toUpperCase()} replica of blk_${problem.block} on ${problem.datanode}: ${printable(problem.detail)}`,
    )
  }
  for (const line of summary(report, totals)) await out.line(line)
  const ended = clock()
  await out.line(`FSCK ended at ${new Date(ended).toString()} in ${ended - started} milliseconds`)
  await out.line('')
  await out.line('')
  await out.line(`The filesystem under path '${printable(path)}' is ${report.healthy ? 'HEALTHY' : 'CORRUPT'}`)
  return report
}

async function files(dfs: Dfs, path: string, options: FsckOptions, out: LineWriter): Promise<Totals> {
  const totals: Totals = {
    expectedReplicas: 0,
    liveReplicas: 0,
    corruptFiles: new Set(),
    missingBlocks: 0,
    missingBytes: 0,
  }
  for await (const file of fileBlocks(dfs, path)) {
    const shown = printable(file.path)
    if (file.blocks === undefined) {
      if (options.files) await out.line(`${shown} <dir>`)
      continue
    }
    const complaints: string[] = []
    const listed: string[] = []
    for (const [index, block] of file.blocks.entries()) {
      const live = block.replicas.length
      const name = `blk_${block.block}_${block.generation}`
      totals.expectedReplicas += file.replication
      totals.liveReplicas += live
      if (live === 0) {
        totals.corruptFiles.add(file.path)
        totals.missingBlocks++
        totals.missingBytes += block.length
        complaints.push(`MISSING block ${name} of ${block.length} B`)
        listed.push(`${index}. ${name} len=${block.length} MISSING!`)
        continue
      }
      if (live < file.replication) {
        complaints.push(
          `Under replicated ${name}. Target Replicas is ${file.replication} but found ${live} live replica(s).`,
        )
      }
      const where = options.locations
        ? ` [${block.replicas.map(({ datanode, rack }) => `${rack}/${datanode}`).join(', ')}]`
        : ''
      listed.push(`${index}. ${name} len=${block.length} Live_repl=${live}${where}`)
    }
    if (options.files) {
      const outcome = complaints.length === 0 ? ' OK' : ''
      await out.line(`${shown} ${file.length} bytes, ${file.blocks.length} block(s): ${outcome}`)
    }
    for (const complaint of complaints) await out.line(options.files ? ` ${complaint}` : `${shown}: ${complaint}`)
    if (options.blocks) {
      for (const line of listed) await out.line(line)
      await out.line('')
    }
  }
  return totals
}

function summary(report: FsckReport, totals: Totals): string[] {
  const { blocks, bytes } = report
  const ofBlocks = (count: number): string => (blocks === 0 ? String(count) : `${count} (${percent(count, blocks)})`)
  const average = blocks === 0 ? '0.0' : decimal(totals.liveReplicas / blocks)
  const stars = '  ********************************'
  const lines = [
    `Status: ${report.healthy ? 'HEALTHY' : 'CORRUPT'}`,
    ` Total size:\t${bytes} B`,
    ` Total dirs:\t${report.directories}`,
    ` Total files:\t${report.files}`,
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
    ` Over-replicated blocks:\t${ofBlocks(0)}`,
    ` Under-replicated blocks:\t${ofBlocks(report.underReplicated)}`,
    ` Mis-replicated blocks:\t\t${ofBlocks(0)}`,
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
