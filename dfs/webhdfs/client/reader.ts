import { setTimeout as pause } from 'node:timers/promises'
import { DfsError } from '../../base/errors.ts'
import type { DfsReader, StreamRange } from '../../client/file-system.ts'
import type { FileStatus } from '../../client/status.ts'
import { ConnectionFailure } from './exchange.ts'
import type { Opened, RestClient } from './rest-client.ts'

export interface ReaderOptions {
  readonly rest: RestClient
  readonly status: FileStatus
  /** Undefined where there is nothing any more. */
  readonly look: () => Promise<FileStatus | undefined>
  readonly onClosed: (reader: WebHdfsReader) => void
}

/** Reads one file over one connection at a time; where it breaks, another goes on from there. */
export class WebHdfsReader implements DfsReader {
  readonly length: number
  readonly #options: ReaderOptions
  readonly #open = new Set<Opened>()
  #closed = false

  constructor(options: ReaderOptions) {
    this.#options = options
    this.length = options.status.length
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new DfsError('DFS_BAD_ARGUMENT', `read of ${this.#options.status.path} at position ${position}`)
    }
    let done = 0
    for await (const piece of this.stream({ start: position, end: position + target.length })) {
      target.set(piece, done)
      done += piece.length
    }
    return done
  }

  async *stream(range: StreamRange = {}): AsyncIterable<Uint8Array> {
    const end = Math.min(range.end ?? this.length, this.length)
    const { timing } = this.#options.rest
    let at = range.start ?? 0
    for (let failures = 0; at < end; ) {
      let broken: unknown
      try {
        for await (const piece of this.#from(at, end)) {
          at += piece.length
          failures = 0
          yield piece
        }
        if (at >= end) return
        broken = new DfsError(
          'DFS_IO',
          `${this.#name()} ended at ${at}, and had ${this.length} bytes when it was opened`,
        )
      } catch (error) {
        if (this.#closed) throw this.#closedError()
        if (!(error instanceof ConnectionFailure)) throw error
        broken = error
      }
      if (++failures >= timing.attempts) {
        throw this.#options.rest.failure({ op: 'OPEN', path: this.#options.status.path }, broken)
      }
      await pause(timing.pause * 3 ** (failures - 1))
      await this.#checkUnchanged()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#options.onClosed(this)
    for (const { answer } of this.#open) answer.destroy()
  }

  async *#from(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#closed) throw this.#closedError()
    const { rest, status } = this.#options
    const opened = await rest.open({ op: 'OPEN', path: status.path, params: { offset: start, length: end - start } })
    this.#open.add(opened)
    try {
      let left = end - start
      for await (const piece of rest.pieces(opened)) {
        // Who sends more than was asked for is not listened to.
        if (piece.length > left) {
          if (left > 0) yield piece.subarray(0, left)
          return
        }
        left -= piece.length
        yield piece
      }
    } finally {
      this.#open.delete(opened)
    }
  }

  /** Half of one file and half of another are no file. Bytes once written stay, so one that has only grown is the same. */
  async #checkUnchanged(): Promise<void> {
    const { status, look } = this.#options
    const now = await look()
    const same = status.fileId === 0 ? now?.modificationTime === status.modificationTime : now?.fileId === status.fileId
    if (now !== undefined && same && now.length >= status.length) return
    throw new DfsError('DFS_IO', `${this.#name()} was changed while it was read; read it again`)
  }

  #name(): string {
    return this.#options.rest.origin + this.#options.status.path
  }

  #closedError(): DfsError {
    return new DfsError('DFS_CLOSED', `the reader of ${this.#name()} is closed`)
  }
}
