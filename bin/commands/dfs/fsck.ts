import type { Dfs, FsckReport } from '../../../dfs/index.ts'
import type { LineWriter } from '../../terminal/output.ts'
import { printable } from '../../terminal/width.ts'
import { UsageError } from '../fs/failure.ts'
import { absolutePath } from './each-path.ts'
import { blockName, checkFiles, type FileTotals, type FsckShows } from './fsck-files.ts'
import { fsckSummary } from './fsck-summary.ts'
import { salvage } from './lost-and-found.ts'
import { fileBlocks } from './replicas.ts'
import type { DfsVerbRun } from './verbs.ts'

interface FsckOptions extends FsckShows {
  /** Read every replica against its checksums, not only look whether it is there. */
  readonly verify: boolean
  readonly openForWrite: boolean
  readonly includeSnapshots: boolean
  readonly move: boolean
  readonly delete: boolean
}

export const runFsck: DfsVerbRun = async (dfs, { flags, operands, json, out }) => {
  const path = absolutePath(dfs, operands[0] ?? '/')
  if ((await dfs.find(path)) === undefined) throw new UsageError(`fsck: path '${path}' does not exist`)
  if (flags.has('list-corruptfileblocks')) {
    if (flags.has('verify')) await dfs.fsck(path, { verify: true })
    return (await listCorrupt(dfs, path, json, out)) === 0 ? 0 : 1
  }
  if (json) {
    const report = await dfs.fsck(path, { verify: flags.has('verify') })
    await out.line(JSON.stringify(report, null, 2))
    return report.healthy ? 0 : 1
  }
  const locations = flags.has('locations')
  const racks = flags.has('racks')
  const blocks = locations || racks || flags.has('blocks')
  const options: FsckOptions = {
    files: blocks || flags.has('files'),
    blocks,
    locations,
    racks,
    verify: flags.has('verify'),
    openForWrite: flags.has('openforwrite'),
    includeSnapshots: flags.has('includeSnapshots'),
    move: flags.has('move'),
    delete: flags.has('delete'),
  }
  return (await fsck(dfs, path, options, out)) ? 0 : 1
}

/** Writes HDFS's fsck report. Its last line is what scripts look at. Whether all is healthy. */
async function fsck(
  dfs: Dfs,
  path: string,
  options: FsckOptions,
  out: LineWriter,
  clock: () => number = Date.now,
): Promise<boolean> {
  const started = clock()
  await out.line(`FSCK started for path ${printable(path)} at ${new Date(started).toString()}`)
  const report = await dfs.fsck(path, { verify: options.verify })
  const totals = await checkFiles(dfs, path, options, out)
  if (options.includeSnapshots) await checkSnapshots(dfs, path, options, out, totals)
  if (options.openForWrite) {
    for (const { path: open, bytes, holder } of report.openFiles) {
      await out.line(`${printable(open)} ${bytes} bytes, OPENFORWRITE: by ${printable(holder)}`)
    }
  }
  for (const problem of report.problems) {
    await out.line(
      `${printable(problem.file)}: ${problem.reason.toUpperCase()} replica of blk_${problem.block} on ${problem.datanode}: ${printable(problem.detail)}`,
    )
  }
  const healthy = report.healthy && totals.corruptFiles.size === 0
  await dealWith(dfs, totals, options, out)
  for (const line of fsckSummary({ ...report, healthy } satisfies FsckReport, totals)) await out.line(line)
  const ended = clock()
  await out.line(`FSCK ended at ${new Date(ended).toString()} in ${ended - started} milliseconds`)
  await out.line('')
  await out.line('')
  await out.line(`The filesystem under path '${printable(path)}' is ${healthy ? 'HEALTHY' : 'CORRUPT'}`)
  return healthy
}

/** Snapshots share blocks with the present, so only what is wrong in them counts: files that are gone from the present. */
async function checkSnapshots(
  dfs: Dfs,
  path: string,
  options: FsckOptions,
  out: LineWriter,
  totals: FileTotals,
): Promise<void> {
  for (const { status } of await dfs.snapshottableDirectories()) {
    if (path !== '/' && status.path !== path && !status.path.startsWith(`${path}/`)) continue
    for (const snapshot of await dfs.snapshots(status.path)) {
      const { corruptFiles } = await checkFiles(dfs, snapshot.path, options, out)
      for (const file of corruptFiles) totals.corruptFiles.add(file)
    }
  }
}

async function dealWith(dfs: Dfs, totals: FileTotals, options: FsckOptions, out: LineWriter): Promise<void> {
  for (const file of totals.corruptFiles) {
    const shown = printable(file)
    if (options.move) {
      const salvaged = await salvage(dfs, file)
      await out.line(
        salvaged === undefined
          ? `${shown}: is in /lost+found already`
          : `${shown}: copied ${salvaged.bytes} B that can be read to ${printable(salvaged.directory)}`,
      )
    }
    if (options.delete && !/\/\.snapshot(\/|$)/.test(file)) {
      await dfs.delete(file)
      await out.line(`${shown}: deleted`)
    }
  }
}

async function listCorrupt(dfs: Dfs, path: string, json: boolean, out: LineWriter): Promise<number> {
  const found: { block: string; path: string }[] = []
  for await (const file of fileBlocks(dfs, path)) {
    for (const block of file.blocks ?? []) {
      if (block.replicas.length === 0) found.push({ block: blockName(block), path: file.path })
    }
  }
  if (json) {
    await out.line(JSON.stringify(found, null, 2))
    return found.length
  }
  if (found.length > 0) await out.line(`The list of corrupt files under path '${printable(path)}' are:`)
  for (const { block, path: file } of found) await out.line(`${block}\t${printable(file)}`)
  const files = new Set(found.map((entry) => entry.path)).size
  await out.line(`The filesystem under path '${printable(path)}' has ${files} CORRUPT files`)
  return found.length
}
