import type { DatanodeId } from '../base/ids.ts'
import type { CareProtocol, LostReplica, NamespaceProtocol, ReplicaAccess } from './protocol.ts'
import type { BadReplica } from './status.ts'

export type Incident = BadReplica & { readonly repaired: boolean }

/** What a client stands on: the namenode and the datanodes in its own process, or the way to theirs. */
export interface Connection {
  readonly root: string
  readonly datanodes: readonly { readonly id: DatanodeId; readonly rack: string; readonly directory: string }[]
  readonly namenode: NamespaceProtocol
  readonly care: CareProtocol
  readonly access: ReplicaAccess
  /** Identity of this client, which its leases are held by. */
  readonly holder: string
  readonly chunkBytes: number
  readonly packetBytes: number
  readonly incidents: readonly Incident[]
  readonly notes: readonly string[]
  /** A reader met a bad replica; it is told to the namenode without the reader waiting. */
  met(bad: BadReplica): void
  /** A block was written without this replica. */
  lost(lost: LostReplica, path: string): void
  /** A file gets fewer replicas than it asks for; why. Becomes a note. */
  short(why: string): void
  /** A writer has begun: its lease is to be kept until it is over. */
  writerBegun(): void
  /** A writer has closed or aborted. */
  writerOver(): void
  repairsDone(): Promise<void>
  close(): Promise<void>
}
