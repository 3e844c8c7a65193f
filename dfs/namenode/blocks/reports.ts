import { type BlockId, blockId, generationStamp } from '../../base/ids.ts'
import type { BlockKey } from '../../base/names.ts'
import type { Block } from '../inode.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { ReplicaLedger } from './replica-ledger.ts'

/** What becomes of one replica that a datanode says it has. */
type Finding =
  /** It counts, as it did before. */
  | 'known'
  /** It counts from now on. */
  | 'new'
  /** It does not count; what is to be done about it stands elsewhere. */
  | 'kept'
  /** No file needs it. */
  | 'unneeded'
  /** This namespace has never given out such a block: it is older than the data. Nothing of that may be deleted. */
  | 'stray'

/** What datanodes say of their replicas, one at a time or all at once. */
export class Reports {
  readonly strays = new Set<BlockId>()
  readonly #ledger: ReplicaLedger
  #highest: BlockKey | undefined

  constructor(ledger: ReplicaLedger) {
    this.#ledger = ledger
  }

  /** The largest block and the largest generation among the strays. */
  get highestStray(): BlockKey | undefined {
    return this.#highest
  }

  /** False: nobody needs it. */
  received(node: DatanodeState, key: BlockKey, length: number): boolean {
    const finding = this.#found(node, key.block, key.generation, length)
    // It may have been gone meanwhile, and a sweep be about to say so.
    const block = finding === 'known' ? this.#ledger.block(key.block) : undefined
    if (block !== undefined) this.#ledger.hold(block, node)
    return finding !== 'unneeded'
  }

  /**
   * The datanode has read it: what was held against it is void. That alone makes no replica known: it may have been deleted
   * while it was read.
   */
  verified(node: DatanodeState, key: BlockKey, length: number): void {
    node.asked.delete(key.block)
    const bad = this.#ledger.bad.find(key.block, node.number, key.generation)
    if (bad?.reason !== 'suspect' && bad?.reason !== 'corrupt') return
    this.#ledger.bad.remove(key.block, node.number, key.generation)
    this.received(node, key, length)
  }

  /** Its datanode has found it bad. */
  bad(node: DatanodeState, key: BlockKey): void {
    node.asked.delete(key.block)
    const block = this.#ledger.block(key.block)
    if (block !== undefined && !node.deletions.has(key.block)) {
      this.#ledger.condemn(block, node, key.generation, block.generation === key.generation ? 'corrupt' : 'generation')
    }
  }

  /**
   * Everything a datanode has: triples of block, generation and length. Gives the blocks whose good replica is there, if
   * there are others that were thought to be there and are not; to look for these is the sweep's.
   */
  full(node: DatanodeState, replicas: Float64Array): ReadonlySet<Block> | undefined {
    const before = node.blocks
    let known = 0
    for (let at = 0; at + 2 < replicas.length; at += 3) {
      if (this.#found(node, replicas[at] ?? 0, replicas[at + 1] ?? 0, replicas[at + 2] ?? 0) === 'known') known++
    }
    node.contentStale = false
    node.reportAsked = this.#ledger.now
    this.#forgetAbsent(node, replicas)
    return known === before ? undefined : this.#present(node, replicas)
  }

  #found(node: DatanodeState, id: number, stamp: number, length: number): Finding {
    const ledger = this.#ledger
    const generation = generationStamp(stamp)
    const block = ledger.blocks.get(blockId(id))
    if (block === undefined) return this.#unknown(node, { block: blockId(id), generation })
    if (node.deletions.size > 0 && node.deletions.generation(block.id) === generation) return 'kept'
    if (block.generation !== generation) {
      ledger.bad.set(block.id, { node: node.number, generation, reason: 'generation' })
      return 'kept'
    }
    if (ledger.bad.size > 0 && ledger.bad.find(block.id, node.number, generation) !== undefined) return 'kept'
    const lengths = ledger.open.get(block)
    if (lengths !== undefined) lengths.set(node.number, length)
    else if (block.length !== length) {
      ledger.condemn(block, node, generation, 'length')
      return 'kept'
    }
    if (block.replicas.includes(node.number)) return 'known'
    ledger.hold(block, node)
    return 'new'
  }

  #unknown(node: DatanodeState, key: BlockKey): Finding {
    const dropped = this.#ledger.dropped.get(key.block)
    if (dropped !== undefined) {
      const { block, others } = dropped
      if (block.generation !== key.generation) {
        others.push({ node: node.number, generation: key.generation })
        return 'kept'
      }
      if (block.replicas.includes(node.number)) return 'known'
      if (!this.#ledger.bad.on(key.block, node.number)) this.#ledger.hold(block, node)
      return 'new'
    }
    if (this.strays.has(key.block) || key.block >= this.#ledger.policy.nextBlock()) {
      this.strays.add(key.block)
      this.#highest = {
        block: blockId(Math.max(this.#highest?.block ?? 0, key.block)),
        generation: generationStamp(Math.max(this.#highest?.generation ?? 0, key.generation)),
      }
      return 'stray'
    }
    node.deletions.add(key)
    return 'unneeded'
  }

  /** Bad replicas and deletions that are no more: the replica is not there. */
  #forgetAbsent(node: DatanodeState, replicas: Float64Array): void {
    const { bad } = this.#ledger
    if (bad.size === 0 && node.deletions.size === 0) return
    const there = new Set<string>()
    for (let at = 0; at + 2 < replicas.length; at += 3) there.add(`${replicas[at]} ${replicas[at + 1]}`)
    const absent = ({ block, generation }: BlockKey): boolean => !there.has(`${block} ${generation}`)
    for (const key of [...node.deletions.keys()]) if (absent(key)) node.deletions.done(key)
    for (const [block, known] of [...bad.entries()]) {
      for (const { node: number, generation } of known) {
        if (number === node.number && absent({ block, generation })) bad.remove(block, number, generation)
      }
    }
  }

  #present(node: DatanodeState, replicas: Float64Array): ReadonlySet<Block> {
    const present = new Set<Block>()
    for (let at = 0; at + 2 < replicas.length; at += 3) {
      const block = this.#ledger.blocks.get(blockId(replicas[at] ?? 0))
      if (block === undefined || block.generation !== replicas[at + 1]) continue
      if (block.replicas.includes(node.number)) present.add(block)
    }
    return present
  }
}
