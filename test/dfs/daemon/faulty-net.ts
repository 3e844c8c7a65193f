import { type Env, realEnv } from '../../../dfs/base/env.ts'
import { DfsError } from '../../../dfs/base/errors.ts'
import { type Address, type Channel, type Listener, type Net, realNet } from '../../../dfs/base/net.ts'

/** One thing that a process does on the network. */
export interface NetEvent {
  readonly kind: 'connect' | 'send' | 'received'
  /** Of those that it connected to; undefined for a connection that came in. */
  readonly to: Address | undefined
  /** What is sent, or has come. */
  readonly bytes: Uint8Array
}

/**
 * What becomes of it. `cut`: the connection breaks before. `cutAfter`: right after. `lose`: nothing goes out or comes in on this
 * connection from now on, and nobody is told. `flip`: one bit changes. `twice`: it goes out two times.
 */
export type NetFault = 'cut' | 'cutAfter' | 'lose' | 'flip' | 'twice' | undefined

/** The real network, with faults where `plan` says so. */
export class FaultyNet implements Net {
  plan: (event: NetEvent) => NetFault | Promise<NetFault> = () => undefined
  /** Nothing goes out or comes in any more, on any connection, and nobody is told: a process that was stopped. */
  #stopped = false
  readonly #waiting: (() => void)[] = []

  get stopped(): boolean {
    return this.#stopped
  }

  stop(): void {
    this.#stopped = true
  }

  /** What it was waiting for has come to nothing. */
  resume(): void {
    this.#stopped = false
    for (const go of this.#waiting.splice(0)) go()
  }

  async never(): Promise<never> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
    })
    throw new DfsError('DFS_UNREACHABLE', 'planted fault: it was stopped meanwhile')
  }

  get env(): Env {
    return { ...realEnv, net: this }
  }

  async connect(address: Address, timeoutMillis: number): Promise<Channel> {
    const fault = await this.plan({ kind: 'connect', to: address, bytes: new Uint8Array(0) })
    if (fault !== undefined) throw new DfsError('DFS_UNREACHABLE', 'planted fault: no connection')
    return new FaultyChannel(this, await realNet.connect(address, timeoutMillis), address)
  }

  listen(address: Address, onChannel: (channel: Channel) => void): Promise<Listener> {
    return realNet.listen(address, (channel) => onChannel(new FaultyChannel(this, channel, undefined)))
  }
}

class FaultyChannel implements Channel {
  readonly #net: FaultyNet
  readonly #channel: Channel
  readonly #to: Address | undefined
  #lost = false

  constructor(net: FaultyNet, channel: Channel, to: Address | undefined) {
    this.#net = net
    this.#channel = channel
    this.#to = to
  }

  get peer(): string {
    return this.#channel.peer
  }

  get ended(): boolean {
    return this.#channel.ended
  }

  onEnd(action: () => void): void {
    this.#channel.onEnd(action)
  }

  close(): void {
    // Whoever was stopped does not close its connections either.
    if (!this.#net.stopped) this.#channel.close()
  }

  async send(...pieces: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(pieces)
    const fault = await this.#fault('send', bytes)
    if (this.#lost || this.#net.stopped) return await this.#net.never()
    if (fault === 'flip') bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
    await this.#channel.send(bytes)
    if (fault === 'cutAfter') this.#channel.close()
  }

  post(bytes: Uint8Array): void {
    const fault = this.#net.plan({ kind: 'send', to: this.#to, bytes })
    const act = (what: NetFault): void => {
      if (what === 'lose') this.#lost = true
      if (what === 'cut') this.#channel.close()
      if (this.#lost || this.#net.stopped) return
      this.#channel.post(bytes)
      if (what === 'twice') this.#channel.post(bytes)
      if (what === 'cutAfter') this.#channel.close()
    }
    if (fault instanceof Promise) void fault.then(act)
    else act(fault)
  }

  async receive(target: Uint8Array, timeoutMillis?: number): Promise<void> {
    await this.#channel.receive(target, timeoutMillis)
    if (this.#net.stopped) await this.#net.never()
    const fault = await this.#fault('received', target)
    if (this.#lost) return await this.#net.never()
    if (fault === 'flip') target[0] = (target[0] ?? 0) ^ 1
  }

  async #fault(kind: NetEvent['kind'], bytes: Uint8Array): Promise<NetFault> {
    const fault = await this.#net.plan({ kind, to: this.#to, bytes })
    if (fault === 'lose') this.#lost = true
    if (fault === 'cut') {
      this.#channel.close()
      throw new DfsError('DFS_UNREACHABLE', 'planted fault: the connection broke')
    }
    return fault
  }
}

/** The ports of the chain that a hello for writing names, the one asked first; undefined for anything else. */
export function chainOf({ kind, to, bytes: sent }: NetEvent): number[] | undefined {
  const text = kind === 'send' && sent[4] === 0x7b ? Buffer.from(sent.subarray(4)).toString('utf8') : ''
  if (to === undefined || !text.includes('"purpose":"write"')) return undefined
  return [to.port, ...[...text.matchAll(/"port":(\d+)/g)].map(([, port]) => Number(port))]
}
