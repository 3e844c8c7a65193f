import { type DfsConfig, resolveConfig } from '../../../../dfs/base/config.ts'
import { blockId, fileId, type GenerationStamp, generationStamp } from '../../../../dfs/base/ids.ts'
import { BlockMap } from '../../../../dfs/namenode/block-map.ts'
import { BlockManagement } from '../../../../dfs/namenode/blocks/block-management.ts'
import type { KnownDatanode, Registration } from '../../../../dfs/namenode/blocks/commands.ts'
import { Block, FileNode } from '../../../../dfs/namenode/inode.ts'
import { Chance } from './chance.ts'
import { Oracle } from './oracle.ts'
import { SimulatedDatanode } from './simulated-datanode.ts'

export const settings: Partial<DfsConfig> = {
  pendingTimeoutMillis: 3_000,
  fullReportMillis: 10_000,
  replicationCopiesPerNode: 4,
  replicationBytesPerNode: 400,
  replicationWorkMultiplier: 3,
  deletionsPerHeartbeat: 20,
}

export interface SimulatedFile {
  node: FileNode
  state: 'open' | 'complete' | 'dropped'
  /** Of a dropped one: when that is durable, and whether it was complete. */
  durableAt: number
  wasComplete: boolean
  /** Of an open one: its last block is written then. */
  writtenAt: number
}

/** A namenode, datanodes, and a wire that may lose, delay and double what is said; all of it in one thread, in virtual time. */
export class SimulatedCluster {
  readonly chance: Chance
  readonly config: DfsConfig
  readonly oracle: Oracle
  readonly wire = { loss: 0, duplicates: 0, delayMillis: 0 }
  readonly datanodes: SimulatedDatanode[] = []
  files: SimulatedFile[] = []
  namenode: BlockManagement
  /** The namenode's process does nothing until then. */
  namenodeFrozenUntil = 0
  lastFrozen = Number.NEGATIVE_INFINITY
  now = 0
  blocks = new BlockMap()
  nextBlock = 1
  nextGeneration = 1
  readonly trace: string[] = []
  readonly #known = new Map<string, KnownDatanode>()
  #events: { at: number; order: number; run: () => void }[] = []
  #order = 0
  #epoch = 0
  #nextFile = 1
  #nextTick = 0

  constructor(seed: number, racks: readonly string[]) {
    this.chance = new Chance(seed)
    this.config = resolveConfig(settings)
    this.oracle = new Oracle(this)
    for (const rack of racks) this.addDatanode(rack)
    this.namenode = this.#open()
  }

  addDatanode(rack: string): void {
    this.datanodes.push(new SimulatedDatanode(this, this.datanodes.length, rack, 3_000))
  }

  #open(): BlockManagement {
    return new BlockManagement({
      blocks: this.blocks,
      policy: {
        wanted: (block) => block.file.attributes.replication,
        whole: (block) => this.files.find(({ node }) => node === block.file)?.state === 'complete',
        nextBlock: () => this.nextBlock,
        // Strays lie far beyond anything this will give out.
        giveOutBeyond: () => undefined,
      },
      config: this.config,
      random: this.chance.next,
      datanodes: [...this.#known.values()],
      epoch: ++this.#epoch,
      now: this.now,
      sweepSlice: 5,
    })
  }

  /** The namenode dies and comes back: it knows files, and nothing of where their replicas lie. */
  restartNamenode(): void {
    this.log('namenode restarts')
    this.blocks = new BlockMap()
    this.namenodeFrozenUntil = 0
    const kept: SimulatedFile[] = []
    for (const file of this.files) {
      // A change that was not durable may be there, or not.
      if (file.state === 'dropped' && file.wasComplete && this.chance.happens(0.5)) file.state = 'complete'
      if (file.state === 'open' && this.chance.happens(0.5)) file.state = 'dropped'
      if (file.state === 'dropped') continue
      file.node.blocks = file.node.blocks.map((block) => {
        const again = new Block(block.id, block.generation, block.length, block.file)
        this.blocks.add(again)
        return again
      })
      kept.push(file)
    }
    this.files = kept
    this.namenode = this.#open()
  }

