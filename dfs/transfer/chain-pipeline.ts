import { checksumBytes } from '../base/data-checksum.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId, GenerationStamp } from '../base/ids.ts'
import type {
  AllocatedBlock,
  BlockPipeline,
  DatanodeTarget,
  NamespaceProtocol,
  PipelineOptions,
} from '../client/protocol.ts'
import type { TargetAddress } from '../rpc/datanode-protocol.ts'
import { ChainFailure, ChainLink } from './chain-link.ts'
import { finishReplica } from './finish.ts'
import { headBytes, kinds, writeHead } from './format.ts'
import { sendPrefix } from './prefix.ts'

/** Packets that may be on their way; until they are acknowledged by all they are kept, to be sent again to others. */
const windowPackets = 4

interface Packet {
  readonly head: Buffer
  sums: Uint8Array
  data: Buffer
  position: number
  length: number
}

type Chain = readonly [TargetAddress, ...TargetAddress[]]

/**
 * One block on its way through a chain of datanodes, each of which hands it on to the next. A datanode that fails leaves the
 * chain: the block goes on with the others, and with another in its place that gets from one of them what there is so far,
 * under a new generation, so that what the lost one has is stale. Only when nobody has the bytes any more does the write fail.
 */
export class ChainPipeline implements BlockPipeline {
  readonly #env: Env
  readonly #token: string
  readonly #namenode: NamespaceProtocol
  readonly #allocated: AllocatedBlock
  readonly #options: PipelineOptions
  #generation: GenerationStamp
  #chain: readonly TargetAddress[]
  readonly #wanted: number
  #link: ChainLink | undefined
  readonly #failures = new Map<DatanodeId, unknown>()
  readonly #free: Packet[] = []
  #window: Packet[] = []
  #length = 0
  #acked = 0
  #failure: ChainFailure | undefined
  #wake: (() => void) | undefined

