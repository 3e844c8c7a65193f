import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import { normalizePath } from '../base/path.ts'
import type {
  BalanceReport,
  ClusterReport,
  DatanodeReport,
  FsckReport,
  SafeModeStatus,
  ScrubReport,
} from '../client/administration.ts'
import type { CareProtocol, PathRequest } from '../client/protocol.ts'
import type { BadReplica } from '../client/status.ts'
import type { Datanode } from '../datanode/datanode.ts'
import type { NamenodeServer } from '../namenode/server.ts'
import { summarize } from '../namenode/view.ts'
import { diskOf, type EmbeddedReplicas } from './embedded-replicas.ts'
import { checkFiles } from './fsck.ts'
import type { ReplicationMonitor } from './replication-monitor.ts'

export interface EmbeddedParts {
  readonly env: Env
  readonly config: DfsConfig
  readonly namenode: NamenodeServer
  readonly replicas: EmbeddedReplicas
  readonly datanodes: ReadonlyMap<DatanodeId, Datanode>
  readonly monitor: ReplicationMonitor
}

/** The care of replicas where the datanodes are in this process. What needs them to be processes of their own is refused. */
export class EmbeddedCare implements CareProtocol {
  readonly #parts: EmbeddedParts

  constructor(parts: EmbeddedParts) {
    this.#parts = parts
  }

  async reportBad({ replicas }: { replicas: readonly BadReplica[] }): Promise<void> {
    await this.#parts.monitor.report(replicas)
  }

  async report(): Promise<ClusterReport> {
    const { namenode, replicas, datanodes } = this.#parts
    const { state } = namenode
    const held = replicas.descriptors.map(() => ({ blocks: 0, used: 0 }))
    const counts = { blocks: 0, underReplicated: 0, corruptReplicas: 0, missingBlocks: 0 }
    for (const block of state.blocks.values()) {
      counts.blocks++
      counts.corruptReplicas += state.blocks.corruptOn(block.id).size
      if (block.replicas.length < block.file.attributes.replication) counts.underReplicated++
      if (block.replicas.length === 0 && state.open.get(block.file.id) === undefined) counts.missingBlocks++
      for (const index of block.replicas) {
        const node = held[index]
        if (node === undefined) continue
        node.blocks++
        node.used += block.length
      }
    }
    const disks = new Map<number, { capacity: number; free: number }>()
    const reports: DatanodeReport[] = []
    for (const [index, { id, rack, directory }] of replicas.descriptors.entries()) {
      const disk = await diskOf(this.#parts.env.disk, directory)
      if (disk !== undefined) disks.set(disk.device, disk)
      const { blocks, used } = held[index] ?? { blocks: 0, used: 0 }
      const liveness = datanodes.has(id) ? 'live' : 'dead'
      reports.push({
        id,
        rack,
        directory,
        liveness,
        adminState: 'in-service',
        blocks,
        used,
        capacity: disk?.capacity,
        free: disk?.free,
      })
    }
    const { files, directories, bytes, bytesWithReplicas } = summarize(state, '/')
    const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
    return {
      files,
      directories,
      bytes,
      bytesWithReplicas,
      ...counts,
      pendingReplication: 0,
      pendingDeletion: 0,
      capacity: sum([...disks.values()].map(({ capacity }) => capacity)),
      free: sum([...disks.values()].map(({ free }) => free)),
      datanodes: reports,
    }
  }

  fsck({ path, verify }: PathRequest & { verify: boolean }): Promise<FsckReport> {
    return checkFiles(this.#parts, normalizePath(path), verify)
  }

  async checkpoint(): Promise<void> {
    await this.#parts.namenode.durable.checkpoint()
  }

  async safeMode({ action }: { action: 'enter' | 'leave' | 'get' }): Promise<SafeModeStatus> {
    if (action === 'enter') return needsDaemons('safe mode')
    return { on: false, detail: '' }
  }

  balance(): Promise<BalanceReport> {
    return needsDaemons('balance')
  }

  decommission(): Promise<void> {
    return needsDaemons('decommission')
  }

  recommission(): Promise<void> {
    return needsDaemons('recommission')
  }

  async scrub(): Promise<ScrubReport> {
    const report = await checkFiles(this.#parts, '/', true)
    let replicas = 0
    let bytes = 0
    for (const block of this.#parts.namenode.state.blocks.values()) {
      replicas += block.replicas.length
      bytes += block.replicas.length * block.length
    }
    return { replicas, bytes, bad: report.problems.filter(({ reason }) => reason !== 'missing') }
  }

  async notes(): Promise<readonly string[]> {
    return this.#parts.namenode.notes
  }
}

function needsDaemons(what: string): Promise<never> {
  return Promise.reject(new DfsError('DFS_UNSUPPORTED', `${what} needs a DFS that runs: start it with quern dfs start`))
}
