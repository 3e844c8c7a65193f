import { type Env, realEnv } from '../../../dfs/base/env.ts'
import type { Channel, Net } from '../../../dfs/base/net.ts'
import { aliveMillis } from '../../../dfs/rpc/hello.ts'

/**
 * What a process takes from the machine, so that it can be stopped and go on as by SIGSTOP and SIGCONT: its connections stay
 * open and the system takes new ones for it, nothing is answered, its timers wait; then all that came meanwhile is there.
 */
export class Freezer {
  readonly #base: Env
  readonly #queue: (() => void)[] = []
  #frozen = false

  constructor(base: Env = realEnv) {
    this.#base = base
  }

  get frozen(): boolean {
    return this.#frozen
  }

  freeze(): void {
    this.#frozen = true
  }

  thaw(): void {
    this.#frozen = false
    for (const action of this.#queue.splice(0)) action()
  }

  get env(): Env {
    const { every, sleep } = this.#base
    return {
      ...this.#base,
      net: this.#net,
      every: (millis, action) =>
        every(millis, () => {
          if (!this.#frozen) action()
        }),
      sleep: async (millis, signal) => {
        await sleep(millis, signal)
        await this.#thawed()
      },
    }
  }

  get #net(): Net {
    const { net } = this.#base
    return {
      connect: async (address, timeoutMillis) => this.#channel(await net.connect(address, timeoutMillis)),
      listen: (address, onChannel) =>
        net.listen(address, (channel) => this.#later(() => onChannel(this.#channel(channel)))),
    }
  }

  #channel(channel: Channel): Channel {
    return {
      peer: channel.peer,
      get ended() {
        return channel.ended
      },
      onEnd: (action) => channel.onEnd(() => this.#later(action)),
      close: () => this.#later(() => channel.close()),
      post: (bytes) => this.#later(() => channel.post(bytes)),
      send: async (...pieces) => {
        await this.#thawed()
        await channel.send(...pieces)
      },
      receive: async (target, timeoutMillis) => {
        await channel.receive(target, timeoutMillis)
        await this.#thawed()
      },
    }
  }

  #later(action: () => void): void {
    if (this.#frozen) this.#queue.push(action)
    else action()
  }

  #thawed(): Promise<void> {
    return new Promise((resolve) => this.#later(resolve))
  }
}

/** Time in which whoever waits for others loses patience `factor` times as early. */
export function impatient(factor: number, base: Env = realEnv): Env {
  return {
    ...base,
    monotonic: () => base.monotonic() * factor,
    net: {
      listen: base.net.listen,
      connect: async (address, timeoutMillis) => {
        const channel = await base.net.connect(address, timeoutMillis / factor)
        return {
          peer: channel.peer,
          get ended() {
            return channel.ended
          },
          onEnd: (action) => channel.onEnd(action),
          close: () => channel.close(),
          post: (bytes) => channel.post(bytes),
          send: (...pieces) => channel.send(...pieces),
          receive: (target, millis) => channel.receive(target, millis === undefined ? undefined : millis / factor),
        }
      },
    },
  }
}

/** Says as much more often that it lives, for those who are `impatient`. */
export const lively = (factor: number, base: Env = realEnv): Env => ({
  ...base,
  every: (millis, action) => base.every(millis === aliveMillis ? millis / factor : millis, action),
})
