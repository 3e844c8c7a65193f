import { stat, statfs } from 'node:fs/promises'
import type { Dfs } from '../../../dfs/index.ts'
import { humanBytes } from '../../terminal/bytes.ts'
import { type Style, styleFor } from '../../terminal/style.ts'
import { tableLines } from '../../terminal/table.ts'
import { fileBlocks } from './replicas.ts'
import type { DfsVerbRun } from './verbs.ts'

export interface DatanodeReport {
  readonly id: string
  readonly rack: string
  readonly directory: string
  readonly blocks: number
  /** Bytes of the replicas it holds. */
  readonly used: number
  /** Of the disk the directory lies on; nothing when the directory is gone. */
  readonly capacity: number | undefined
  readonly free: number | undefined
}

export interface DfsReport {
  readonly root: string
  readonly files: number
  readonly directories: number
  readonly bytes: number
  readonly bytesWithReplicas: number
  readonly blocks: number
  readonly underReplicated: number
  readonly racks: number
  /** Datanodes on one disk share it, so it counts once. */
  readonly capacity: number
  readonly free: number
  readonly datanodes: readonly DatanodeReport[]
}

export const runReport: DfsVerbRun = async (dfs, { io, json, out }) => {
  const report = await collectReport(dfs)
  if (json) await out.line(JSON.stringify(report, null, 2))
  else for (const line of reportLines(report, styleFor(io.stdout, io.env))) await out.line(line)
  return 0
}

export async function collectReport(dfs: Dfs): Promise<DfsReport> {
  const held = new Map<string, { blocks: number; used: number }>()
  let blocks = 0
  let underReplicated = 0
  for await (const file of fileBlocks(dfs, '/')) {
    for (const block of file.blocks ?? []) {
      blocks++
      if (block.replicas.length < (file.blocks === undefined ? 0 : file.replication)) underReplicated++
      for (const { datanode } of block.replicas) {
        const sum = held.get(datanode) ?? { blocks: 0, used: 0 }
        held.set(datanode, { blocks: sum.blocks + 1, used: sum.used + block.length })
      }
    }
  }
  const disks = new Map<number, { capacity: number; free: number }>()
  const datanodes: DatanodeReport[] = []
  for (const { id, rack, directory } of dfs.datanodes) {
    const disk = await diskOf(directory)
    if (disk !== undefined) disks.set(disk.device, disk)
    const { blocks: count, used } = held.get(id) ?? { blocks: 0, used: 0 }
    datanodes.push({ id, rack, directory, blocks: count, used, capacity: disk?.capacity, free: disk?.free })
  }
  const { files, directories, bytes, bytesWithReplicas } = await dfs.summary('/')
  return {
    root: dfs.root,
    files,
    directories,
    bytes,
    bytesWithReplicas,
    blocks,
    underReplicated,
    racks: new Set(dfs.datanodes.map(({ rack }) => rack)).size,
    capacity: sum([...disks.values()].map(({ capacity }) => capacity)),
    free: sum([...disks.values()].map(({ free }) => free)),
    datanodes,
  }
}

async function diskOf(directory: string): Promise<{ device: number; capacity: number; free: number } | undefined> {
  try {
    const [{ dev }, { blocks, bavail, bsize }] = await Promise.all([stat(directory), statfs(directory)])
    return { device: dev, capacity: blocks * bsize, free: bavail * bsize }
  } catch (error) {
    // A pulled disk is a fact to report, not a failure of the report.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EIO')) return undefined
    throw error
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

export function reportLines(report: DfsReport, style: Style): string[] {
  const { datanodes, racks } = report
  const state = report.underReplicated === 0 ? 'none' : style.yellow(String(report.underReplicated))
  const facts = [
    ['Root', report.root],
    ['Disks', `${humanBytes(report.capacity)}, ${humanBytes(report.free)} free`],
    ['Data', `${report.files} files in ${report.directories} directories: ${humanBytes(report.bytes)}`],
    ['Used', `${humanBytes(report.bytesWithReplicas)} with all replicas`],
    ['Blocks', `${report.blocks}, under-replicated: ${state}`],
    ['Datanodes', `${datanodes.length} on ${racks} ${racks === 1 ? 'rack' : 'racks'}`],
  ]
  const rows = datanodes.map((node) => [
    node.id,
    node.rack,
    String(node.blocks),
    humanBytes(node.used),
    node.capacity === undefined ? style.red('gone') : humanBytes(node.capacity),
    node.free === undefined ? '-' : humanBytes(node.free),
    node.directory,
  ])
  const header = ['Datanode', 'Rack', 'Blocks', 'Used', 'Disk', 'Free', 'Directory'].map((text) => style.bold(text))
  return [
    ...tableLines(facts.map(([name = '', value = '']) => [style.bold(name), value])),
    '',
    ...tableLines([header, ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'left']),
  ]
}
