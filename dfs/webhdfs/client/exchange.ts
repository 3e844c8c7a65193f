import http from 'node:http'
import https from 'node:https'
import { DfsError } from '../../base/errors.ts'
import { answerLimits, type WebHdfsTiming } from './options.ts'

/** The connection failed, not what was asked. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure'
  /** The request may have been read, and done. */
  readonly reached: boolean
  /** Another try may fare better. */
  readonly passing: boolean

  constructor(message: string, options: { reached: boolean; passing: boolean; cause: unknown }) {
    super(message, options)
    this.reached = options.reached
    this.passing = options.passing
  }
}

/** Patience came to its end. */
class Silence extends Error {
  override readonly name = 'Silence'
}

/** Names that do not exist, certificates nobody trusts, and what speaks no HTTP stay as they are. */
const lasting = /^(?:ENOTFOUND|EPROTO|HPE_|CERT_|DEPTH_|UNABLE_|SELF_SIGNED|ERR_TLS|ERR_SSL|ERR_INVALID)/

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /**
   * What may not be done twice goes over a connection of its own: one that was kept from before may break in the very
   * moment it is used, and nobody could say whether the request was read.
   */
  readonly repeatable: boolean
  readonly signal: AbortSignal | undefined
}

/** HTTP as the client needs it: one request, one answer; kept connections, and a bound on every wait. */
export class Exchange {
  readonly #timing: WebHdfsTiming
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, maxFreeSockets: 32 }),
    'https:': new https.Agent({ keepAlive: true, maxFreeSockets: 32 }),
  }

  constructor(timing: WebHdfsTiming) {
    this.#timing = timing
  }

  /** A request without a body, and its answer as soon as its head is there. */
  async send(request: HttpRequest): Promise<http.IncomingMessage> {
    const upload = this.upload(request, { 'content-length': '0' })
    return await upload.end()
  }

  /** A request with a body of unknown length. */
  upload(request: HttpRequest, headers: Readonly<Record<string, string>>): Upload {
    const { method, url, repeatable, signal } = request
    const secure = url.protocol === 'https:'
    const sent = (secure ? https : http).request({
      method,
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      headers: method === 'GET' || method === 'DELETE' ? request.headers : { ...request.headers, ...headers },
      agent: repeatable ? this.#agents[secure ? 'https:' : 'http:'] : false,
      ...(signal === undefined ? {} : { signal }),
    })
    return new Upload(sent, url, this.#timing, signal)
  }

  /** Reads an answer that is no file's content; DFS_PROTOCOL beyond `most` bytes. */
  async text(answer: http.IncomingMessage, url: URL, most: number): Promise<string> {
    const pieces: Uint8Array[] = []
    let length = 0
    for await (const piece of this.pieces(answer, url)) {
      length += piece.length
      if (length > most) {
        answer.destroy()
        throw new DfsError('DFS_PROTOCOL', `${url.host} answered with more than ${most} bytes where JSON was due`)
      }
      pieces.push(Buffer.from(piece))
    }
    return Buffer.concat(pieces).toString('utf8')
  }

  /** What an answer brings, while it comes; a ConnectionFailure when it breaks off or falls silent. */
  async *pieces(answer: http.IncomingMessage, url: URL): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator: AsyncIterator<Uint8Array> = answer[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await within(this.#timing.silence, iterator.next(), () => {
          answer.destroy(new Silence(`nothing came for ${this.#timing.silence / 1000} s`))
        })
        if (next.done === true) return
        yield next.value
      }
    } catch (cause) {
      throw asConnectionFailure(cause, url, true)
    } finally {
      // A connection in the middle of an answer can not be used for another.
      if (!answer.complete) answer.destroy()
    }
  }

  /** Lets go of an answer nobody wants; a short one is read to its end, so that its connection can be kept. */
  async drop(answer: http.IncomingMessage, url: URL): Promise<void> {
    try {
      await this.text(answer, url, answerLimits.failureBytes)
    } catch (error) {
      // It was not wanted: how it ends is nobody's concern.
      if (!(error instanceof ConnectionFailure || error instanceof DfsError)) throw error
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }
}

