import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { Address } from '../base/net.ts'
import { FrameChannel } from './frame.ts'
import { failureOf, greet, type Purpose } from './hello.ts'

export interface Endpoint {
  readonly address: Address
  readonly token: string
}

export interface RpcClientOptions {
  readonly env: Env
  /** Where the server is now; undefined while none is known. Asked again for every connection: it may have moved. */
  readonly locate: () => Promise<Endpoint | undefined>
  readonly purpose: Purpose
  /** Names this client for as long as it lives, over all its connections. */
  readonly client: string
  /** How long a request waits for a server that does not answer before it fails with DFS_UNREACHABLE. */
  readonly patienceMillis: number
  /** The server's name for messages. */
  readonly server: string
  /** Of each connection, the fields of the server's answer to the hello. */
  readonly onWelcome?: (fields: Record<string, unknown>) => void
}

interface Pending {
  readonly sequence: number
  readonly method: string
  readonly request: unknown
  readonly since: number
  // Any result: what it is, only the one who asked knows.
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

const retryFirstMillis = 20
const retryLastMillis = 500
const connectTimeoutMillis = 2000
/** A server says each half second that it lives. */
const silenceMillis = 5000

/**
 * One client of an RPC server. A broken connection is made again and what was not answered is asked again under the same
 * sequence number, which the server takes for the same request: it changes nothing twice.
 */
export class RpcClient {
  readonly #options: RpcClientOptions
  readonly #pending = new Map<number, Pending>()
  #sequence = 0
  #frames: FrameChannel | undefined
  #connecting: Promise<void> | undefined
  #closed = false

  constructor(options: RpcClientOptions) {
    this.#options = options
  }

  /** The result is what the server's method of that name returns; the two are of one version, which the hello has checked. */
  call<Result>(method: string, request: unknown): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new DfsError('DFS_CLOSED', `the connection to ${this.#options.server} has been closed`))
        return
      }
      const sequence = ++this.#sequence
      const since = this.#options.env.monotonic()
      const pending: Pending = { sequence, method, request, since, resolve, reject }
      this.#pending.set(sequence, pending)
      if (this.#frames === undefined) this.#connect()
      else this.#ask(this.#frames, pending)
    })
  }

  close(): void {
    this.#closed = true
    this.#frames?.close()
    this.#frames = undefined
    const error = new DfsError('DFS_CLOSED', `the connection to ${this.#options.server} has been closed`)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }

  #ask(frames: FrameChannel, { sequence, method, request, reject }: Pending): void {
    try {
      frames.send({ id: sequence, m: method, a: request })
    } catch (error) {
      this.#pending.delete(sequence)
      reject(error)
    }
  }

  #connect(): void {
    this.#connecting ??= this.#connectUntilDone().finally(() => {
      this.#connecting = undefined
      // Asked while the last attempt was given up.
      if (this.#frames === undefined && this.#pending.size > 0 && !this.#closed) this.#connect()
    })
  }

  async #connectUntilDone(): Promise<void> {
    const { env } = this.#options
    for (
      let wait = retryFirstMillis;
      !this.#closed && this.#pending.size > 0;
      wait = Math.min(wait * 2, retryLastMillis)
    ) {
      try {
        await this.#connectOnce()
        return
      } catch (error) {
        if (this.#giveUp(error)) return
        await env.sleep(wait)
      }
    }
  }

  async #connectOnce(): Promise<void> {
    const { env, locate, purpose, client, onWelcome, server } = this.#options
    const endpoint = await locate()
    if (endpoint === undefined) throw new DfsError('DFS_UNREACHABLE', `${server} is not running`)
    const frames = new FrameChannel(await env.net.connect(endpoint.address, connectTimeoutMillis))
    try {
      const welcome = await greet(frames, purpose, endpoint.token, { client })
      onWelcome?.(welcome)
    } catch (error) {
      frames.close()
      throw error
    }
    if (this.#closed) {
      frames.close()
      return
    }
    this.#frames = frames
    void this.#answers(frames)
    for (const pending of this.#pending.values()) this.#ask(frames, pending)
  }

  /** True when nobody waits any longer. What the server itself refuses will not get better by asking again. */
  #giveUp(error: unknown): boolean {
    const { env, patienceMillis, server } = this.#options
    const refused = !(error instanceof DfsError) || (error.code !== 'DFS_UNREACHABLE' && error.code !== 'DFS_IO')
    const now = env.monotonic()
    for (const [sequence, { since, reject }] of this.#pending) {
      if (!refused && now - since < patienceMillis) continue
      this.#pending.delete(sequence)
      reject(refused ? error : unanswered(server, now - since, error))
    }
    return this.#pending.size === 0
  }

  async #answers(frames: FrameChannel): Promise<void> {
    try {
      for (;;) {
        const answer = await frames.receive(undefined, silenceMillis)
        const pending = typeof answer['id'] === 'number' ? this.#pending.get(answer['id']) : undefined
        // One that was asked twice is answered twice.
        if (pending === undefined) continue
        this.#pending.delete(pending.sequence)
        const failed = answer['e']
        if (typeof failed === 'object' && failed !== null) pending.reject(failureOf({ ...failed }))
        else pending.resolve(resultOf(answer))
      }
    } catch (error) {
      frames.close()
      if (this.#frames === frames) this.#frames = undefined
      if (error instanceof DfsError && error.code === 'DFS_PROTOCOL') {
        for (const { reject } of this.#pending.values()) reject(error)
        this.#pending.clear()
      }
      if (this.#pending.size > 0 && !this.#closed) this.#connect()
    }
  }
}

/** JSON has no types: here, behind a hello that has checked the version, is where the answer is taken for what the method gives. */
const resultOf = (answer: Record<string, unknown>): never => answer['r'] as never

function unanswered(server: string, waited: number, cause: DfsError): DfsError {
  return new DfsError(
    'DFS_UNREACHABLE',
    `${server} did not answer for ${(waited / 1000).toFixed(1)} s: ${cause.message}; quern dfs status tells what runs`,
    { cause },
  )
}
