import { pipeline, type Transform } from 'node:stream'
import split2 from 'split2'
import { write } from '../../terminal/output.ts'
import type { CommandIo } from '../command.ts'

/** No answer is longer: what somebody pipes in without a line's end is passed over and does not pile up. */
const lines = { maxLength: 1024, skipOverflow: true }

/** Questions on stderr, answered by lines of stdin: read as one stream, so that a pipe may hold several answers. */
export class Confirmation {
  readonly #io: CommandIo
  #lines: Transform | undefined
  #answers: AsyncIterator<string> | undefined

  constructor(io: CommandIo) {
    this.#io = io
  }

  /** Asks until the answer is a yes or a no; the end of the input is a no. */
  async ask(question: string): Promise<boolean> {
    this.#answers ??= this.#read()[Symbol.asyncIterator]()
    for (;;) {
      await write(this.#io.stderr, `${question} (Y or N) `)
      const { value, done } = await this.#answers.next()
      if (done === true) return false
      const answer = value.trim().toLowerCase()
      if (answer === 'y' || answer === 'yes') return true
      if (answer === 'n' || answer === 'no') return false
      await write(this.#io.stderr, `Invalid input: ${value}\n`)
    }
  }

  #read(): Transform {
    this.#lines = split2(lines)
    // Whoever asks is told of a failure by the lines, which end with it.
    return pipeline(this.#io.stdin, this.#lines, () => undefined)
  }

  /** A terminal that is still read would keep the process. */
  close(): void {
    this.#lines?.destroy()
  }
}
