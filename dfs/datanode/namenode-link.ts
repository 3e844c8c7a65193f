import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'
import type { BlockReportListener } from '../client/protocol.ts'
import { type Endpoint, RpcClient } from '../rpc/client.ts'
import type {
  DatanodeProtocol,
  HeartbeatCommands,
  HeartbeatRequest,
  Registered,
  RegisterRequest,
  Session,
} from '../rpc/datanode-protocol.ts'
import { namenodeOfDatanode } from '../rpc/datanode-requests.ts'
import type { ReplicaIndex } from './replica-index.ts'

export interface LinkOptions {
  readonly env: Env
  readonly locate: () => Promise<Endpoint | undefined>
  /** Names this process for the namenode's retry cache. */
  readonly client: string
  readonly index: ReplicaIndex
  /** Throws to refuse a namenode: of another cluster, or of the past. */
  readonly welcomed: (fields: Record<string, unknown>) => void
}

/** A namenode that is away is waited for, however long. */
const patience = Number.MAX_SAFE_INTEGER
/** How long whoever writes a block waits for the namenode to hear of it. */
const receivedMillis = 3000

/**
 * A datanode's side of the talk with its namenode. Reports go out in the order of their sequence; with every registration
 * a new session begins, whose first report is of everything.
 */
export class NamenodeLink implements BlockReportListener {
  readonly #options: LinkOptions
  readonly #rpc: RpcClient
  readonly #namenode: DatanodeProtocol
  #session: Session | undefined
  #sequence = 0

  constructor(options: LinkOptions) {
    const { env, locate, client, welcomed } = options
    this.#options = options
    this.#rpc = new RpcClient({
      env,
      locate,
      purpose: 'datanode',
      client,
      patienceMillis: patience,
      server: 'the namenode',
      onWelcome: welcomed,
    })
    this.#namenode = namenodeOfDatanode(this.#rpc)
  }

  get registered(): boolean {
    return this.#session !== undefined
  }

  /** Changes with every registration: what was commanded before is void. */
  get session(): number | undefined {
    return this.#session?.session
  }

  /** Resolves when the namenode knows this datanode, however long that takes. What it holds is to be reported next. */
  async register(identity: RegisterRequest): Promise<Registered> {
    const registered = await this.#namenode.register(identity)
    this.#session = { node: registered.node, session: registered.session }
    this.#sequence = 0
    return registered
  }

  async fullReport(): Promise<void> {
    const triples = this.#options.index.report()
    const replicas = Buffer.from(triples.buffer, triples.byteOffset, triples.byteLength).toString('base64')
    await this.#inSession((from) => this.#namenode.fullReport({ ...from, replicas }))
  }

  /** Undefined: the namenode has forgotten this datanode, which has to register again. */
  async heartbeat(
    beat: Omit<HeartbeatRequest, 'node' | 'session' | 'reported'>,
  ): Promise<HeartbeatCommands | undefined> {
    const session = this.#session
    if (session === undefined) return undefined
    const commands = await this.#namenode.heartbeat({ ...session, ...beat, reported: this.#sequence })
    if (!commands.register) return commands
    if (this.#session === session) this.#session = undefined
    return undefined
  }

  async received(_node: DatanodeId, key: BlockKey, length: number): Promise<boolean> {
    const { block, generation } = key
    this.#options.index.add(key, length)
    // Between sessions nobody listens; the full report that begins the next one says it.
    const told = this.#inSession((from) => this.#namenode.received({ ...from, block, generation, length }))
    // A namenode that is away hears of it when it is back; the writer has others to wait for by then.
    const patient = new AbortController()
    const late = this.#options.env.sleep(receivedMillis, patient.signal).then(() => true)
    try {
      return (await Promise.race([told, late])) ?? true
    } finally {
      patient.abort()
      told.catch(() => undefined)
    }
  }

  async deleted(_node: DatanodeId, { block, generation }: BlockKey): Promise<void> {
    this.#options.index.remove({ block, generation })
    await this.#inSession((from) => this.#namenode.deleted({ ...from, block, generation }))
  }

  async bad({ block, generation }: BlockKey): Promise<void> {
    await this.#inSession((from) => this.#namenode.bad({ ...from, block, generation }))
  }

  async verified({ block, generation }: BlockKey, length: number): Promise<void> {
    await this.#inSession((from) => this.#namenode.verified({ ...from, block, generation, length }))
  }

  async copyFailed({ block, generation }: BlockKey, targets: readonly DatanodeId[], reason: string): Promise<void> {
    await this.#inSession((from) => this.#namenode.copyFailed({ ...from, block, generation, targets, reason }))
  }

  async scrubbed(result: {
    scrub: number
    replicas: number
    bytes: number
    bad: readonly (BlockKey & { detail: string })[]
  }): Promise<void> {
    const session = this.#session
    if (session !== undefined) await this.#namenode.scrubbed({ ...session, ...result })
  }

  close(): void {
    this.#rpc.close()
  }

  async #inSession<T>(report: (from: Session & { sequence: number }) => Promise<T>): Promise<T | undefined> {
    const session = this.#session
    if (session === undefined) return undefined
    try {
      return await report({ ...session, sequence: ++this.#sequence })
    } catch (error) {
      // The namenode has been started anew, or took this datanode for dead: the next session begins with everything.
      if (!(error instanceof DfsError) || error.code !== 'DFS_FENCED') throw error
      if (this.#session === session) this.#session = undefined
      return undefined
    }
  }
}
