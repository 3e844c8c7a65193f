import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { datanodeId } from '../base/ids.ts'
import { normalizePath } from '../base/path.ts'
import type {
  BalanceReport,
  ClusterReport,
  DatanodeReport,
  FsckReport,
  SafeModeAction,
  SafeModeStatus,
  ScrubReport,
} from '../client/administration.ts'
import type { CareProtocol, PathRequest, UserRequest } from '../client/protocol.ts'
import type { BadReplica } from '../client/status.ts'
import type { BlockManagement } from '../namenode/blocks/block-management.ts'
import type { NamenodeServer } from '../namenode/server.ts'
import { summarize } from '../namenode/view.ts'
import type { DatanodeDesk } from './datanode-desk.ts'
import type { DatanodeRegistry } from './datanode-registry.ts'
import { checkFiles } from './fsck.ts'
import { diskTotals } from './managed-replicas.ts'

export interface CareParts {
  readonly env: Env
  readonly namenode: NamenodeServer
  readonly management: BlockManagement
  readonly desk: DatanodeDesk
  readonly registry: DatanodeRegistry
  readonly heartbeatMillis: number
  readonly defaultReplication: number
}

/** The care of replicas where datanodes are processes of their own. Only superusers may ask for what changes something. */
export class DaemonCare implements CareProtocol {
  readonly #parts: CareParts
  #balancing = false

  constructor(parts: CareParts) {
    this.#parts = parts
  }

  async reportBad({ replicas }: { replicas: readonly BadReplica[] }): Promise<void> {
    const { management, namenode } = this.#parts
    for (const { block: id, datanode } of replicas) {
      const block = namenode.state.blocks.get(id)
      const node = management.nodeOf(datanode)
      if (block !== undefined && node !== undefined) management.suspect(node, block, this.#now())
    }
  }

  async report(): Promise<ClusterReport> {
    const { management, namenode } = this.#parts
    const counts = management.counts()
    const datanodes = management.datanodes(this.#now())
    const { files, directories, bytes, bytesWithReplicas } = summarize(namenode.state, '/')
    return {
      files,
      directories,
      bytes,
      bytesWithReplicas,
      blocks: namenode.state.blocks.size,
      underReplicated: counts.underReplicated,
      corruptReplicas: counts.corruptReplicas,
      missingBlocks: counts.missing,
      pendingReplication: counts.pendingReplication,
      pendingDeletion: counts.pendingDeletion,
      ...diskTotals(datanodes),
      datanodes,
    }
  }

  async fsck({ path, verify, user }: PathRequest & { verify: boolean }): Promise<FsckReport> {
    if (verify) {
      this.#superuser(user, 'fsck -verify')
      await this.#parts.desk.scrub()
    }
    return checkFiles(this.#parts, normalizePath(path))
  }

  async checkpoint({ user }: UserRequest): Promise<void> {
    this.#superuser(user, 'checkpoint')
    await this.#parts.namenode.durable.checkpoint()
  }

  async safeMode({ user, action }: UserRequest & { action: SafeModeAction }): Promise<SafeModeStatus> {
    const { management } = this.#parts
    if (action !== 'get') this.#superuser(user, `safemode ${action}`)
    if (action === 'enter') management.enterSafeMode()
    if (action === 'leave') management.leaveSafeMode()
    return management.safeMode(this.#now())
  }

  async balance({ user, threshold }: UserRequest & { threshold: number }): Promise<BalanceReport> {
    this.#superuser(user, 'balance')
    if (this.#balancing) throw new DfsError('DFS_BAD_ARGUMENT', 'the datanodes are being balanced already')
    this.#balancing = true
    try {
      const { management, env, heartbeatMillis } = this.#parts
      for (;;) {
        const { state, most, least, moved, bytes, detail } = management.balance(threshold, this.#now())
        if (state !== 'moving') {
          const told = detail === undefined ? {} : { detail }
          return { moved, bytes, most, least, balanced: state === 'balanced', ...told }
        }
        await env.sleep(heartbeatMillis)
      }
    } finally {
      this.#balancing = false
    }
  }

  async decommission({ user, datanode }: UserRequest & { datanode: string }): Promise<void> {
    this.#superuser(user, 'decommission')
    const { id, node, report } = this.#known(datanode)
    if (report.adminState !== 'in-service') return
    await this.#parts.registry.setAdminState(id, 'decommissioning')
    this.#parts.management.setAdminState(node, 'decommissioning', this.#now())
  }

  async recommission({ user, datanode }: UserRequest & { datanode: string }): Promise<void> {
    this.#superuser(user, 'recommission')
    const { id, node } = this.#known(datanode)
    await this.#parts.registry.setAdminState(id, 'in-service')
    this.#parts.management.setAdminState(node, 'in-service', this.#now())
  }

  async scrub({ user }: UserRequest): Promise<ScrubReport> {
    this.#superuser(user, 'scrub')
    return this.#parts.desk.scrub()
  }

  async notes(): Promise<readonly string[]> {
    return this.#parts.namenode.notes
  }

  #known(datanode: string): { id: DatanodeReport['id']; node: number; report: DatanodeReport } {
    const { management } = this.#parts
    const node = management.nodeOf(datanode)
    const report = node === undefined ? undefined : management.datanode(node, this.#now())
    if (node !== undefined && report !== undefined) return { id: datanodeId(datanode), node, report }
    const there = management.datanodes(this.#now()).map(({ id }) => id)
    throw new DfsError('DFS_BAD_ARGUMENT', `there is no datanode ${datanode}; there are ${there.join(', ') || 'none'}`)
  }

  #superuser(user: string, what: string): void {
    if (this.#parts.namenode.caller(user).superuser) return
    throw new DfsError('DFS_PERMISSION', `Access denied for user ${user}. Superuser privilege is required for ${what}`)
  }

  #now(): number {
    return this.#parts.env.monotonic()
  }
}
