import type { Dfs, LocatedBlock } from '../../../dfs/index.ts'
import type { LineWriter } from '../../terminal/output.ts'
import { printable } from '../../terminal/width.ts'
import { fileBlocks } from './replicas.ts'

/** How much of what was looked at is shown. */
export interface FsckShows {
  readonly files: boolean
  readonly blocks: boolean
  readonly locations: boolean
  readonly racks: boolean
}

export interface FileTotals {
  expectedReplicas: number
  liveReplicas: number
  /** Files with a block that no datanode has whole. */
  readonly corruptFiles: Set<string>
  missingBlocks: number
  missingBytes: number
}

/** Writes HDFS's lines about files, of each if asked for and else of those something is wrong with. */
export async function checkFiles(dfs: Dfs, path: string, shows: FsckShows, out: LineWriter): Promise<FileTotals> {
  const totals: FileTotals = {
    expectedReplicas: 0,
    liveReplicas: 0,
    corruptFiles: new Set(),
    missingBlocks: 0,
    missingBytes: 0,
  }
  for await (const file of fileBlocks(dfs, path)) {
    const shown = printable(file.path)
    if (file.blocks === undefined) {
      if (shows.files) await out.line(`${shown} <dir>`)
      continue
    }
    const complaints: string[] = []
    const listed: string[] = []
    for (const [index, block] of file.blocks.entries()) {
      const live = block.replicas.length
      const name = blockName(block)
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
      listed.push(`${index}. ${name} len=${block.length} Live_repl=${live}${where(block, shows)}`)
    }
    if (shows.files) {
      const outcome = complaints.length === 0 ? ' OK' : ''
      await out.line(`${shown} ${file.length} bytes, ${file.blocks.length} block(s): ${outcome}`)
    }
    for (const complaint of complaints) await out.line(shows.files ? ` ${complaint}` : `${shown}: ${complaint}`)
    if (shows.blocks) {
      for (const line of listed) await out.line(line)
      await out.line('')
    }
  }
  return totals
}

export const blockName = ({ block, generation }: LocatedBlock): string => `blk_${block}_${generation}`

/** `-racks` names them, `-locations` says where datanodes listen, as far as they are processes of their own. */
function where({ replicas }: LocatedBlock, { locations, racks }: FsckShows): string {
  if (!locations && !racks) return ''
  const places = replicas.map(({ datanode, rack, address }) => {
    const listens = locations && address !== undefined ? `(${address.host}:${address.port})` : ''
    return `${racks ? `${rack}/` : ''}${datanode}${listens}`
  })
  return ` [${places.join(', ')}]`
}
