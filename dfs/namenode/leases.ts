/**
 * Who is writing is heard from time to time; whose silence grows too long has lost its files. Silence is added up from the
 * looks that were made, each counting no more than it should have taken, so that a namenode that was itself stopped, or
 * whose machine slept, blames nobody.
 */
export class LeaseTable {
  readonly #silence = new Map<string, number>()

  renew(holder: string): void {
    this.#silence.set(holder, 0)
  }

  /** `holders` are those who write now, `millis` the time between two looks. Gives those that have been silent for `limit`. */
  look(holders: Iterable<string>, millis: number, limit: number): Set<string> {
    const expired = new Set<string>()
    const before = new Map(this.#silence)
    this.#silence.clear()
    for (const holder of holders) {
      const silence = (before.get(holder) ?? 0) + millis
      this.#silence.set(holder, silence)
      if (silence > limit) expired.add(holder)
    }
    return expired
  }
}