  register(datanode: SimulatedDatanode): Registration {
    const { id, rack } = datanode
    const registration = this.namenode.register(
      { id, rack, directory: `/${id}`, uuid: String(datanode.uuid) },
      this.now,
    )
    if (!this.#known.has(id)) this.#known.set(id, { id, rack, directory: `/${id}`, adminState: 'in-service' })
    return registration
  }

  setAdminState(datanode: SimulatedDatanode, adminState: KnownDatanode['adminState']): void {
    const known = this.#known.get(datanode.id)
    const number = this.namenode.nodeOf(datanode.id)
    if (known === undefined || number === undefined) return
    this.#known.set(datanode.id, { ...known, adminState })
    this.namenode.setAdminState(number, adminState, this.now)
  }

  adminState(datanode: SimulatedDatanode): KnownDatanode['adminState'] {
    return this.#known.get(datanode.id)?.adminState ?? 'in-service'
  }

  byNumber(number: number): SimulatedDatanode | undefined {
    const id = this.namenode.datanode(number, this.now)?.id
    return this.datanodes.find((node) => node.id === id)
  }

  at(time: number, run: () => void): void {
    this.#events.push({ at: Math.max(time, this.namenodeFrozenUntil), order: this.#order++, run })
  }

  log(what: string): void {
    this.trace.push(`${this.now} ${what}`)
  }

  step(millis: number): void {
    this.now += millis
    for (const datanode of this.datanodes) datanode.step()
    if (this.namenodeFrozenUntil > this.now) {
      this.lastFrozen = this.now
      return
    }
    const due = this.#events.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at || a.order - b.order)
    this.#events = this.#events.filter(({ at }) => at > this.now)
    // A process that was frozen finds its timer and its sockets in any order.
    const tickFirst = this.chance.happens(0.5)
    if (tickFirst) this.#tick()
    for (const { run } of due) run()
    if (!tickFirst) this.#tick()
    this.#files()
  }

  #tick(): void {
    if (this.now < this.#nextTick) return
    // A person is asked what to do about data that are newer than the namespace, and goes on.
    if (this.namenode.inSafeMode && this.namenode.counts().strays > 0) this.namenode.leaveSafeMode()
    this.#nextTick = this.now + this.config.heartbeatMillis
    let left = 3
    for (let again = true; again && left > 0; left--) {
      const result = this.namenode.tick(this.now)
      again = result.again
      for (const number of result.decommissioned) {
        const datanode = this.byNumber(number)
        const known = datanode === undefined ? undefined : this.#known.get(datanode.id)
        if (known !== undefined) this.#known.set(known.id, { ...known, adminState: 'decommissioned' })
        if (datanode !== undefined) this.oracle.decommissioned(datanode)
      }
    }
  }

  // Files

  create(replication: number, blocks: number): void {
    if (this.namenode.inSafeMode) return
    const id = this.#nextFile++
    const attributes = { replication, blockSize: 100, owner: { user: 'u', group: 'g' }, permission: 0o644 }
    const node = new FileNode(fileId(id), `f${id}`, undefined, attributes, 0, 0)
    const file: SimulatedFile = { node, state: 'open', durableAt: 0, wasComplete: false, writtenAt: 0 }
    this.files.push(file)
    for (let index = 0; index < blocks; index++) {
      const block = new Block(blockId(this.nextBlock++), generationStamp(this.nextGeneration++), 0, node)
      node.blocks = [...node.blocks, block]
      this.blocks.add(block)
      this.namenode.added(block)
    }
    file.writtenAt = this.now + this.chance.below(500)
  }

  #files(): void {
    for (const file of [...this.files]) {
      if (file.state === 'open' && file.writtenAt <= this.now) this.#write(file)
      if (file.state === 'dropped' && file.durableAt <= this.now) {
        this.namenode.droppedDurably(file.node.blocks)
        this.files = this.files.filter((other) => other !== file)
      }
    }
  }

  /** The blocks come to the datanodes, then the file is completed once the namenode has heard of each. */
  #write(file: SimulatedFile): void {
    const { node } = file
    const { replication } = node.attributes
    for (const block of node.blocks) {
      if (block.length > 0) continue
      const length = this.chance.between(1, 100)
      const targets = this.namenode.chooseTargets({ count: replication, length })
      let key: { block: Block['id']; generation: GenerationStamp } = { block: block.id, generation: block.generation }
      const running = targets.flatMap((number) => this.byNumber(number) ?? []).filter((target) => target.reachable)
      const [straggler] = running
      if (running.length > 1 && straggler !== undefined && this.chance.happens(0.15)) {
        // It finishes under the generation that the others have left behind.
        straggler.store(key, length)
        running.shift()
        const previous = block.generation
        const next = generationStamp(this.nextGeneration++)
        this.blocks.renew(block, next)
        this.namenode.regenerated(block, previous)
        key = { block: block.id, generation: next }
      }
      const written = running.filter((target) => target.store(key, length))
      if (written.length === 0) {
        this.drop(file)
        return
      }
      block.length = length
      file.writtenAt = this.now + 100
      return
    }
    if (node.blocks.every((block) => block.replicas.length > 0)) {
      file.state = 'complete'
      this.namenode.completed(node.blocks, this.now)
    } else if (this.now - file.writtenAt > 5_000) this.drop(file)
  }

  drop(file: SimulatedFile): void {
    if (file.state === 'dropped') return
    file.wasComplete = file.state === 'complete'
    file.state = 'dropped'
    file.durableAt = this.now + this.chance.below(600)
    for (const block of file.node.blocks) this.blocks.remove(block.id)
    this.namenode.dropped(file.node.blocks, this.now)
  }

  setReplication(file: SimulatedFile, replication: number): void {
    file.node.attributes = { ...file.node.attributes, replication }
    if (file.state === 'complete') this.namenode.replicationChanged(file.node.blocks, this.now)
  }

  /** A reader tries the first replica it is given. */
  read(block: Block): void {
    const [first] = this.namenode.locations(block)
    const datanode = first === undefined ? undefined : this.byNumber(first)
    if (first === undefined || datanode?.reachable !== true) return
    if (!datanode.good({ block: block.id, generation: block.generation }, block.length)) {
      this.namenode.suspect(first, block, this.now)
    }
  }
}
