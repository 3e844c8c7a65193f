import type { BadReplica, Dfs } from '../../dfs/index.ts'

/** The bad replicas a job's tasks met: handed to the DFS for repair, and told to the user. */
export class BadReplicas {
  readonly #openDfs: () => Promise<Dfs>
  readonly #notes = new Map<string, string>()

  constructor(openDfs: () => Promise<Dfs>) {
    this.#openDfs = openDfs
  }

  get notes(): string[] {
    return [...this.#notes.values()]
  }

  /** Once a replica: while the DFS repairs it, other tasks still meet it, by then perhaps as missing. */
  async report(bad: readonly BadReplica[]): Promise<void> {
    const fresh: BadReplica[] = []
    for (const replica of bad) {
      const { block, datanode, reason, detail } = replica
      const key = `${block} on ${datanode}`
      if (this.#notes.has(key)) continue
      this.#notes.set(key, `A replica of block ${key} was bad (${reason}: ${detail}); another was read.`)
      fresh.push(replica)
    }
    if (fresh.length > 0) await (await this.#openDfs()).reportBad(fresh)
  }
}
