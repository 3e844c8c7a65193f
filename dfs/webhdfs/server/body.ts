import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * The body of a request, taken piece by piece: nothing is read before the last piece was dealt with, so that a slow disk
 * slows the client down and memory stays as it is.
 */
export class RequestBody {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #idleMs: number
  /** The client sends nothing before it hears `100 Continue`. */
  readonly held: boolean
  #begun = false

  constructor(request: IncomingMessage, response: ServerResponse, held: boolean, idleMs: number) {
    this.#request = request
    this.#response = response
    this.held = held
    this.#idleMs = idleMs
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
    // Left early it must not end the connection: the answer still has to go out.
    const iterator: AsyncIterator<Uint8Array> = this.#request.iterator({ destroyOnReturn: false })
    try {
      for (;;) {
        const idle = setTimeout(() => {
          this.#request.destroy(new Error(`the client sent nothing for ${this.#idleMs} ms`))
        }, this.#idleMs)
        const next = await iterator.next().finally(() => clearTimeout(idle))
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await iterator.return?.()
    }
  }
}
