import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { Address, Channel, Listener } from '../base/net.ts'
import { FrameChannel } from './frame.ts'
import { aliveMillis, failure, receiveHello } from './hello.ts'

/**
 * Requests and answers behind the hello:
 *
 *   request := {"id":sequence,"m":method,"a":arguments}
 *   answer  := {"id":sequence,"r":result} | {"id":sequence,"e":{"code":…,"message":…}}
 *
 *   alive   := {"alive":true}       each `aliveMillis`, so that silence means a stopped process or a lost connection
 *
 * Answers come in any order. The sequence is the client's own and the same when it asks again after a broken connection.
 */
export interface Caller {
  /** Names a client for as long as it lives, over all its connections. */
  readonly client: string
  readonly sequence: number
}

export interface RpcServerOptions {
  readonly env: Env
  readonly address: Address
  readonly token: string
  /** Fields for the answer to a hello; throws to refuse it. */
  readonly welcome: (hello: Record<string, unknown>) => object
  readonly handle: (method: string, request: unknown, caller: Caller) => Promise<unknown>
  /** What only a bug can cause. */
  readonly onFault: (error: unknown) => void
}

const clientNameMax = 200
/** Requests of one connection that may be at work; the next is not taken before one is answered. */
const inFlightMax = 4096

export class RpcServer {
  readonly #options: RpcServerOptions
  readonly #channels = new Set<Channel>()
  /** Requests at work, so that one asked again over a new connection is not done twice. */
  readonly #running = new Map<string, Promise<unknown>>()
  #listener: Listener | undefined

  constructor(options: RpcServerOptions) {
    this.#options = options
  }

  async listen(): Promise<Address> {
    this.#listener = await this.#options.env.net.listen(this.#options.address, (channel) => {
      this.#channels.add(channel)
      channel.onEnd(() => this.#channels.delete(channel))
      void this.#serve(channel)
    })
    return this.#listener.address
  }

  async close(): Promise<void> {
    await this.#listener?.close()
    for (const channel of [...this.#channels]) channel.close()
  }

  async #serve(channel: Channel): Promise<void> {
    const frames = new FrameChannel(channel)
    try {
      const hello = await receiveHello(frames, this.#options.token)
      const client = hello['client']
      if (typeof client !== 'string' || client.length === 0 || client.length > clientNameMax) {
        throw new DfsError('DFS_PROTOCOL', 'the hello names no client')
      }
      frames.send({ ok: true, ...this.#options.welcome(hello) })
      await this.#requests(frames, client)
    } catch (error) {
      if (!(error instanceof DfsError)) this.#options.onFault(error)
      else if (error.code !== 'DFS_UNREACHABLE') frames.send(failure(error))
      frames.close()
    }
  }

  async #requests(frames: FrameChannel, client: string): Promise<void> {
    const stop = this.#options.env.every(aliveMillis, () => frames.send({ alive: true }))
    frames.channel.onEnd(stop)
    let inFlight = 0
    let wake: (() => void) | undefined
    for (;;) {
      const { id, m: method, a: request } = await frames.receive()
      if (typeof id !== 'number' || typeof method !== 'string') throw new DfsError('DFS_PROTOCOL', 'no request')
      inFlight++
      void this.#answer(frames, method, request, { client, sequence: id }).finally(() => {
        inFlight--
        wake?.()
      })
      while (inFlight >= inFlightMax) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  }

  async #answer(frames: FrameChannel, method: string, request: unknown, caller: Caller): Promise<void> {
    const key = `${caller.client} ${caller.sequence}`
    let running = this.#running.get(key)
    if (running === undefined) {
      // Begins in this turn: whoever asked first is served first.
      running = this.#options.handle(method, request, caller).finally(() => this.#running.delete(key))
      this.#running.set(key, running)
    }
    let answer: object
    try {
      answer = { id: caller.sequence, r: await running }
    } catch (error) {
      if (!(error instanceof DfsError)) this.#options.onFault(error)
      const { code, message } = failure(error)
      answer = { id: caller.sequence, e: { code, message } }
    }
    try {
      frames.send(answer)
    } catch (error) {
      // Too long an answer; anything else would be a bug.
      const { code, message } = failure(error)
      frames.send({ id: caller.sequence, e: { code, message } })
    }
  }
}
