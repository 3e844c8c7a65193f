import { DfsError } from '../base/errors.ts'
import { processIdentity } from '../base/process-identity.ts'
import type { RootLock } from '../base/root-lock.ts'
import { contentChecksum } from '../block/content-checksum.ts'
import type { Connection, Incident } from '../client/connection.ts'
import type { CareProtocol, LostReplica, NamespaceProtocol, ReplicaAccess } from '../client/protocol.ts'
import type { BadReplica } from '../client/status.ts'
import { EmbeddedCare, type EmbeddedParts } from './care.ts'
import { ParallelPipeline } from './parallel-pipeline.ts'

/** Namenode, datanodes and client in one process: the calls that would cross a socket are plain calls. */
export class EmbeddedConnection implements Connection {
  readonly root: string
  readonly datanodes: Connection['datanodes']
  readonly namenode: NamespaceProtocol
  readonly care: CareProtocol
  readonly access: ReplicaAccess
  readonly holder = processIdentity()
  readonly chunkBytes: number
  readonly packetBytes: number
  readonly #parts: EmbeddedParts
  readonly #lock: RootLock
  readonly #reports = new Set<Promise<void>>()

  constructor({ root, lock, ...parts }: EmbeddedParts & { root: string; lock: RootLock }) {
    this.root = root
    this.#lock = lock
    this.#parts = parts
    this.datanodes = [...parts.datanodes.values()].map(({ id, rack, directory }) => ({ id, rack, directory }))
    this.chunkBytes = parts.config.chunkBytes
    this.packetBytes = parts.config.packetBytes
    this.namenode = parts.namenode
    this.care = new EmbeddedCare(parts)
    const { datanodes } = parts
    this.access = {
      openPipeline: (namenode, allocated, options) => ParallelPipeline.open(namenode, datanodes, allocated, options),
      openReplica: async (block, { datanode: id }) => {
        const datanode = datanodes.get(id)
        if (datanode === undefined) throw new DfsError('DFS_IO', `datanode ${id} can not be used`)
        return datanode.openReplica(block)
      },
      contentChecksum: (block, location) => contentChecksum(parts.env.disk, block, location),
    }
  }

  get incidents(): readonly Incident[] {
    return this.#parts.monitor.incidents
  }

  get notes(): readonly string[] {
    return this.#parts.namenode.notes
  }

  met(bad: BadReplica): void {
    const { monitor } = this.#parts
    monitor.inBackground('repairing a bad replica', () => {
      const report = monitor.report([bad])
      this.#reports.add(report)
      return report.finally(() => this.#reports.delete(report))
    })
  }

  lost(lost: LostReplica, path: string): void {
    this.#parts.monitor.lost(lost, path)
  }

  short(why: string): void {
    const { notes } = this.#parts.namenode
    if (!notes.includes(why)) notes.push(why)
  }

  // Who writes here dies with the namenode.
  writerBegun(): void {}

  writerOver(): void {
    this.#parts.monitor.writerOver()
  }

  async repairsDone(): Promise<void> {
    while (this.#reports.size > 0) await Promise.allSettled([...this.#reports])
  }

  async close(): Promise<void> {
    const { monitor, namenode } = this.#parts
    try {
      await monitor.stop()
      await namenode.close()
    } finally {
      await this.#lock.release()
    }
  }
}