  private constructor(
    env: Env,
    token: string,
    namenode: NamespaceProtocol,
    allocated: AllocatedBlock,
    options: PipelineOptions,
  ) {
    this.#env = env
    this.#token = token
    this.#namenode = namenode
    this.#allocated = allocated
    this.#options = options
    this.#generation = allocated.generation
    this.#chain = addressed(allocated.targets)
    this.#wanted = allocated.targets.length
    for (let i = 0; i < windowPackets; i++) {
      this.#free.push({
        head: Buffer.alloc(headBytes),
        sums: new Uint8Array(0),
        data: Buffer.alloc(0),
        position: 0,
        length: 0,
      })
    }
  }

  static async open(
    env: Env,
    token: string,
    namenode: NamespaceProtocol,
    allocated: AllocatedBlock,
    options: PipelineOptions,
  ): Promise<ChainPipeline> {
    const pipeline = new ChainPipeline(env, token, namenode, allocated, options)
    await pipeline.#begin()
    return pipeline
  }

  get failed(): DatanodeId[] {
    return [...this.#failures.keys()]
  }

  async write(bytes: Uint8Array, sums: Uint32Array): Promise<void> {
    const packet = await this.#freePacket()
    // The caller reuses its bytes, and these may have to be sent again.
    if (packet.data.length < bytes.length) packet.data = Buffer.allocUnsafeSlow(bytes.length)
    packet.data.set(bytes)
    packet.sums = checksumBytes(sums)
    packet.position = this.#length
    packet.length = bytes.length
    writeHead(packet.head, kinds.data, bytes.length, packet.position)
    this.#length += bytes.length
    this.#window.push(packet)
    void this.#send(packet)
  }

  async #freePacket(): Promise<Packet> {
    for (;;) {
      await this.#mend()
      const packet = this.#free.pop()
      if (packet !== undefined) return packet
      if (this.#failure === undefined) await this.#event()
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#namenode.synced()
      while (this.#acked < this.#length) {
        await this.#mend()
        if (this.#acked < this.#length && this.#failure === undefined) await this.#event()
      }
      await this.#mend()
    } catch (error) {
      await this.abort()
      throw error
    }
    const stored = await this.#commitChain()
    if (stored.length === 0) throw this.#allFailed()
    for (const [datanode, error] of this.#failures) {
      this.#options.onLost({ block: this.#allocated.block, datanode, path: `on ${datanode}`, error })
    }
  }

  async abort(): Promise<void> {
    this.#link?.drop()
    this.#link = undefined
  }

  async #commitChain(): Promise<DatanodeId[]> {
    const link = this.#link
    if (link === undefined) throw this.#allFailed()
    try {
      const { stored, failed } = await link.commit(this.#length)
      for (const { datanode, message } of failed) this.#failures.set(datanode, new DfsError('DFS_IO', message))
      return [...stored]
    } catch (error) {
      // Who has committed and who has not can not be known from here: each is asked. All of them have every byte.
      if (!(error instanceof ChainFailure)) throw error
      const stored: DatanodeId[] = []
      const request = { block: this.#allocated.block, generation: this.#generation, length: this.#length }
      const asked = this.#chain.map(async (target) => {
        try {
          await finishReplica(this.#env, this.#token, target, request)
          stored.push(target.id)
        } catch (why) {
          this.#failures.set(target.id, why)
        }
      })
      await Promise.all(asked)
      return stored
    }
  }

  /** Something has changed: an acknowledgement, or a failure. */
  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  async #send(packet: Packet): Promise<void> {
    const data = packet.length === packet.data.length ? packet.data : packet.data.subarray(0, packet.length)
    await this.#link?.send(packet.head, packet.sums, data)
  }

  async #begin(): Promise<void> {
    for (;;) {
      const chain = nonEmpty(this.#chain)
      if (chain === undefined) {
        if (!(await this.#replace())) throw this.#allFailed()
        continue
      }
      try {
        await this.#openLink(chain, 0)
        return
      } catch (error) {
        this.#leave(error)
        await this.#replace()
      }
    }
  }

  async #openLink(chain: Chain, resumeAt: number): Promise<void> {
    const { block } = this.#allocated
    this.#failure = undefined
    const request = { block, generation: this.#generation, chunkBytes: this.#options.chunkBytes, resumeAt }
    this.#link = await ChainLink.open(this.#env, this.#token, chain, request, {
      acked: (position) => {
        this.#acked = Math.max(this.#acked, position)
        const done = this.#window.filter((packet) => packet.position + packet.length <= this.#acked)
        if (done.length === 0) return
        this.#window = this.#window.slice(done.length)
        this.#free.push(...done)
        this.#notify()
      },
      failed: (failure) => {
        this.#failure = failure
        this.#notify()
      },
    })
  }

  /** After a failure: the rest of the chain, and a replacement, go on from where everyone was. */
  async #mend(): Promise<void> {
    while (this.#failure !== undefined) {
      const failure = this.#failure
      this.#failure = undefined
      this.#link = undefined
      this.#leave(failure)
      if (this.#chain.length === 0 && this.#acked > 0) throw this.#allFailed()
      const { block } = this.#allocated
      this.#generation = await this.#namenode.newGeneration({
        file: this.#options.file,
        block,
        previous: this.#generation,
      })
      await this.#replace()
      const chain = nonEmpty(this.#chain)
      if (chain === undefined) throw this.#allFailed()
      try {
        await this.#openLink(chain, this.#acked)
      } catch (error) {
        this.#failure = error instanceof ChainFailure ? error : new ChainFailure(chain[0].id, error)
        continue
      }
      for (const packet of this.#window) void this.#send(packet)
    }
  }

  #leave(error: unknown): void {
    const id = error instanceof ChainFailure ? error.datanode : this.#chain[0]?.id
    if (id === undefined) throw error
    this.#failures.set(id, error instanceof ChainFailure ? error.cause : error)
    this.#chain = this.#chain.filter((target) => target.id !== id)
  }

  /** Brings the chain back to its length as far as datanodes are left; true if one came. */
  async #replace(): Promise<boolean> {
    const missing = this.#wanted - this.#chain.length
    const excluded = [...this.#failures.keys(), ...this.#chain.map(({ id }) => id)]
    const more = await this.#namenode.moreTargets({ block: this.#allocated.block, count: missing, excluded })
    let joined = false
    for (const target of addressed(more)) {
      if (this.#acked > 0 && !(await this.#givePrefix(target))) continue
      this.#chain = [...this.#chain, target]
      joined = true
    }
    return joined
  }

  /** The target gets what everyone has so far, from the first of the chain that can give it. */
  async #givePrefix(target: TargetAddress): Promise<boolean> {
    const request = { block: this.#allocated.block, generation: this.#generation, length: this.#acked, target }
    for (let source = this.#chain[0]; source !== undefined; source = this.#chain[0]) {
      try {
        await sendPrefix(this.#env, this.#token, source, request)
        return true
      } catch (error) {
        if (error instanceof ChainFailure && error.datanode === target.id) {
          this.#failures.set(target.id, error.cause)
          return false
        }
        this.#leave(error)
      }
    }
    return false
  }

  #allFailed(): DfsError {
    const said = [...this.#failures].map(
      ([id, error]) => `${id} said: ${error instanceof Error ? error.message : String(error)}`,
    )
    const what = `no datanode could store block ${this.#allocated.block} of ${this.#options.path}`
    if (said.length === 0) {
      const why = this.#allocated.shortfall ?? 'no datanode can take it; see quern dfs report'
      return new DfsError('DFS_NO_SPACE', `${what}: ${why}`)
    }
    return new DfsError('DFS_NO_SPACE', `${what}; ${said.join('; ')}`, { cause: [...this.#failures.values()][0] })
  }
}

const nonEmpty = ([first, ...rest]: readonly TargetAddress[]): Chain | undefined =>
  first === undefined ? undefined : [first, ...rest]

function addressed(targets: readonly DatanodeTarget[]): TargetAddress[] {
  return targets.flatMap(({ id, address }) => (address === undefined ? [] : [{ id, address }]))
}
