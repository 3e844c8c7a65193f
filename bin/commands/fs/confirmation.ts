import { createInterface, type Interface } from 'node:readline'
import { write } from '../../terminal/output.ts'
import type { CommandIo } from '../command.ts'

/** Questions on stderr, answered by lines of stdin: read as one stream, so that a pipe may hold several answers. */
export class Confirmation {
  readonly #io: CommandIo
  #reader: Interface | undefined
  #lines: AsyncIterator<string> | undefined

  constructor(io: CommandIo) {
    this.#io = io
  }

  /** Asks until the answer is a yes or a no; the end of the input is a no. */
  async ask(question: string): Promise<boolean> {
    this.#reader ??= createInterface({ input: this.#io.stdin })
    this.#lines ??= this.#reader[Symbol.asyncIterator]()
    for (;;) {
      await write(this.#io.stderr, `${question} (Y or N) `)
      const { value, done } = await this.#lines.next()
      if (done === true) return false
      const answer = value.trim().toLowerCase()
      if (answer === 'y' || answer === 'yes') return true
      if (answer === 'n' || answer === 'no') return false
      await write(this.#io.stderr, `Invalid input: ${value}\n`)
    }
  }

  close(): void {
    this.#reader?.close()
  }
}
