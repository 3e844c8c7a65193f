import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import { DfsError } from '../../base/errors.ts'
import { splitPath } from '../../base/path.ts'
import type { WebHdfsUrl } from '../../base/webhdfs-url.ts'
import { type OperationName, operations, WEBHDFS_PREFIX } from '../operations.ts'
import { parseAnswer } from './answers.ts'
import { ConnectionFailure, Exchange, type HttpRequest, type Upload } from './exchange.ts'
import { answerLimits, type WebHdfsOptions, type WebHdfsTiming } from './options.ts'
import { redirectTarget, refuseSecond } from './redirect.ts'
import { refused } from './refusal.ts'

export type Params = Readonly<Record<string, string | number | boolean | undefined>>

export interface Call {
  readonly op: OperationName
  readonly path: string
  readonly params?: Params
  /** Goes on though the command was told to stop: for clearing up. */
  readonly anyway?: boolean
}

/** An answer whose content is still to come. */
export interface Opened {
  readonly answer: IncomingMessage
  readonly url: URL
}

const redirectStatus = 307

/** Done twice these are not what they are done once. A CREATE or APPEND is, in its first step, which changes nothing. */
const onlyOnce: ReadonlySet<OperationName> = new Set([
  'RENAME',
  'CREATESNAPSHOT',
  'RENAMESNAPSHOT',
  'DELETESNAPSHOT',
  'CONCAT',
  'DELETE',
])

/** WebHDFS's requests: addresses, tokens, the step to a datanode, repetition, and failures as DfsErrors. */
export class RestClient {
  readonly origin: string
  readonly timing: WebHdfsTiming
  readonly #exchange: Exchange
  readonly #base: string
  readonly #host: string
  readonly #identity: Readonly<Record<string, string>>
  readonly #token: string | undefined
  readonly #signal: AbortSignal | undefined
  #server = ''
  #closed = false

  constructor({ origin, secure, host, port }: WebHdfsUrl, options: WebHdfsOptions, timing: WebHdfsTiming) {
    this.origin = origin
    this.timing = timing
    this.#exchange = new Exchange(timing)
    this.#base = `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
    this.#host = new URL(this.#base).host
    const delegation = options.env?.['QUERN_WEBHDFS_DELEGATION']
    this.#identity = delegation ? { delegation } : { 'user.name': options.user }
    this.#token = options.env?.['QUERN_WEBHDFS_TOKEN'] || undefined
    this.#signal = options.signal
  }

  /** What the server calls itself; empty before its first answer. */
  get server(): string {
    return this.#server
  }

  /** Asks, and reads the answer in the shape that is due. */
  async json<T>(call: Call, shape: z.ZodType<T>): Promise<T> {
    return this.parse(call, await this.text(call), shape)
  }

