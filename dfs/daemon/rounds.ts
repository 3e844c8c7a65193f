import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { datanodeId } from '../base/ids.ts'
import type { Dfs } from '../client/dfs.ts'
import { Trash } from '../client/trash.ts'
import type { BlockManagement } from '../namenode/blocks/block-management.ts'
import type { NamenodeServer } from '../namenode/server.ts'
import type { DatanodeRegistry } from './datanode-registry.ts'

export interface RoundsParts {
  readonly env: Env
  readonly config: DfsConfig
  /** The namenode's own. */
  readonly directory: string
  readonly namenode: NamenodeServer
  readonly management: BlockManagement
  readonly registry: DatanodeRegistry
  /** The file system as its superuser has it. */
  readonly client: () => Dfs
  readonly say: (sentence: string) => void
  readonly onFatal: (error: unknown) => void
}

const leaseLookMillis = 1000
const diskLookMillis = 5000
/** Below this the namenode's own disk is taken for full: HDFS's `dfs.namenode.resource.du.reserved`. */
const reservedBytes = 100 * 1024 * 1024

/** What a namenode does by the clock: looks for datanodes that died, for writers that fell silent, at its disk, into the trash. */
export class Rounds {
  readonly #parts: RoundsParts
  readonly #stops: (() => void)[] = []
  #stopped = false

  constructor(parts: RoundsParts) {
    this.#parts = parts
  }

  start(): void {
    const { env, config } = this.#parts
    this.#stops.push(env.every(config.heartbeatMillis, () => this.#tick()))
    this.#stops.push(env.every(leaseLookMillis, () => this.#expireLeases()))
    this.#stops.push(env.every(diskLookMillis, () => void this.#lookAtDisk()))
    if (config.trashIntervalMinutes > 0) {
      this.#stops.push(env.every(config.trashIntervalMinutes * 60_000, () => void this.emptyTrash()))
    }
  }

  stop(): void {
    this.#stopped = true
    for (const stop of this.#stops.splice(0)) stop()
  }

  /** Deletes what has been in anyone's trash for the interval, and begins the next checkpoint of each. */
  async emptyTrash(): Promise<void> {
    const { env, config, say, client } = this.#parts
    const dfs = client()
    try {
      const trash = new Trash(dfs, { interval: config.trashIntervalMinutes, clock: env.now })
      const { deleted, failures } = await trash.emptyAll()
      for (const path of deleted) say(`emptied ${path}`)
      for (const failure of failures) say(`a trash could not be emptied: ${String(failure)}`)
    } catch (error) {
      say(`the trash could not be looked at: ${String(error)}`)
    } finally {
      await dfs.close()
    }
  }

  #tick(): void {
    const { management, env, say } = this.#parts
    const { again, died, decommissioned } = management.tick(env.monotonic())
    for (const node of died) say(`datanode ${this.#idOf(node)} is dead: its blocks are replicated elsewhere`)
    for (const node of decommissioned) void this.#decommissioned(node)
    if (again) setImmediate(() => (this.#stopped ? undefined : this.#tick()))
  }

  async #decommissioned(node: number): Promise<void> {
    const { say, registry } = this.#parts
    const id = datanodeId(this.#idOf(node))
    say(`datanode ${id} is decommissioned: it can be stopped`)
    try {
      await registry.setAdminState(id, 'decommissioned')
    } catch (error) {
      say(String(error))
    }
  }

  #idOf(node: number): string {
    const { management, env } = this.#parts
    return management.datanode(node, env.monotonic())?.id ?? String(node)
  }

  #expireLeases(): void {
    const { management, namenode, config, onFatal } = this.#parts
    if (management.inSafeMode) return
    namenode.expireLeases(leaseLookMillis, config.leaseMillis).catch(onFatal)
  }

  async #lookAtDisk(): Promise<void> {
    const { env, directory, management, say } = this.#parts
    try {
      const { free } = await env.disk.space(directory)
      if (free < reservedBytes && !management.inSafeMode) {
        management.lowResources(`the namenode's disk has ${free} bytes left, ${reservedBytes} are needed`)
      }
    } catch (error) {
      say(`the namenode's directory can not be looked at: ${String(error)}`)
    }
  }
}
