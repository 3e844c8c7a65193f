import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { BlockKey } from '../base/names.ts'
import type { Datanode } from './datanode.ts'
import type { NamenodeLink } from './namenode-link.ts'
import type { ReplicaIndex } from './replica-index.ts'
import type { Throttle } from './throttle.ts'

export interface ScrubberParts {
  readonly env: Env
  readonly datanode: Pick<Datanode, 'id' | 'verifyReplica'>
  readonly index: ReplicaIndex
  readonly link: Pick<NamenodeLink, 'verified' | 'bad' | 'deleted' | 'scrubbed' | 'session'>
  readonly throttle: Pick<Throttle, 'take'>
}

/** Reads replicas from end to end, by and by or when asked, and tells the namenode what it finds. */
export class Scrubber {
  readonly #parts: ScrubberParts
  readonly #stop = new AbortController()
  #begun: string | undefined

  constructor(parts: ScrubberParts) {
    this.#parts = parts
  }

  /** Reads one replica and reports how it is; resolves to what is wrong with it. */
  async verify(key: BlockKey): Promise<string | undefined> {
    const { datanode, index, link, throttle } = this.#parts
    const length = index.lengthOf(key.block, key.generation)
    if (length === undefined) {
      await link.deleted(datanode.id, key)
      return 'it is not there'
    }
    const entry = index.entry(key)
    await throttle.take(length)
    try {
      await datanode.verifyReplica(key, length)
      // Deleted while it was read, or another by now: what is said last would be believed.
      if (index.entry(key) === entry) await link.verified(key, length)
      return undefined
    } catch (error) {
      if (!(error instanceof DfsError)) throw error
      if (index.entry(key) !== entry) return undefined
      if (error.code === 'DFS_NOT_FOUND') await link.deleted(datanode.id, key)
      else await link.bad(key)
      return error.message
    }
  }

  /** Everything at once, as an operator has asked; what is under way or done in this session is not begun again. */
  async all(scrub: number): Promise<void> {
    const name = `${this.#parts.link.session} ${scrub}`
    if (this.#begun === name) return
    this.#begun = name
    try {
      await this.#all(scrub)
    } catch (error) {
      this.#begun = undefined
      throw error
    }
  }

  async #all(scrub: number): Promise<void> {
    const { index, link } = this.#parts
    const bad: (BlockKey & { detail: string })[] = []
    let replicas = 0
    let bytes = 0
    for (const { key, length } of [...index.all()]) {
      if (this.#stop.signal.aborted) return
      replicas++
      bytes += length
      const detail = await this.verify(key)
      if (detail !== undefined) bad.push({ ...key, detail })
    }
    await link.scrubbed({ scrub, replicas, bytes, bad })
  }

  /** One after the other for ever, so that each replica is read once in `periodMillis`. */
  async run(periodMillis: number): Promise<void> {
    const { index, env } = this.#parts
    while (!this.#stop.signal.aborted) {
      const round = [...index.all()]
      const pause = periodMillis / Math.max(1, round.length)
      for (const { key } of round) {
        await env.sleep(pause, this.#stop.signal)
        if (this.#stop.signal.aborted) return
        await this.verify(key)
      }
      if (round.length === 0) await env.sleep(Math.min(pause, idleMillis), this.#stop.signal)
    }
  }

  stop(): void {
    this.#stop.abort()
  }
}

const idleMillis = 60_000
