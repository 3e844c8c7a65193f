import { resolve } from 'node:path'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { type DatanodeId, datanodeId } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'
import type { ScrubReport } from '../client/administration.ts'
import type { BadReplica } from '../client/status.ts'
import type { BlockManagement } from '../namenode/blocks/block-management.ts'
import type { DatanodeCommands } from '../namenode/blocks/commands.ts'
import type {
  DatanodeProtocol,
  HeartbeatCommands,
  HeartbeatRequest,
  Registered,
  RegisterRequest,
  Reported,
  ScrubResult,
  Session,
} from '../rpc/datanode-protocol.ts'
import type { DatanodeRegistry } from './datanode-registry.ts'

/** Where datanodes talk to the namenode: numbers for names and addresses, and block management's answers. */
export class DatanodeDesk implements DatanodeProtocol {
  readonly #management: BlockManagement
  readonly #registry: DatanodeRegistry
  readonly #env: Env
  #scrubs = 0
  readonly #scrubbing = new Map<number, Scrub>()

  constructor(management: BlockManagement, registry: DatanodeRegistry, env: Env) {
    this.#management = management
    this.#registry = registry
    this.#env = env
  }

  async register(request: RegisterRequest): Promise<Registered> {
    const directory = resolve(request.directory)
    const { id, rack } = await this.#registry.admit({ ...request, directory })
    const { address, pid, uuid, space } = request
    const { node, session } = this.#management.register(
      { id, rack, directory, address, pid, uuid, ...(space === undefined ? {} : { space }) },
      this.#now(),
    )
    return { id, node, session }
  }

  async heartbeat({ node, session, ...beat }: HeartbeatRequest): Promise<HeartbeatCommands> {
    const { capacity, free, failure, ...rest } = beat
    const commands = this.#management.heartbeat(
      { node, session },
      { ...rest, capacity, free, ...(failure === undefined ? {} : { failure }) },
      this.#now(),
    )
    const addressed = this.#addressed(commands)
    // Asked with every heartbeat until it is done: an answer may be lost, or its datanode started anew.
    const scrub = [...this.#scrubbing].find(([, { awaited }]) => awaited.has(node))
    return scrub === undefined || commands.register ? addressed : { ...addressed, scrub: scrub[0] }
  }

  #addressed({ copies, ...rest }: DatanodeCommands): HeartbeatCommands {
    return {
      ...rest,
      copies: copies.map(({ key, length, targets }) => ({
        key,
        length,
        targets: targets.flatMap((node) => {
          const report = this.#management.datanode(node, this.#now())
          return report?.address === undefined ? [] : { id: report.id, address: report.address }
        }),
      })),
    }
  }

  async fullReport({ replicas, ...from }: Reported & { replicas: string }): Promise<void> {
    const bytes = Buffer.from(replicas, 'base64')
    if (bytes.length % 24 !== 0) throw new DfsError('DFS_PROTOCOL', 'a full report is no list of triples')
    const triples = new Float64Array(bytes.length / 8)
    for (let i = 0; i < triples.length; i++) triples[i] = bytes.readDoubleLE(i * 8)
    this.#management.fullReport(from, triples, this.#now())
  }

  async received({ block, generation, length, ...from }: Reported & BlockKey & { length: number }): Promise<boolean> {
    return this.#management.received(from, { block, generation }, length, this.#now())
  }

  async deleted({ block, generation, ...from }: Reported & BlockKey): Promise<void> {
    this.#management.deleted(from, { block, generation }, this.#now())
  }

  async bad({ block, generation, ...from }: Reported & BlockKey): Promise<void> {
    this.#management.bad(from, { block, generation }, this.#now())
  }

  async verified({ block, generation, length, ...from }: Reported & BlockKey & { length: number }): Promise<void> {
    this.#management.verified(from, { block, generation }, length, this.#now())
  }

  async copyFailed({
    block,
    generation,
    targets,
    ...from
  }: Reported & BlockKey & { targets: readonly DatanodeId[]; reason: string }): Promise<void> {
    const nodes = targets.flatMap((id) => this.#management.nodeOf(id) ?? [])
    this.#management.copyFailed(from, { block, generation }, nodes, this.#now())
  }

  async scrubbed({ node, scrub, replicas, bytes, bad }: ScrubResult & Session): Promise<void> {
    this.#scrubbing.get(scrub)?.done(node, {
      replicas,
      bytes,
      bad: bad.map(({ block, detail }) => this.#badReplica(node, block, detail)),
    })
  }

  #badReplica(node: number, block: BlockKey['block'], detail: string): BadReplica {
    const report = this.#management.datanode(node, this.#now())
    const datanode = report?.id ?? datanodeId(String(node))
    return { block, datanode, path: report?.directory ?? '', reason: 'corrupt', detail }
  }

  /** Has every live datanode read everything; those that die meanwhile are not waited for. */
  async scrub(): Promise<ScrubReport> {
    const alive = (): number[] =>
      this.#management
        .datanodes(this.#now())
        .flatMap(({ id, liveness }) => (liveness === 'dead' ? [] : (this.#management.nodeOf(id) ?? [])))
    const number = ++this.#scrubs
    const scrub = new Scrub(alive())
    this.#scrubbing.set(number, scrub)
    try {
      while (scrub.awaited.size > 0) {
        await this.#env.sleep(scrubLookMillis)
        const living = new Set(alive())
        for (const node of [...scrub.awaited]) if (!living.has(node)) scrub.awaited.delete(node)
      }
      return { replicas: scrub.replicas, bytes: scrub.bytes, bad: scrub.bad }
    } finally {
      this.#scrubbing.delete(number)
    }
  }

  #now(): number {
    return this.#env.monotonic()
  }
}

const scrubLookMillis = 50

class Scrub {
  readonly awaited: Set<number>
  readonly bad: BadReplica[] = []
  replicas = 0
  bytes = 0

  constructor(nodes: readonly number[]) {
    this.awaited = new Set(nodes)
  }

  done(node: number, { replicas, bytes, bad }: ScrubReport): void {
    if (!this.awaited.delete(node)) return
    this.replicas += replicas
    this.bytes += bytes
    this.bad.push(...bad)
  }
}
