import type { DatanodeId } from '../base/ids.ts'
import type { BadReplica, FsckReport, LocatedBlock } from '../client/dfs.ts'
import { badReplica } from '../client/file-reader.ts'
import type { Datanode } from '../datanode/datanode.ts'
import { FileNode, type Inode, pathOf } from '../namenode/inode.ts'
import type { EmbeddedParts } from './embedded-dfs.ts'

/**
 * Looks at every replica of every file below `path`: that it is there, and with `verify` that it reads well. What is found
 * bad is reported as found, then repaired as far as it can be.
 */
export async function checkFiles(
  parts: EmbeddedParts,
  path: string,
  verify: boolean,
  locate: (file: FileNode) => LocatedBlock[],
): Promise<FsckReport> {
  const { namenode, datanodes, config, monitor } = parts
  const summary = namenode.summary(path)
  const counts = { blocks: 0, minimallyReplicated: 0, underReplicated: 0, corruptBlocks: 0, missingReplicas: 0 }
  const problems: (BadReplica & { file: string })[] = []
  const wanting: LocatedBlock[] = []
  for (const file of filesBelow(namenode.state.find(path))) {
    const name = pathOf(file)
    for (const block of locate(file)) {
      counts.blocks++
      const bad = await checkBlock(block, datanodes, verify)
      const good = block.replicas.length - bad.length
      const missing = Math.max(0, file.attributes.replication - good)
      for (const replica of [...bad, ...unknown(block, bad, missing, parts)]) problems.push({ ...replica, file: name })
      counts.missingReplicas += missing
      if (good > 0) counts.minimallyReplicated++
      else counts.corruptBlocks++
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
    racks: new Set([...datanodes.values()].map(({ rack }) => rack)).size,
    defaultReplication: Math.min(config.replication, datanodes.size),
    problems,
  }
}

function* filesBelow(top: Inode | undefined): Generator<FileNode> {
  const stack: Inode[] = top === undefined ? [] : [top]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node instanceof FileNode) yield node
    else stack.push(...(node.children?.values() ?? []))
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
  { datanodes, namenode }: EmbeddedParts,
): BadReplica[] {
  const corrupt = new Set(namenode.corruptHolders(block.block).map(({ id }) => id))
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