/** A request under way. */
export class Upload {
  readonly url: URL
  readonly #request: http.ClientRequest
  readonly #timing: WebHdfsTiming
  readonly #signal: AbortSignal | undefined
  readonly #answer: Promise<http.IncomingMessage>
  #connected = false
  /** An answer that came before the body was asked for to its end: it can only be a failure. */
  #early = false

  constructor(request: http.ClientRequest, url: URL, timing: WebHdfsTiming, signal: AbortSignal | undefined) {
    this.#request = request
    this.url = url
    this.#timing = timing
    this.#signal = signal
    const connecting = setTimeout(() => {
      request.destroy(new Silence(`no connection within ${timing.connect / 1000} s`))
    }, timing.connect)
    request.on('socket', (socket) => {
      const connected = (): void => {
        this.#connected = true
        clearTimeout(connecting)
      }
      if (socket.connecting) socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected)
      else connected()
    })
    this.#answer = new Promise((resolve, reject) => {
      request.once('response', (answer) => {
        clearTimeout(connecting)
        this.#early = true
        resolve(answer)
      })
      request.on('error', (error) => {
        clearTimeout(connecting)
        reject(this.#failure(error))
      })
    })
    // Whoever writes learns of it by the write; nobody may be waiting for the answer yet.
    this.#answer.catch(() => undefined)
  }

  get answered(): boolean {
    return this.#early
  }

  /**
   * Resolves when the server wants the bytes, or has something against them: the request asked it to say so before. One that
   * does not know the question gets them after a moment.
   */
  async ready(): Promise<void> {
    this.#request.flushHeaders()
    let timer: NodeJS.Timeout | undefined
    const wanted = new Promise<void>((resolve) => {
      this.#request.once('continue', resolve)
      this.#request.once('socket', (socket) => {
        const begin = (): void => {
          timer = setTimeout(resolve, this.#timing.continue)
        }
        if (socket.connecting) socket.once('connect', begin)
        else begin()
      })
    })
    try {
      await Promise.race([wanted, this.#answer.then(() => undefined)])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Resolves when the bytes are with the system, so that they may be reused. An early answer ends the writing. */
  async write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#request.write(bytes, (error) => {
        if (error == null) resolve()
        else reject(this.#failure(error))
      })
    })
    await within(this.#timing.silence, Promise.race([written, this.#answer.then(() => undefined)]), () => {
      this.#request.destroy(new Silence(`nothing was taken for ${this.#timing.silence / 1000} s`))
    })
  }

  async end(): Promise<http.IncomingMessage> {
    this.#request.end()
    return await this.answer()
  }

  async answer(): Promise<http.IncomingMessage> {
    return await within(this.#timing.silence, this.#answer, () => {
      this.#request.destroy(new Silence(`no answer within ${this.#timing.silence / 1000} s`))
    })
  }

  /** Ends the connection in the middle. */
  destroy(): void {
    this.#request.destroy(new Error('given up'))
  }

  #failure(error: unknown): unknown {
    if (this.#signal?.aborted === true) return this.#signal.reason
    return asConnectionFailure(error, this.url, this.#connected)
  }
}

function asConnectionFailure(cause: unknown, url: URL, reached: boolean): unknown {
  if (!(cause instanceof Error) || cause instanceof DfsError || cause.name === 'AbortError') return cause
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const passing = !(cause instanceof Silence) && !lasting.test(code)
  return new ConnectionFailure(`${url.host}: ${cause.message || code}`, { reached, passing, cause })
}

/** Waits for `promise`; after `ms` `onSilence` has to make it fail. */
async function within<T>(ms: number, promise: Promise<T>, onSilence: () => void): Promise<T> {
  const timer = setTimeout(onSilence, ms)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
