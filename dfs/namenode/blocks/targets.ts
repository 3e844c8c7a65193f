import type { Block } from '../inode.ts'
import { type PlacementNode, placeReplicas } from '../placement.ts'
import type { TargetRequest } from './commands.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { DatanodeTable } from './datanode-table.ts'

/** Where new replicas can go. */
export class Targets {
  readonly #nodes: DatanodeTable
  readonly #random: () => number

  constructor(nodes: DatanodeTable, random: () => number) {
    this.#nodes = nodes
    this.#random = random
  }

  choose(request: TargetRequest, also: (node: DatanodeState) => boolean = () => true): number[] {
    const present = request.present ?? []
    const mean = this.#meanWriters()
    // Those that have a replica are placed by too, whatever becomes of them.
    const holders = [...this.#nodes.of(present)].map(({ number, rack }) => ({ index: number, rack }))
    const nodes = this.#nodes.all
      .filter((node) => !present.includes(node.number) && this.#takes(node, request) && also(node))
      .map((node) => placed(node, mean))
    return placeReplicas([...holders, ...nodes], request.count, this.#random, {
      present,
      writer: request.writer,
    })
  }

  #takes(node: DatanodeState, { length, excluded }: TargetRequest): boolean {
    return !node.dead && node.inService && node.hasRoom(length) && excluded?.has(node.number) !== true
  }

  #meanWriters(): number {
    let writers = 0
    for (const node of this.#nodes.all) if (!node.dead) writers += node.beat.writers
    return writers / Math.max(1, this.#nodes.usable.live)
  }

  /** Why `choose` finds fewer than asked for. */
  explain(request: TargetRequest): string {
    const counts = new Map<string, number>()
    const details: string[] = []
    const count = (what: string): void => {
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
    for (const node of this.#nodes.all) {
      if (request.present?.includes(node.number) === true) count('that have one already')
      else if (node.session === 0) count('that never came')
      else if (node.dead) count('dead')
      else if (!node.inService) count(node.adminState)
      else if (request.excluded?.has(node.number) === true) count('that failed this writer')
      else if (node.beat.failure !== undefined) {
        count('with a disk that fails')
        details.push(`${node.id}: ${node.beat.failure}`)
      } else if (node.beat.free === undefined) count('that have not said yet how much room they have')
      else if (!node.hasRoom(request.length)) {
        count('full')
        details.push(`${node.id} is full: ${request.length} bytes are needed, ${node.beat.free} are free`)
      } else count('that can take it')
    }
    const total = this.#nodes.all.length
    const parts = [...counts].map(([what, number]) => `${number} ${what}`)
    const found = counts.get('that can take it') ?? 0
    const what = `${request.count} replica${request.count === 1 ? ' was' : 's were'} asked for and ${found} can be placed`
    const who =
      total === 0 ? 'no datanode has ever come' : `of ${total} datanode${total === 1 ? '' : 's'}: ${parts.join(', ')}`
    return [`${what}; ${who}`, ...details].join('; ')
  }
}

function placed(node: DatanodeState, meanWriters: number): PlacementNode {
  return {
    index: node.number,
    rack: node.rack,
    // HDFS's factor for a datanode that has too much to do.
    avoid: node.liveness === 'stale' || node.beat.writers > 2 * meanWriters + 1,
    ...(node.beat.free === undefined ? {} : { free: node.beat.free }),
  }
}

/** Datanodes that must not be given a replica of the block: they have one, good or bad, or are about to. */
export function takenFor(
  block: Block,
  parts: {
    readonly nodes: DatanodeTable
    readonly isBad: (node: number) => boolean
    readonly coming: ReadonlySet<number> | undefined
  },
): Set<number> {
  const taken = new Set(block.replicas)
  for (const node of parts.nodes.all) {
    if (parts.isBad(node.number) || node.deletions.has(block.id)) taken.add(node.number)
  }
  for (const node of parts.coming ?? []) taken.add(node)
  return taken
}
