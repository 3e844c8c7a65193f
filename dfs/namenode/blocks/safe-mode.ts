import type { DfsConfig } from '../../base/config.ts'
import type { SafeModeStatus } from '../../client/administration.ts'

/** What safe mode goes by. */
export interface SafeModeFacts {
  readonly total: number
  /** Blocks with a good replica that was reported. */
  readonly safe: number
  /** Datanodes that live. */
  readonly live: number
  /** Names of those that have not come. */
  readonly awaited: readonly string[]
  /** Replicas of blocks that this namespace has never given out. */
  readonly strays: number
}

type Reason =
  /** Blocks are not reported yet; `since` when the thresholds were reached, for the extension. */
  | { readonly kind: 'startup'; readonly since: number | undefined }
  | { readonly kind: 'manual' }
  | { readonly kind: 'resources'; readonly detail: string }
  | { readonly kind: 'strays' }

/** Nothing may be changed while too little is known of where blocks lie, while a person wants it so, or with a full disk. */
export class SafeMode {
  readonly #config: DfsConfig
  #reason: Reason | undefined

  constructor(config: DfsConfig, facts: SafeModeFacts) {
    this.#config = config
    if (!this.#reached(facts)) this.#reason = { kind: 'startup', since: undefined }
  }

  get on(): boolean {
    return this.#reason !== undefined
  }

  /** Since the start it has not been left yet. */
  get starting(): boolean {
    return this.#reason?.kind === 'startup'
  }

  /** True when it is left now. */
  update(facts: SafeModeFacts, now: number): boolean {
    if (this.#reason?.kind !== 'startup') return false
    if (!this.#reached(facts)) {
      this.#reason = { kind: 'startup', since: undefined }
      return false
    }
    const since = this.#reason.since ?? now
    if (now - since < this.#config.safeModeExtensionMillis) {
      this.#reason = { kind: 'startup', since }
      return false
    }
    this.#reason = undefined
    return true
  }

  enter(): void {
    this.#reason = { kind: 'manual' }
  }

  leave(): void {
    this.#reason = undefined
  }

  /** Room alone does not end it: what has filled the disk may do so again. A person does. */
  lowResources(detail: string): void {
    this.#reason = { kind: 'resources', detail }
  }

  /** Data were found that are newer than the namespace. Whoever ends safe mode then has decided to go on without them. */
  strays(): void {
    if (this.#reason?.kind !== 'manual' && this.#reason?.kind !== 'resources') this.#reason = { kind: 'strays' }
  }

  status(facts: SafeModeFacts, now: number): SafeModeStatus {
    return { on: this.on, detail: this.#detail(facts, now) }
  }

  #reached({ total, safe, live }: SafeModeFacts): boolean {
    return safe >= this.#needed(total) && live >= this.#config.safeModeDatanodes
  }

  #needed(total: number): number {
    // The product of a fraction and a count may lie a hair above the whole number that is meant.
    return Math.ceil(total * this.#config.safeModeThreshold - 1e-6)
  }

  #detail(facts: SafeModeFacts, now: number): string {
    const reason = this.#reason
    if (reason === undefined) return ''
    if (reason.kind === 'manual') return 'It was turned on manually. Use "quern dfs safemode leave" to turn it off.'
    if (reason.kind === 'resources') {
      return `Resources are low on the namenode: ${reason.detail}. Make room, then use "quern dfs safemode leave".`
    }
    if (reason.kind === 'strays') {
      return `${facts.strays} replicas are of blocks that this namespace has never given out: it is older than the data. Put the newer image and journal in place, or use "quern dfs safemode leave" to go on without what these belong to; then they are kept only until the namenode starts again.`
    }
    const { total, safe, live } = facts
    const needed = this.#needed(total)
    const threshold = this.#config.safeModeThreshold.toFixed(4)
    const parts =
      safe < needed
        ? [
            `The reported blocks ${safe} needs additional ${needed - safe} blocks to reach the threshold ${threshold} of total blocks ${total}.`,
          ]
        : [`The reported blocks ${safe} has reached the threshold ${threshold} of total blocks ${total}.`]
    if (live < this.#config.safeModeDatanodes) {
      parts.push(
        `The number of live datanodes ${live} needs an additional ${this.#config.safeModeDatanodes - live} live datanodes to reach the minimum number ${this.#config.safeModeDatanodes}.`,
      )
    }
    if (this.#reached(facts)) {
      const left = this.#config.safeModeExtensionMillis - (now - (reason.since ?? now))
      parts.push(`Safe mode will be turned off automatically in ${Math.max(0, Math.ceil(left / 1000))} seconds.`)
      return parts.join(' ')
    }
    if (facts.awaited.length > 0) {
      parts.push(`Not here yet: ${facts.awaited.join(', ')}.`)
      parts.push(
        'Safe mode will be turned off automatically once the thresholds have been reached; start these datanodes,',
      )
    } else {
      parts.push('All datanodes have come, so these blocks are lost unless a disk that is missing is put back;')
    }
    parts.push('or use "quern dfs safemode leave" to go on without these blocks.')
    return parts.join(' ')
  }
}
