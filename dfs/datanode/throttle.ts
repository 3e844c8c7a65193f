import type { Env } from '../base/env.ts'

/** Lets through so many bytes a second, whoever shares it; a burst of at most a quarter of a second. */
export class Throttle {
  readonly #env: Env
  readonly #bytesPerMilli: number
  /** When everything let through so far would have gone at that rate. */
  #paidUntil = 0

  constructor(env: Env, bytesPerSecond: number) {
    this.#env = env
    this.#bytesPerMilli = bytesPerSecond / 1000
  }

  async take(bytes: number): Promise<void> {
    const now = this.#env.monotonic()
    this.#paidUntil = Math.max(this.#paidUntil, now - burstMillis) + bytes / this.#bytesPerMilli
    const wait = this.#paidUntil - now
    if (wait > 1) await this.#env.sleep(wait)
  }
}

const burstMillis = 250
