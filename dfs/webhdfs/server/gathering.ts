import type { IncomingMessage } from 'node:http'
import { releaseMemory } from '../../base/release-memory.ts'

/** What is given out at once: as much as goes to the datanodes at once, so that nobody behind copies it together again. */
const pieceBytes = 1024 * 1024
const firstBytes = 64 * 1024

/**
 * The bytes of a request in pieces of 1 MiB, the last as long as it is; a socket gives 64 KiB and less. While one piece is
 * being dealt with the next is gathered, and then the client is held up: there are never more than two.
 */
export class Gathering {
  readonly #request: IncomingMessage
  readonly #idle: NodeJS.Timeout
  #buffer: Buffer = Buffer.alloc(0)
  #filled = 0
  /** Of the piece given out last: free when the next is asked for. */
  #other: Buffer = Buffer.alloc(0)
  /** What came behind a full buffer. */
  #behind: Uint8Array | undefined
  #given: Buffer | undefined
  #ended = false
  #failure: unknown
  #wake: (() => void) | undefined

  /** A client that sends nothing for `idleMs`, where it is its turn, is let go. */
  constructor(request: IncomingMessage, idleMs: number) {
    this.#request = request
    this.#idle = setTimeout(() => {
      if (this.#wake === undefined || this.#isFull) this.#idle.refresh()
      else request.destroy(new Error(`the client sent nothing for ${idleMs} ms`))
    }, idleMs)
    request.on('data', this.#take).once('end', this.#end).once('error', this.#fail).once('close', this.#close)
    // Nothing more will be heard of one that is over.
    if (request.destroyed) this.#close()
  }

  /** Undefined at the end. Good until the next is asked for. Throws when the client leaves before the end. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#given !== undefined) this.#other = this.#given
    this.#given = undefined
    while (!this.#isFull && !this.#ended && this.#failure === undefined) {
      this.#idle.refresh()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    if (this.#failure !== undefined) throw this.#failure
    if (this.#filled === 0) return undefined
    const piece = this.#buffer.subarray(0, this.#filled)
    this.#given = this.#buffer
    this.#buffer = this.#other
    this.#filled = 0
    const behind = this.#behind
    this.#behind = undefined
    if (behind !== undefined) this.#keep(behind)
    if (!this.#isFull) this.#request.resume()
    return piece
  }

  /** What was not read stays with the request. */
  stop(): void {
    clearTimeout(this.#idle)
    this.#request
      .pause()
      .off('data', this.#take)
      .off('end', this.#end)
      .off('error', this.#fail)
      .off('close', this.#close)
  }

  get #isFull(): boolean {
    return this.#filled === pieceBytes
  }

  readonly #take = (chunk: Uint8Array): void => {
    this.#idle.refresh()
    this.#keep(chunk)
    if (!this.#isFull) return
    this.#request.pause()
    this.#wake?.()
  }

  #keep(chunk: Uint8Array): void {
    const length = Math.min(chunk.length, pieceBytes - this.#filled)
    if (this.#filled + length > this.#buffer.length) this.#grow(this.#filled + length)
    this.#buffer.set(length === chunk.length ? chunk : chunk.subarray(0, length), this.#filled)
    this.#filled += length
    if (length < chunk.length) this.#behind = chunk.subarray(length)
    else releaseMemory(chunk)
  }

  /** Most bodies are small. */
  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(bytes > firstBytes ? pieceBytes : firstBytes)
    larger.set(this.#buffer.subarray(0, this.#filled))
    this.#buffer = larger
  }

  readonly #end = (): void => {
    this.#ended = true
    this.#wake?.()
  }

  readonly #fail = (error: unknown): void => {
    this.#failure ??= error
    this.#wake?.()
  }

  readonly #close = (): void => {
    if (!this.#ended) this.#fail(new Error('the client left before the end of what it sent'))
  }
}
