import { type DfsConfig, resolveConfig } from '../../../../dfs/base/config.ts'
import { blockId, datanodeId, fileId, generationStamp } from '../../../../dfs/base/ids.ts'
import type { BlockKey } from '../../../../dfs/base/names.ts'
import { BlockMap } from '../../../../dfs/namenode/block-map.ts'
import { BlockManagement } from '../../../../dfs/namenode/blocks/block-management.ts'
import type {
  DatanodeCommands,
  Heartbeat,
  KnownDatanode,
  Registration,
  ReportOrigin,
} from '../../../../dfs/namenode/blocks/commands.ts'
import { Block, FileNode } from '../../../../dfs/namenode/inode.ts'
import { Chance } from './chance.ts'

export interface BenchOptions {
  readonly racks: readonly string[]
  readonly config?: Partial<DfsConfig>
  /** Whole files that are there before the namenode starts: the replication of each, of one block of 10 bytes. */
  readonly files?: readonly number[]
  /** Datanodes that are not known before they come. */
  readonly unknown?: boolean
  readonly sweepSlice?: number
}

/** Block management with datanodes played by hand: each says what the test has it say. Datanode n has number n. */
export class Bench {
  readonly blocks = new BlockMap()
  readonly manager: BlockManagement
  readonly known: KnownDatanode[]
  readonly open = new Set<Block>()
  /** What each heartbeat brought, since the test last looked. */
  readonly heard = new Map<number, DatanodeCommands[]>()
  readonly silent = new Set<number>()
  readonly registrations: Registration[] = []
  readonly beats: Omit<Heartbeat, 'reported'>[] = []
  readonly #sequences: number[] = []
  readonly config: DfsConfig
  now = 1_000
  nextBlock = 1
  readonly beyond: [number, number][] = []

  constructor(options: BenchOptions) {
    this.config = resolveConfig(options.config ?? {})
    this.known = options.racks.map((rack, number) => ({
      id: datanodeId(`dn${number}`),
      rack,
      directory: `/disk/${number}`,
      adminState: 'in-service',
    }))
    for (const replication of options.files ?? []) this.addFile(replication)
    this.manager = new BlockManagement({
      blocks: this.blocks,
      policy: {
        wanted: (block) => block.file.attributes.replication,
        whole: (block) => !this.open.has(block),
        nextBlock: () => this.nextBlock,
        giveOutBeyond: (block, generation) => this.beyond.push([block, generation]),
      },
      config: this.config,
      random: new Chance(1).next,
      datanodes: options.unknown === true ? [] : this.known,
      epoch: 1,
      now: this.now,
      ...(options.sweepSlice === undefined ? {} : { sweepSlice: options.sweepSlice }),
    })
  }

  /** Everybody there, with these replicas: by datanode, the blocks. */
  static started(options: BenchOptions, holdings: readonly (readonly number[])[] = []): Bench {
    const bench = new Bench(options)
    for (const number of bench.known.keys()) {
      bench.register(number)
      bench.report(
        number,
        (holdings[number] ?? []).map((id) => bench.block(id)),
      )
      bench.beat(number)
    }
    while (bench.manager.tick(bench.now).again);
    return bench
  }

  addFile(replication: number, length = 10): Block {
    const id = this.nextBlock++
    const attributes = { replication, blockSize: 100, owner: { user: 'u', group: 'g' }, permission: 0o644 }
    const file = new FileNode(fileId(id), `f${id}`, undefined, attributes, 0, 0)
    const block = new Block(blockId(id), generationStamp(id + 100), length, file)
    file.blocks = [block]
    this.blocks.add(block)
    return block
  }

  /** A file that is being written. */
  openFile(replication: number): Block {
    const block = this.addFile(replication, 0)
    this.open.add(block)
    this.manager.added(block)
    return block
  }

  complete(block: Block, length = 10): void {
    block.length = length
    this.open.delete(block)
    this.manager.completed([block], this.now)
  }

  setReplication(block: Block, replication: number): void {
    block.file.attributes = { ...block.file.attributes, replication }
    this.manager.replicationChanged([block], this.now)
  }

  block(id: number): Block {
    const block = this.blocks.get(blockId(id))
    if (block === undefined) throw new Error(`no block ${id}`)
    return block
  }

