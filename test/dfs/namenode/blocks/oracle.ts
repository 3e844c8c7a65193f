import type { BlockKey } from '../../../../dfs/base/names.ts'
import type { DatanodeCommands } from '../../../../dfs/namenode/blocks/commands.ts'
import type { Block } from '../../../../dfs/namenode/inode.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import { keyText, type SimulatedDatanode } from './simulated-datanode.ts'

/** Knows what is really on every disk, and cries out when the namenode orders what would lose something. */
export class Oracle {
  readonly #cluster: SimulatedCluster
  /** Deletions under way: by datanode and replica, until when they may still happen. */
  readonly #ordered = new Map<string, number>()
  /** What was damaged by datanode and replica, and when. */
  readonly #damaged = new Map<string, number>()
  copies = 0
  deletions = 0

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster
  }

  commanded(datanode: SimulatedDatanode, commands: DatanodeCommands, sentAt: number): void {
    const { config, now } = this.#cluster
    this.copies += commands.copies.length
    this.deletions += commands.deletions.length
    if (commands.copies.length > config.replicationCopiesPerNode) this.#cry(`${commands.copies.length} copies at once`)
    if (commands.deletions.length > config.deletionsPerHeartbeat)
      this.#cry(`${commands.deletions.length} deletions at once`)
    for (const { targets } of commands.copies) {
      if (new Set(targets).size !== targets.length) this.#cry('a copy twice to one datanode')
    }
    for (const key of commands.deletions) {
      this.#cluster.log(`${datanode.id} is to delete ${keyText(key)}`)
      this.#check(datanode, key, 'ordered')
      if (sentAt + commands.deletionsValidMillis >= now) {
        this.#ordered.set(`${datanode.id} ${keyText(key)}`, sentAt + commands.deletionsValidMillis)
      }
    }
    for (const { key, targets } of commands.copies) {
      this.#cluster.log(`${datanode.id} is to copy ${keyText(key)} to ${targets.join()}`)
    }
  }

  /** It has forgotten what it was told. */
  forgotten(datanode: SimulatedDatanode): void {
    for (const key of [...this.#ordered.keys()]) if (key.startsWith(`${datanode.id} `)) this.#ordered.delete(key)
  }

  deleting(datanode: SimulatedDatanode, key: BlockKey): void {
    this.#check(datanode, key, 'done')
    this.#ordered.delete(`${datanode.id} ${keyText(key)}`)
  }

  #check(datanode: SimulatedDatanode, key: BlockKey, when: string): void {
    if (key.block >= this.#cluster.nextBlock) this.#cry(`deletion of a stray ${when}: ${keyText(key)}`)
    const file = this.#cluster.files.find(({ node }) => node.blocks.some(({ id }) => id === key.block))
    const block = file?.node.blocks.find(({ id }) => id === key.block)
    if (file === undefined || block === undefined) return
    if (file.state === 'dropped') {
      // Ordered while the file was there, as surplus or bad: others are left, as is checked below.
      if (when === 'ordered') this.#cry(`deletion of ${keyText(key)} ordered, but that its file is gone is not durable`)
    }
    if (block.generation !== key.generation || !datanode.good(key, block.length)) return
    if (when === 'ordered') this.#checkTarget(block, datanode, file.node.attributes.replication)
    if (this.#goodElsewhere(block, datanode, when === 'ordered') === 0) {
      this.#cry(`deletion of the last good replica ${when}: ${keyText(key)} on ${datanode.id}`)
    }
  }

  /** As many as the target stay on datanodes that were heard lately, less what was damaged without a word. */
  #checkTarget(block: Block, except: SimulatedDatanode, target: number): void {
    const { datanodes, config, now, lastFrozen } = this.#cluster
    const patience = config.staleMillis + 2 * config.heartbeatMillis
    if (now - lastFrozen < patience) return
    const heard = datanodes.filter(
      (node) =>
        node !== except &&
        now - node.heardAt <= patience &&
        node.good({ block: block.id, generation: block.generation }, block.length),
    ).length
    if (heard + this.#silent(block) < target) {
      this.#cry(
        `block ${block.id} has ${heard} replicas that are certain, not ${target}, and ${except.id} is to delete its`,
      )
    }
  }

  /** Good replicas on other disks that still exist and, with `certain`, are not about to be deleted. */
  #goodElsewhere(block: Block, except: SimulatedDatanode, certain: boolean): number {
    return this.#cluster.datanodes.filter(
      (node) =>
        node !== except &&
        node.good({ block: block.id, generation: block.generation }, block.length) &&
        !(certain && this.#aboutToGo(node, { block: block.id, generation: block.generation })),
    ).length
  }

  #aboutToGo(node: SimulatedDatanode, key: BlockKey): boolean {
    const until = this.#ordered.get(`${node.id} ${keyText(key)}`)
    return until !== undefined && until >= this.#cluster.now
  }

  /**
   * A damage that no system with so many replicas could be asked to survive is not done: another good replica stays, and
   * fewer than the target are damaged without the namenode knowing.
   */
  survives(datanode: SimulatedDatanode, damaged: ReadonlySet<string>): boolean {
    for (const { node } of this.#cluster.files) {
      for (const block of node.blocks) {
        const key = { block: block.id, generation: block.generation }
        if (!damaged.has(keyText(key))) continue
        if (this.#goodElsewhere(block, datanode, true) === 0) return false
        const silent = this.#silent(block, datanode)
        if (silent >= node.attributes.replication) return false
      }
    }
    for (const text of damaged) this.#damaged.set(`${datanode.id} ${text}`, this.#cluster.now)
    return true
  }

  /** Replication may not go below what is damaged in silence. */
  mayWant(block: Block, replication: number): boolean {
    return this.#silent(block) < replication
  }

  /** Replicas that the namenode takes for good, or will when their datanode comes back, and that are not; `also` is about to be. */
  #silent(block: Block, also?: SimulatedDatanode): number {
    const key = { block: block.id, generation: block.generation }
    return this.#cluster.datanodes.filter((node) => {
      if (node === also) return true
      const number = this.#cluster.namenode.nodeOf(node.id)
      const believed = number !== undefined && block.replicas.includes(number)
      // That it is there may still be on its way to the namenode, or wait for one that is frozen.
      const damaged = this.#damaged.get(`${node.id} ${keyText(key)}`) ?? Number.NEGATIVE_INFINITY
      const told = believed || node.disk.has(keyText(key)) || this.#cluster.now - damaged < 10_000
      return told && !node.good(key, block.length)
    }).length
  }

  decommissioned(datanode: SimulatedDatanode): void {
    this.#cluster.log(`${datanode.id} is decommissioned`)
  }

  #cry(what: string): never {
    throw new Error(`${what}\n${this.#cluster.trace.slice(-60).join('\n')}`)
  }
}
