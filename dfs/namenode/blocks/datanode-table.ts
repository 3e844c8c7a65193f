import { limits } from '../../base/config.ts'
import { DfsError } from '../../base/errors.ts'
import type { AdminState } from '../../client/administration.ts'
import type { DatanodeIdentity, KnownDatanode } from './commands.ts'
import { DatanodeState } from './datanode-state.ts'
import type { Usable, Worth } from './redundancy.ts'

/** Every datanode by its number, and what a set of them is worth. */
export class DatanodeTable {
  readonly all: DatanodeState[] = []
  readonly #byId = new Map<string, DatanodeState>()
  #sessions = 0
  #worth = new Map<readonly number[], Worth>()
  #usable: Usable | undefined

  constructor(known: readonly KnownDatanode[]) {
    for (const each of known) this.#add(each)
  }

  at(node: number): DatanodeState | undefined {
    return this.all[node]
  }

  byId(id: string): DatanodeState | undefined {
    return this.#byId.get(id)
  }

  *of(nodes: Iterable<number>): Generator<DatanodeState> {
    for (const number of nodes) {
      const node = this.all[number]
      if (node !== undefined) yield node
    }
  }

  get usable(): Usable {
    if (this.#usable === undefined) {
      const nodes = this.all.filter((node) => !node.dead && node.inService)
      this.#usable = { live: nodes.length, racks: new Set(nodes.map(({ rack }) => rack)).size }
    }
    return this.#usable
  }

  /** The sets are few and shared, so this is one look-up. */
  worth(nodes: readonly number[]): Worth {
    const known = this.#worth.get(nodes)
    if (known !== undefined) return known
    const there = [...this.of(nodes)].filter((node) => !node.dead)
    const counted = there.filter((node) => node.inService)
    const worth = {
      live: counted.length,
      leaving: there.length - counted.length,
      racks: new Set(counted.map(({ rack }) => rack)).size,
    }
    this.#worth.set(nodes, worth)
    return worth
  }

  /** Someone died, came, changed its rack or its admin state: what was worked out is void. */
  changed(): void {
    this.#worth = new Map()
    this.#usable = undefined
  }

  known(identity: DatanodeIdentity): DatanodeState {
    return this.#byId.get(identity.id) ?? this.#add({ ...identity, adminState: 'in-service' satisfies AdminState })
  }

  nextSession(): number {
    return ++this.#sessions
  }

  #add(known: KnownDatanode): DatanodeState {
    if (this.all.length >= limits.datanodesMax) {
      throw new DfsError(
        'DFS_BAD_ARGUMENT',
        `${known.id} would be datanode ${this.all.length + 1}; ${limits.datanodesMax} are the most there can be`,
      )
    }
    const node = new DatanodeState(this.all.length, known)
    this.all.push(node)
    this.#byId.set(node.id, node)
    this.changed()
    return node
  }
}
