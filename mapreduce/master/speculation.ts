import type { MasterLimits } from './limits.ts'

/** How long the tasks of one kind take, and from when on one of them counts as slow. */
export class Pace {
  readonly #tasks: number
  readonly #limits: Pick<MasterLimits, 'speculativeFactor' | 'speculativeMsMin'>
  /** In order. */
  readonly #took: number[] = []

  constructor(tasks: number, limits: Pick<MasterLimits, 'speculativeFactor' | 'speculativeMsMin'>) {
    this.#tasks = tasks
    this.#limits = limits
  }

  finished(ms: number): void {
    const at = this.#took.findIndex((other) => other > ms)
    this.#took.splice(at === -1 ? this.#took.length : at, 0, ms)
  }

  /** Undefined until half of the tasks are finished: before, nobody knows what is usual. */
  get slowMs(): number | undefined {
    const { length } = this.#took
    if (length === 0 || length * 2 < this.#tasks) return undefined
    const median = this.#took[Math.floor((length - 1) / 2)] ?? 0
    return Math.max(this.#limits.speculativeMsMin, median * this.#limits.speculativeFactor)
  }
}
