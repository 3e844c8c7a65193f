import type { BlockId, DatanodeId, GenerationStamp } from '../../base/ids.ts'
import type { AdminState, Liveness } from '../../client/administration.ts'
import type { DatanodeAddress } from '../../client/status.ts'
import type { CopyCommand, DatanodeIdentity, Heartbeat, KnownDatanode } from './commands.ts'
import { DeletionQueue } from './deletion-queue.ts'

/** One datanode as the namenode sees it. */
export class DatanodeState {
  readonly number: number
  readonly id: DatanodeId
  rack: string
  directory: string
  address: DatanodeAddress | undefined
  pid: number | undefined
  uuid: string | undefined
  adminState: AdminState
  liveness: Liveness = 'dead'
  /** 0: it has not come yet. */
  session = 0
  /** Of the last report that was listened to. */
  sequence = 0
  lastContact: number | undefined
  beat: Heartbeat = { capacity: undefined, free: undefined, used: 0, writers: 0, reported: 0 }

  /** It may hold what nobody here knows of, or lack what is thought to be there, until its next full report. */
  contentStale = true
  /** When a full report was last asked for, or came. */
  reportAsked: number | undefined
  /** How many replicas it holds, the bad ones not among them. */
  blocks = 0

  readonly deletions = new DeletionQueue()
  /** To be told with the next heartbeat. */
  copies: CopyCommand[] = []
  /** To be asked for with the next heartbeat; the generation is that of the replica. */
  readonly verify = new Map<BlockId, GenerationStamp>()
  /** When those that were asked for were. */
  readonly asked = new Map<BlockId, number>()
  /** Copies it makes and takes, ordered and not yet heard of, and their bytes. */
  copying = 0
  copyingBytes = 0
  /** Of these, what comes to it. */
  awaitedBytes = 0

  constructor(number: number, known: KnownDatanode) {
    this.number = number
    this.id = known.id
    this.rack = known.rack
    this.directory = known.directory
    this.adminState = known.adminState
  }

  get dead(): boolean {
    return this.liveness === 'dead'
  }

  /** Its word on what it holds can be relied on when something is to be deleted. */
  get fresh(): boolean {
    return this.liveness === 'live' && !this.contentStale
  }

  get inService(): boolean {
    return this.adminState === 'in-service'
  }

  introduce(identity: DatanodeIdentity, session: number, now: number): void {
    this.rack = identity.rack
    this.directory = identity.directory
    this.address = identity.address
    this.pid = identity.pid
    this.uuid = identity.uuid
    this.session = session
    this.sequence = 0
    this.liveness = 'live'
    this.lastContact = now
    this.beat = { ...this.beat, reported: 0 }
    this.contentStale = true
    this.reportAsked = undefined
    this.forgetCommands()
  }

  /** It has forgotten them too, or is dead. */
  forgetCommands(): void {
    this.deletions.clear()
    this.copies = []
    this.verify.clear()
    this.asked.clear()
  }

  hasRoom(bytes: number): boolean {
    return (
      this.beat.failure === undefined && this.beat.free !== undefined && this.beat.free - this.awaitedBytes >= bytes
    )
  }
}
