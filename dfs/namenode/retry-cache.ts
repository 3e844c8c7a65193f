/** What one request was answered. */
export interface Answer {
  readonly client: string
  readonly sequence: number
  /** JSON text. */
  readonly answer: string
  readonly time: number
}

export const answerAgeMax = 10 * 60_000
export const answersMax = 20_000

/**
 * Answers of the last minutes, so that a request that comes again is told what it was told. Ages are told by the records'
 * own times, never by a clock: the same records leave the same answers.
 */
export class RetryCache {
  readonly #answers = new Map<string, Answer>()
  /**
   * The same in the order they came, from `#first` on, with some that were remembered anew meanwhile. The map has that order, too,
   * but to find its oldest it walks over all that were deleted before.
   */
  #order: Answer[] = []
  #first = 0

  get size(): number {
    return this.#answers.size
  }

  values(): IterableIterator<Answer> {
    return this.#answers.values()
  }

  /** The answer's JSON text; undefined for a request that is new. */
  lookup(client: string, sequence: number): string | undefined {
    return this.#answers.get(key(client, sequence))?.answer
  }

  remember({ client, sequence, answer, time }: Answer): void {
    const id = key(client, sequence)
    const fresh = { client, sequence, answer, time }
    // Behind all others, should it have been there: the oldest are in front.
    this.#answers.delete(id)
    this.#answers.set(id, fresh)
    this.#order.push(fresh)
    for (let oldest = this.#order[this.#first]; oldest !== undefined; oldest = this.#order[++this.#first]) {
      if (this.#answers.size <= answersMax && oldest.time >= time - answerAgeMax) break
      const oldestId = key(oldest.client, oldest.sequence)
      if (this.#answers.get(oldestId) === oldest) this.#answers.delete(oldestId)
    }
    if (this.#first <= answersMax) return
    this.#order = this.#order.slice(this.#first)
    this.#first = 0
  }
}

const key = (client: string, sequence: number): string => `${sequence} ${client}`
