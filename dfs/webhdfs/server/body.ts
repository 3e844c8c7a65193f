import type { IncomingMessage, ServerResponse } from 'node:http'
import { Gathering } from './gathering.ts'
import type { WebHdfsServerLimits } from './limits.ts'

/**
 * The body of a request, taken piece by piece: no more than one is gathered while the last is dealt with, so that a slow disk
 * slows the client down and memory stays as it is.
 */
export class RequestBody {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #limits: WebHdfsServerLimits
  /** The client sends nothing before it hears `100 Continue`. */
  readonly held: boolean
  #begun = false

  constructor(request: IncomingMessage, response: ServerResponse, held: boolean, limits: WebHdfsServerLimits) {
    this.#request = request
    this.#response = response
    this.held = held
    this.#limits = limits
  }

  /** Whether the request says that it has one; a chunked one may still turn out to be empty. */
  get announced(): boolean {
    const { 'transfer-encoding': encoding, 'content-length': length } = this.#request.headers
    return encoding !== undefined || (length !== undefined && Number(length) > 0)
  }

  /** To its end. Throws when the client leaves before that, or sends nothing for too long. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#begun) throw new TypeError('the body of a request is there once')
    this.#begun = true
    if (this.held) this.#response.writeContinue()
    const gathering = new Gathering(this.#request, this.#limits.idleMs)
    try {
      for (let piece = await gathering.next(); piece !== undefined; piece = await gathering.next()) yield piece
    } finally {
      // Left early it must not end the connection: the answer still has to go out.
      gathering.stop()
    }
  }

  /** Some of it was not read, so that the connection is of no further use: it would be taken for the next request. */
  get isLeft(): boolean {
    const { complete, destroyed } = this.#request
    return this.announced && !complete && !destroyed
  }

  /**
   * Lets what is left pass by, to its end or up to a bound of bytes and time. Node closes such a connection with the end
   * of the answer, and a client that is still sending then might never get to read it.
   */
  async pass(): Promise<void> {
    // What is held will not come.
    if (!this.isLeft || (this.held && !this.#begun)) return
    const { unwantedBytesMax, unwantedMs } = this.#limits
    const request = this.#request
    await new Promise<void>((resolve) => {
      let bytes = 0
      const over = (): void => {
        clearTimeout(timer)
        request.off('data', count).pause()
        resolve()
      }
      const count = (piece: Uint8Array): void => {
        bytes += piece.length
        if (bytes > unwantedBytesMax) over()
      }
      const timer = setTimeout(over, unwantedMs)
      request.once('end', over)
      request.once('close', over)
      request.on('data', count).resume()
    })
  }
}
