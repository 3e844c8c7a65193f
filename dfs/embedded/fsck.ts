import type { DatanodeId } from '../base/ids.ts'
import type { FsckReport } from '../client/administration.ts'
import { badReplica } from '../client/file-reader.ts'
import type { BadReplica, LocatedBlock } from '../client/status.ts'
import type { Datanode } from '../datanode/datanode.ts'
import { filesBelow, pathOf } from '../namenode/inode.ts'
import { openFilesBelow, summarize } from '../namenode/view.ts'
import type { EmbeddedParts } from './care.ts'

/**
 * Looks at every replica of every file below `path`: that it is there, and with `verify` that it reads well. What is found
 * bad is reported as found, then repaired as far as it can be.
 */
export async function checkFiles(parts: EmbeddedParts, path: string, verify: boolean): Promise<FsckReport> {
  const { namenode, datanodes, config, monitor } = parts
  const { state } = namenode
  const summary = summarize(state, path)
  const racks = new Map([...datanodes.values()].map(({ id, rack }) => [id, rack]))
  const rackCount = new Set(racks.values()).size
  const counts = {
    blocks: 0,
    minimallyReplicated: 0,
    overReplicated: 0,
    underReplicated: 0,
    misReplicated: 0,
    corruptBlocks: 0,
    missingReplicas: 0,
  }
  const problems: (BadReplica & { file: string })[] = []
  const wanting: LocatedBlock[] = []
  const top = state.find(path)
  for (const file of top === undefined ? [] : filesBelow(top)) {
    const name = pathOf(file)
    for (const block of namenode.located(file)) {
      counts.blocks++
      const bad = await checkBlock(block, datanodes, verify)
      const good = block.replicas.length - bad.length
      const missing = Math.max(0, file.attributes.replication - good)
      for (const replica of [...bad, ...unknown(block, bad, missing, parts)]) problems.push({ ...replica, file: name })
      counts.missingReplicas += missing
      if (good > 0) counts.minimallyReplicated++
      else counts.corruptBlocks++
      if (good > file.attributes.replication) counts.overReplicated++
      const used = new Set(block.replicas.map(({ rack }) => rack)).size
      if (good > 1 && used === 1 && rackCount > 1) counts.misReplicated++
      if (missing > 0) {
        wanting.push(block)
        if (good > 0) counts.underReplicated++
      }
    }
  }
  await monitor.report(problems)
  await Promise.all(wanting.map(({ block }) => monitor.repair(block)))
  return {
    path,
    healthy: counts.corruptBlocks === 0,
    directories: summary.directories,
    files: summary.files,
    bytes: summary.bytes,
    ...counts,
    datanodes: datanodes.size,
    racks: rackCount,
    defaultReplication: Math.min(config.replication, datanodes.size),
    openFiles: openFilesBelow(state, path),
    problems,
  }
}

async function checkBlock(
  block: LocatedBlock,
  datanodes: ReadonlyMap<DatanodeId, Datanode>,
  verify: boolean,
): Promise<BadReplica[]> {
  const checked = await Promise.all(
    block.replicas.map(async (location) => {
      const datanode = datanodes.get(location.datanode)
      if (datanode === undefined) return []
      try {
        if (verify) await datanode.verifyReplica(block, block.length)
        else await (await datanode.openReplica(block)).close()
        return []
      } catch (error) {
        return [badReplica(block, location, error)]
      }
    }),
  )
  return checked.flat()
}

/** Replicas that should be and that no datanode has reported. */
function unknown(
  block: LocatedBlock,
  bad: readonly BadReplica[],
  missing: number,
  { datanodes, replicas }: EmbeddedParts,
): BadReplica[] {
  const corrupt = new Set(replicas.corruptHolders(block.block).map(({ id }) => id))
  const without = [...datanodes.values()].filter(
    ({ id }) => !block.replicas.some(({ datanode }) => datanode === id) && !corrupt.has(id),
  )
  return without.slice(0, Math.max(0, missing - bad.length)).map(({ id, directory }) => ({
    block: block.block,
    datanode: id,
    path: directory,
    reason: 'missing',
    detail: 'no datanode reports this replica',
  }))
}
