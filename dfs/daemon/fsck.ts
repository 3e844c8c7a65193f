import type { FsckReport } from '../client/administration.ts'
import type { BadReplica } from '../client/status.ts'
import { type Block, filesBelow, pathOf } from '../namenode/inode.ts'
import { openFilesBelow, summarize } from '../namenode/view.ts'
import type { CareParts } from './care.ts'

/** What the namenode knows of every replica of every file below `path`. Reading them is the datanodes' scrub. */
export function checkFiles(parts: CareParts, path: string): FsckReport {
  const { namenode, management, env, defaultReplication } = parts
  const { state } = namenode
  const summary = summarize(state, path)
  const live = management.datanodes(env.monotonic()).filter(({ liveness }) => liveness !== 'dead')
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
  const top = state.find(path)
  for (const file of top === undefined ? [] : filesBelow(top)) {
    for (const block of file.blocks) {
      const health = management.health(block)
      const good = health.live + health.leaving
      const wanted = Math.min(health.wanted, Math.max(1, live.length))
      counts.blocks++
      if (good > 0) counts.minimallyReplicated++
      else counts.corruptBlocks++
      if (health.live > health.wanted) counts.overReplicated++
      if (good > 0 && health.live < health.wanted) counts.underReplicated++
      if (health.misReplicated) counts.misReplicated++
      counts.missingReplicas += Math.max(0, wanted - health.live)
      problems.push(...badReplicas(parts, block, pathOf(file)))
    }
  }
  return {
    path,
    healthy: counts.corruptBlocks === 0,
    directories: summary.directories,
    files: summary.files,
    bytes: summary.bytes,
    ...counts,
    datanodes: live.length,
    racks: new Set(live.map(({ rack }) => rack)).size,
    defaultReplication: Math.min(defaultReplication, Math.max(1, live.length)),
    openFiles: openFilesBelow(state, path),
    problems,
  }
}

function badReplicas({ management, env }: CareParts, block: Block, file: string): (BadReplica & { file: string })[] {
  return management.health(block).bad.flatMap(({ node, reason }) => {
    const report = management.datanode(node, env.monotonic())
    if (report === undefined) return []
    return {
      file,
      block: block.id,
      datanode: report.id,
      path: report.directory,
      reason: 'corrupt' as const,
      detail: details[reason],
    }
  })
}

const details = {
  suspect: 'a reader found it bad; its datanode is to look',
  corrupt: 'it fails its checksums',
  length: 'it has another length than the block',
  generation: 'it is of an older generation',
} as const