  register(number: number, changes: { uuid?: string; rack?: string } = {}): void {
    const known = this.known[number]
    if (known === undefined) throw new Error(`no datanode ${number}`)
    const { id, rack, directory } = known
    this.registrations[number] = this.manager.register(
      { id, rack: changes.rack ?? rack, directory, uuid: changes.uuid ?? 'first' },
      this.now,
    )
    this.#sequences[number] = 0
    this.beats[number] ??= { capacity: 1_000, free: 900, used: 100, writers: 0 }
  }

  from(number: number): ReportOrigin {
    const sequence = (this.#sequences[number] ?? 0) + 1
    this.#sequences[number] = sequence
    return { ...this.registration(number), sequence }
  }

  registration(number: number): Registration {
    const registration = this.registrations[number]
    if (registration === undefined) throw new Error(`datanode ${number} has not registered`)
    return registration
  }

  /** A report is sent and lost. */
  lose(number: number): void {
    this.from(number)
  }

  report(number: number, replicas: readonly { id: number; generation: number; length: number }[]): void {
    const triples = Float64Array.from(replicas.flatMap(({ id, generation, length }) => [id, generation, length]))
    this.manager.fullReport(this.from(number), triples, this.now)
  }

  received(number: number, block: Block, length = block.length): boolean {
    return this.manager.received(this.from(number), keyOf(block), length, this.now)
  }

  deleted(number: number, block: Block): void {
    this.manager.deleted(this.from(number), keyOf(block), this.now)
  }

  bad(number: number, block: Block): void {
    this.manager.bad(this.from(number), keyOf(block), this.now)
  }

  verified(number: number, block: Block): void {
    this.manager.verified(this.from(number), keyOf(block), block.length, this.now)
  }

  beat(number: number): DatanodeCommands {
    const beat = { ...(this.beats[number] ?? { capacity: 0, free: 0, used: 0, writers: 0 }) }
    const reported = this.#sequences[number] ?? 0
    return this.manager.heartbeat(this.registration(number), { ...beat, reported }, this.now)
  }

  /** Time passes, with heartbeats of all that are not silent; gives what they were told. */
  pass(millis: number): Told {
    const told: Told = { copies: [], deletions: [], verify: [], died: [], decommissioned: [] }
    for (let passed = 0; passed < millis; passed += this.config.heartbeatMillis) {
      this.now += this.config.heartbeatMillis
      for (let again = true; again; ) {
        const tick = this.manager.tick(this.now)
        again = tick.again
        told.died.push(...tick.died)
        told.decommissioned.push(...tick.decommissioned)
      }
      for (const number of this.registrations.keys()) {
        if (this.silent.has(number) || this.registrations[number] === undefined) continue
        const { copies, deletions, verify } = this.beat(number)
        for (const { key, targets } of copies) told.copies.push([key.block, number, targets])
        for (const key of deletions) told.deletions.push([key.block, number])
        for (const key of verify) told.verify.push([key.block, number])
      }
    }
    return told
  }

  /** As `pass`, with datanodes that do what they are told, at once. */
  work(millis: number): Told {
    const all: Told = { copies: [], deletions: [], verify: [], died: [], decommissioned: [] }
    for (let passed = 0; passed < millis; passed += this.config.heartbeatMillis) {
      const told = this.pass(this.config.heartbeatMillis)
      for (const [id, , targets] of told.copies) {
        const block = this.blocks.get(blockId(id))
        if (block !== undefined) for (const target of targets) this.received(target, block)
      }
      for (const [id, number] of told.deletions) {
        const block = this.blocks.get(blockId(id))
        if (block !== undefined) this.deleted(number, block)
      }
      all.copies.push(...told.copies)
      all.deletions.push(...told.deletions)
      all.died.push(...told.died)
      all.decommissioned.push(...told.decommissioned)
    }
    return all
  }
}

export interface Told {
  /** Block, source, targets. */
  readonly copies: [number, number, readonly number[]][]
  /** Block, datanode. */
  readonly deletions: [number, number][]
  readonly verify: [number, number][]
  readonly died: number[]
  readonly decommissioned: number[]
}

export const keyOf = (block: Block): BlockKey => ({ block: block.id, generation: block.generation })
