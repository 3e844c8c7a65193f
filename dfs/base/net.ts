import * as net from 'node:net'
import { DfsError } from './errors.ts'
import { releaseMemory } from './release-memory.ts'

/**
 * Everything the DFS asks of the network, so that tests can break it and a simulator can stand in for it: streams of bytes
 * that are taken in pieces of known length.
 */
export interface Net {
  /** DFS_UNREACHABLE when nobody answers within `timeoutMillis`. */
  connect(address: Address, timeoutMillis: number): Promise<Channel>
  listen(address: Address, onChannel: (channel: Channel) => void): Promise<Listener>
}

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Listener {
  /** With the port that the system chose where 0 was asked for. */
  readonly address: Address
  /** Takes no more; channels that are open stay so. */
  close(): Promise<void>
}

/** One connection. Calls of `receive` come one after the other; calls of `send` go out in order. */
export interface Channel {
  readonly peer: string
  /** Resolves when the bytes may be reused. DFS_UNREACHABLE when the connection is gone. */
  send(...pieces: readonly Uint8Array[]): Promise<void>
  /** Hands the bytes over without waiting; a failure shows at the next `receive`. For small frames, never reused. */
  post(bytes: Uint8Array): void
  /** Fills `target`. DFS_UNREACHABLE when the other side ends before, or is silent for `timeoutMillis`. */
  receive(target: Uint8Array, timeoutMillis?: number): Promise<void>
  /** Whether the other side has ended, or the connection is broken. */
  readonly ended: boolean
  /** Once, when the connection is over, however. */
  onEnd(action: () => void): void
  close(): void
}

/** Bytes that may wait to be received before the other side is held up. */
const receiveBufferBytes = 1024 * 1024

/** How long what was sent before a `close` is given to go out: a process that was stopped takes nothing, and never says so. */
const lingerMillis = 2000

/** A timer that is later than this says that the process was stopped. */
const frozenMillis = 500

interface Wanted {
  readonly target: Uint8Array
  filled: number
  readonly resolve: () => void
  readonly reject: (error: DfsError) => void
  readonly timer: NodeJS.Timeout | undefined
}

class SocketChannel implements Channel {
  readonly peer: string
  readonly #socket: net.Socket
  readonly #chunks: Buffer[] = []
  #first = 0
  #buffered = 0
  #wanted: Wanted | undefined
  #over: DfsError | undefined
  readonly #atEnd: (() => void)[] = []

  constructor(socket: net.Socket, peer: string) {
    this.#socket = socket
    this.peer = peer
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#arrived(chunk))
    socket.on('error', (error) => this.#end(`the connection to ${peer} broke: ${error.message}`, error))
    socket.on('end', () => this.#end(`${peer} closed the connection`))
    socket.on('close', () => this.#end(`the connection to ${peer} is closed`))
  }

  get ended(): boolean {
    return this.#over !== undefined
  }

  onEnd(action: () => void): void {
    if (this.#over !== undefined) action()
    else this.#atEnd.push(action)
  }

  send(...pieces: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over)
        return
      }
      const written = (error?: Error | null): void => {
        if (error === undefined || error === null) resolve()
        else
          reject(
            this.#over ??
              new DfsError('DFS_UNREACHABLE', `sending to ${this.peer}: ${error.message}`, { cause: error }),
          )
      }
      if (pieces.length > 1) this.#socket.cork()
      for (const [i, piece] of pieces.entries()) {
        if (i === pieces.length - 1) this.#socket.write(piece, written)
        else this.#socket.write(piece)
      }
      if (pieces.length > 1) this.#socket.uncork()
    })
  }

