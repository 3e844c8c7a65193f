import type { DatanodeId } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'
import type { Address } from '../base/net.ts'

/**
 * What a datanode process tells the namenode, and what it is told to do. Every report of a session has the next sequence
 * number, from 1; the namenode notices one that is missing and asks for everything.
 */
export interface DatanodeProtocol {
  register(request: RegisterRequest): Promise<Registered>
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatCommands>
  /** Everything it holds: triples of block, generation and length as doubles, little-endian, in base64. */
  fullReport(request: Reported & { readonly replicas: string }): Promise<void>
  /** False: nobody needs it. */
  received(request: Reported & BlockKey & { readonly length: number }): Promise<boolean>
  deleted(request: Reported & BlockKey): Promise<void>
  /** Its own reading found it bad. */
  bad(request: Reported & BlockKey): Promise<void>
  verified(request: Reported & BlockKey & { readonly length: number }): Promise<void>
  copyFailed(request: Reported & BlockKey & { readonly targets: readonly DatanodeId[]; reason: string }): Promise<void>
  scrubbed(request: ScrubResult): Promise<void>
}

/** A datanode, and where it takes blocks. */
export interface TargetAddress {
  readonly id: DatanodeId
  readonly address: Address
}

export interface RegisterRequest {
  /** Undefined for a directory that has never belonged to a datanode: it is given an id. */
  readonly id?: DatanodeId
  readonly directory: string
  readonly rack?: string
  readonly address: Address
  readonly pid: number
  readonly space?: { readonly capacity: number; readonly free: number }
  /** Of the directory's content: made anew where a directory was made anew. */
  readonly uuid: string
}

export interface Registered {
  readonly id: DatanodeId
  readonly node: number
  readonly session: number
}

export interface Session {
  readonly node: number
  readonly session: number
}

export interface Reported extends Session {
  readonly sequence: number
}

export interface HeartbeatRequest extends Session {
  readonly capacity?: number
  readonly free?: number
  readonly used: number
  readonly writers: number
  readonly failure?: string
  readonly reported: number
}

export interface HeartbeatCommands {
  readonly register: boolean
  readonly report: boolean
  readonly copies: readonly {
    readonly key: BlockKey
    readonly length: number
    readonly targets: readonly TargetAddress[]
  }[]
  readonly deletions: readonly BlockKey[]
  /** A deletion not begun as long after the heartbeat was sent is forgotten. */
  readonly deletionsValidMillis: number
  readonly verify: readonly BlockKey[]
  /** Everything is to be read, once for each number of a session; the number comes back with the result. */
  readonly scrub?: number
}

export interface ScrubResult extends Session {
  readonly scrub: number
  readonly replicas: number
  readonly bytes: number
  readonly bad: readonly (BlockKey & { readonly detail: string })[]
}
