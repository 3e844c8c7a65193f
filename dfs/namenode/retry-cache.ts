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
    // Behind all others, should it have been there: the oldest are in front.
    this.#answers.delete(id)
    this.#answers.set(id, { client, sequence, answer, time })
    for (const [oldest, { time: age }] of this.#answers) {
      if (this.#answers.size <= answersMax && age >= time - answerAgeMax) break
      this.#answers.delete(oldest)
    }
  }
}

const key = (client: string, sequence: number): string => `${sequence} ${client}`