  post(bytes: Uint8Array): void {
    if (this.#over === undefined) this.#socket.write(bytes)
  }

  receive(target: Uint8Array, timeoutMillis?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#wanted !== undefined) throw new TypeError('one receive at a time')
      const timer = timeoutMillis === undefined ? undefined : this.#timer(timeoutMillis)
      this.#wanted = { target, filled: 0, resolve, reject, timer }
      this.#deliver()
    })
  }

  #timer(millis: number): NodeJS.Timeout {
    const due = performance.now() + millis
    return setTimeout(() => {
      // A process that was itself stopped hears its timers before what has arrived meanwhile: it listens once more.
      if (performance.now() - due > frozenMillis && this.#wanted !== undefined) {
        this.#wanted = { ...this.#wanted, timer: this.#timer(millis) }
        return
      }
      this.#end(`${this.peer} was silent for ${millis} ms`)
      this.#socket.destroy()
    }, millis)
  }

  close(): void {
    this.#end(`the connection to ${this.peer} was closed here`)
    if (this.#socket.destroyed) return
    // What was sent still goes out, if the other side takes it; after that nothing more is awaited.
    const timer = setTimeout(() => this.#socket.destroy(), lingerMillis)
    this.#socket.once('close', () => clearTimeout(timer))
    this.#socket.destroySoon()
  }

  #arrived(chunk: Buffer): void {
    if (this.#over !== undefined) return
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    this.#deliver()
    if (this.#buffered >= receiveBufferBytes) this.#socket.pause()
  }

  #deliver(): void {
    const wanted = this.#wanted
    if (wanted === undefined) return
    const { target } = wanted
    while (wanted.filled < target.length) {
      const chunk = this.#chunks[0]
      if (chunk === undefined) break
      const take = Math.min(chunk.length - this.#first, target.length - wanted.filled)
      target.set(chunk.subarray(this.#first, this.#first + take), wanted.filled)
      wanted.filled += take
      this.#buffered -= take
      this.#first += take
      if (this.#first === chunk.length) {
        this.#chunks.shift()
        releaseMemory(chunk)
        this.#first = 0
      }
    }
    if (this.#buffered < receiveBufferBytes && this.#socket.isPaused()) this.#socket.resume()
    if (wanted.filled === target.length) {
      this.#wanted = undefined
      clearTimeout(wanted.timer)
      wanted.resolve()
    } else if (this.#over !== undefined) {
      this.#fail(this.#over)
    }
  }

  #end(why: string, cause?: unknown): void {
    if (this.#over !== undefined) return
    this.#over = new DfsError('DFS_UNREACHABLE', why, { cause })
    // What has arrived may still be received.
    this.#deliver()
    if (this.#wanted !== undefined) this.#fail(this.#over)
    for (const action of this.#atEnd.splice(0)) action()
  }

  #fail(error: DfsError): void {
    const wanted = this.#wanted
    this.#wanted = undefined
    if (wanted === undefined) return
    clearTimeout(wanted.timer)
    wanted.reject(error)
  }
}

/** A host as it stands before a port: addresses of IPv6 in brackets. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Of this machine, whatever it is called elsewhere. */
export const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name === '[::1]' || /^127(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/.test(name)

const nameOf = ({ host, port }: Address): string => `${bracketed(host)}:${port}`

export const realNet: Net = {
  connect(address, timeoutMillis) {
    return new Promise((resolve, reject) => {
      const name = nameOf(address)
      const socket = net.connect({ host: address.host, port: address.port })
      const fail = (why: string, cause?: unknown): void => {
        clearTimeout(timer)
        socket.destroy()
        reject(new DfsError('DFS_UNREACHABLE', `${name} can not be reached: ${why}`, { cause }))
      }
      const timer = setTimeout(() => fail(`no answer in ${timeoutMillis} ms`), timeoutMillis)
      const failed = (error: Error): void => fail(error.message, error)
      socket.once('error', failed)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.off('error', failed)
        resolve(new SocketChannel(socket, name))
      })
    })
  },
  listen(address, onChannel) {
    return new Promise((resolve, reject) => {
      const server = net.createServer((socket) => {
        onChannel(new SocketChannel(socket, `${socket.remoteAddress}:${socket.remotePort}`))
      })
      const failed = (error: Error): void => {
        reject(new DfsError('DFS_IO', `listening on ${nameOf(address)}: ${error.message}`, { cause: error }))
      }
      server.once('error', failed)
      server.listen({ host: address.host, port: address.port }, () => {
        server.off('error', failed)
        const bound = server.address()
        const port = typeof bound === 'object' && bound !== null ? bound.port : address.port
        resolve({
          address: { host: address.host, port },
          // Open channels would keep the server from closing; they are ended by those who hold them.
          close: async () => {
            server.close()
          },
        })
      })
    })
  },
}