  async text(call: Call): Promise<string> {
    return await this.#repeating(call, async () => {
      const { answer, url } = await this.#follow(call)
      return await this.#exchange.text(answer, url, answerLimits.jsonBytes)
    })
  }

  parse<T>(call: Call, text: string, shape: z.ZodType<T>): T {
    return parseAnswer(text, shape, this.#asked(call))
  }

  /** Asks for something to be done; what is answered does not matter. */
  async done(call: Call): Promise<void> {
    await this.#repeating(call, async () => {
      const { answer, url } = await this.#follow(call)
      await this.#exchange.drop(answer, url)
    })
  }

  /** Asks for content; `pieces` reads it. */
  async open(call: Call): Promise<Opened> {
    return await this.#repeating(call, () => this.#follow(call))
  }

  pieces({ answer, url }: Opened): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#exchange.pieces(answer, url)
  }

  /** The first step of a write: where the bytes go. A server that redirects nobody takes them where it was asked. */
  async place(call: Call): Promise<URL> {
    return await this.#repeating(call, async () => {
      const first = this.#request(call, this.#url(call))
      const answer = await this.#send(first)
      const { location } = answer.headers
      await this.#finalAnswer(answer, first.url, call, redirectStatus)
      return answer.statusCode === redirectStatus ? redirectTarget(first.url, location) : first.url
    })
  }

  /** The second step: bytes may be written to what this gives. */
  begin(call: Call, url: URL, signal: AbortSignal | undefined): Upload {
    if (this.#closed) throw new DfsError('DFS_CLOSED', `${this.origin} has been closed`)
    const request = { ...this.#request(call, url), repeatable: false, signal: signal ?? this.#signal }
    return this.#exchange.upload(request, { 'content-type': 'application/octet-stream', expect: '100-continue' })
  }

  /** What the server says to a write: nothing, or what it has against it. */
  async written(call: Call, upload: Upload, answer: IncomingMessage): Promise<void> {
    await this.#finalAnswer(answer, upload.url, call)
  }

  /** A failed connection in words that say what was asked, and whether it may have been done. */
  failure({ op, path }: Call, error: unknown): unknown {
    if (!(error instanceof ConnectionFailure)) return error
    const unknown = error.reached && onlyOnce.has(op) ? '; whether it was done is not known' : ''
    const elsewhere = error.message.startsWith(`${this.#host}:`)
      ? ''
      : `. ${this.#host} sends there for the data: HDFS names its datanodes as they know themselves, and from here that name has to lead to them too`
    const message = `${op} ${this.origin}${path}: ${error.message}${unknown}${elsewhere}`
    return new DfsError('DFS_UNREACHABLE', message, { cause: error })
  }

  close(): void {
    this.#closed = true
    this.#exchange.close()
  }

  /** One request, and the one to where it is sent. */
  async #follow(call: Call): Promise<Opened> {
    const first = this.#request(call, this.#url(call))
    const answer = await this.#send(first)
    if (answer.statusCode !== redirectStatus) {
      await this.#checked(answer, first.url, call)
      return { answer, url: first.url }
    }
    const { location } = answer.headers
    await this.#exchange.drop(answer, first.url)
    const second = this.#request(call, redirectTarget(first.url, location))
    const content = await this.#send(second)
    if (content.statusCode === redirectStatus) {
      content.destroy()
      throw refuseSecond(second.url, first.url)
    }
    await this.#checked(content, second.url, call)
    return { answer: content, url: second.url }
  }

  async #send(request: HttpRequest): Promise<IncomingMessage> {
    if (this.#closed) throw new DfsError('DFS_CLOSED', `${this.origin} has been closed`)
    request.signal?.throwIfAborted()
    const answer = await this.#exchange.send(request)
    if (request.url.host === this.#host) this.#server = String(answer.headers['server'] ?? '')
    return answer
  }

  #url({ op, path, params = {} }: Call): URL {
    const parts = splitPath(path).map(encodeURIComponent)
    const query = new URLSearchParams({ op, ...this.#identity })
    for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, String(value))
    // The query's `+` for a space is not known everywhere.
    const text = query.toString().replaceAll('+', '%20')
    return new URL(`${this.#base}${WEBHDFS_PREFIX}/${parts.join('/')}?${text}`)
  }

  /** The token goes to the server that was named, and to nobody it sends us to: what they need, the address carries. */
  #request({ op, anyway = false }: Call, url: URL): HttpRequest {
    const { method } = operations[op]
    const authorization = this.#token !== undefined && url.origin === new URL(this.#base).origin
    return {
      method,
      url,
      repeatable: !onlyOnce.has(op),
      signal: anyway ? undefined : this.#signal,
      headers: {
        accept: '*/*',
        // Asked for by servers that guard themselves against other sites' forms.
        'x-xsrf-header': 'quern',
        ...(authorization ? { authorization: `Bearer ${this.#token}` } : {}),
      },
    }
  }

  /** Throws the DfsError that a refusal stands for. */
  async #checked(answer: IncomingMessage, url: URL, call: Call, also?: number): Promise<void> {
    const status = answer.statusCode ?? 0
    if ((status >= 200 && status < 300) || status === also) return
    const body = await this.#exchange.text(answer, url, answerLimits.failureBytes)
    throw refused({ asked: this.#asked(call), status, body, challenge: answer.headers['www-authenticate'] })
  }

  async #finalAnswer(answer: IncomingMessage, url: URL, call: Call, also?: number): Promise<void> {
    await this.#checked(answer, url, call, also)
    await this.#exchange.drop(answer, url)
  }

  async #repeating<T>(call: Call, attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt()
      } catch (error) {
        if (tries >= this.timing.attempts || !mayRepeat(error, !onlyOnce.has(call.op))) {
          throw this.failure(call, error)
        }
      }
      const signal = call.anyway === true ? undefined : this.#signal
      await pause(this.timing.pause * 3 ** (tries - 1), undefined, signal === undefined ? {} : { signal })
    }
  }

  #asked({ op, path }: Call): string {
    return `${op} ${this.origin}${path}`
  }
}

function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (error instanceof ConnectionFailure) return error.passing && (repeatable || !error.reached)
  // The server asks for it: a namenode that starts, stands by, or is behind a gateway that does not reach it.
  return repeatable && error instanceof DfsError && (error.code === 'DFS_UNREACHABLE' || error.code === 'DFS_FENCED')
}
