import { noReplicas } from './inode.ts'

/**
 * The sets of datanodes that blocks have their replicas on. A few of them serve millions of blocks, so each is one sorted
 * immutable array; adding a datanode to one, or taking one away, is remembered, and costs two look-ups the next time.
 */
export class ReplicaSets {
  readonly #byKey = new Map<string, readonly number[]>()
  readonly #joined = new Map<readonly number[], (readonly number[] | undefined)[]>()
  readonly #parted = new Map<readonly number[], (readonly number[] | undefined)[]>()

  with(set: readonly number[], node: number): readonly number[] {
    return this.#step(this.#joined, set, node, () =>
      set.includes(node) ? set : [...set, node].sort((one, other) => one - other),
    )
  }

  without(set: readonly number[], node: number): readonly number[] {
    return this.#step(this.#parted, set, node, () => set.filter((other) => other !== node))
  }

  #step(
    known: Map<readonly number[], (readonly number[] | undefined)[]>,
    set: readonly number[],
    node: number,
    make: () => readonly number[],
  ): readonly number[] {
    let steps = known.get(set)
    if (steps === undefined) {
      steps = []
      known.set(set, steps)
    }
    const there = steps[node]
    if (there !== undefined) return there
    const made = this.#one(make())
    steps[node] = made
    return made
  }

  #one(nodes: readonly number[]): readonly number[] {
    if (nodes.length === 0) return noReplicas
    const key = nodes.join()
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    this.#byKey.set(key, nodes)
    return nodes
  }
}
