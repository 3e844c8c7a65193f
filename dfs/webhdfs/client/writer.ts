import { setTimeout as pause } from 'node:timers/promises'
import { DfsError } from '../../base/errors.ts'
import type { DfsWriter } from '../../client/file-system.ts'
import { ConnectionFailure, type Upload } from './exchange.ts'
import type { Call, RestClient } from './rest-client.ts'

/** Small writes are gathered up to this. */
const gatherBytes = 128 * 1024

export interface WriterOptions {
  readonly rest: RestClient
  /** What the bytes are sent by: CREATE or APPEND. */
  readonly call: Call
  /** Where the first step has led. */
  readonly place: URL
  readonly signal: AbortSignal | undefined
  /** Called once all bytes are with the server: makes them visible. */
  readonly onWritten: () => Promise<void>
  /** The answer to the last byte was lost: whether it is all there nevertheless. */
  readonly isThere: (bytes: number) => Promise<boolean>
  /** Called once when it is given up: clears away what has been written. */
  readonly onAborted: () => Promise<void>
  /** Called once when it is over, however. */
  readonly onOver: (writer: WebHdfsWriter) => void
}

/** Streams one file to a server. */
export class WebHdfsWriter implements DfsWriter {
  readonly #options: WriterOptions
  readonly #unreachable: string[] = []
  #place: URL
  #state: 'open' | 'failed' | 'closed' | 'aborted' = 'open'
  #failure: unknown
  #gathered: Buffer | undefined
  #filled = 0
  #sent = 0
  #upload: Upload | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: WriterOptions) {
    this.#options = options
    this.#place = options.place
  }

  /** Tells the server what is to come, and waits for what it has against it. */
  begin(): Promise<void> {
    return this.#inTurn(() =>
      this.#guard(() =>
        this.#reaching(async (upload) => {
          await upload.ready()
          if (upload.answered) await this.#refused(upload)
        }),
      ),
    )
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#guard(() => this.#write(bytes)))
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'closed') return
      await this.#guard(async () => {
        await this.#flush()
        await this.#end()
        await this.#options.onWritten()
      })
      this.#state = 'closed'
      this.#options.onOver(this)
    })
  }

  abort(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'closed' || this.#state === 'aborted') return
      this.#state = 'aborted'
      this.#options.onOver(this)
      this.#gathered = undefined
      this.#upload?.destroy()
      await this.#options.onAborted()
    })
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#filled + bytes.length > gatherBytes) await this.#flush()
    if (bytes.length >= gatherBytes) {
      await this.#send(bytes)
      return
    }
    this.#gathered ??= Buffer.allocUnsafeSlow(gatherBytes)
    this.#gathered.set(bytes, this.#filled)
    this.#filled += bytes.length
  }

  async #flush(): Promise<void> {
    if (this.#gathered === undefined || this.#filled === 0) return
    const bytes = this.#gathered.subarray(0, this.#filled)
    this.#filled = 0
    await this.#send(bytes)
  }

  async #send(bytes: Uint8Array): Promise<void> {
    await this.#reaching(async (upload) => {
      await upload.write(bytes)
      if (upload.answered) await this.#refused(upload)
    })
    this.#sent += bytes.length
  }

  async #end(): Promise<void> {
    const { rest, call, isThere } = this.#options
    try {
      await this.#reaching(async (upload) => {
        await rest.written(call, upload, await upload.end())
      })
    } catch (error) {
      if (!(error instanceof ConnectionFailure) || !(await isThere(this.#sent))) throw error
    }
  }

  /**
   * Before the first byte has left, another datanode can be asked for in place of one that nobody reaches, and a file whose
   * last writer has just gone is free in a moment: its server learns of that by and by.
   */
  async #reaching(step: (upload: Upload) => Promise<void>): Promise<void> {
    const { rest, call, signal } = this.#options
    for (let tries = 1; ; tries++) {
      this.#upload ??= rest.begin(call, this.#place, signal)
      try {
        await step(this.#upload)
        return
      } catch (error) {
        const unreached = error instanceof ConnectionFailure && error.passing && !error.reached
        const taken = error instanceof DfsError && error.code === 'DFS_BEING_WRITTEN'
        const most = rest.timing.attempts + (taken ? 1 : 0)
        if (this.#sent > 0 || tries >= most || !(unreached || taken)) throw error
        if (unreached) this.#unreachable.push(this.#place.host)
      }
      this.#upload.destroy()
      this.#upload = undefined
      await pause(rest.timing.pause * 3 ** (tries - 1), undefined, signal === undefined ? {} : { signal })
      const excludedatanodes = this.#unreachable.length === 0 ? undefined : this.#unreachable.join(',')
      this.#place = await rest.place({ ...call, params: { ...call.params, excludedatanodes } })
    }
  }

  /** An answer in the middle of the bytes: normally what the server has against them. */
  async #refused(upload: Upload): Promise<never> {
    const { rest, call } = this.#options
    await rest.written(call, upload, await upload.answer())
    throw new DfsError('DFS_PROTOCOL', `${upload.url.host} answered to ${call.op} before it had all of the bytes`)
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    const { rest, call, signal } = this.#options
    if (this.#state === 'failed') throw this.#failure
    if (this.#state !== 'open') {
      throw new DfsError('DFS_CLOSED', `the writer of ${rest.origin}${call.path} has been ${this.#state}`)
    }
    try {
      signal?.throwIfAborted()
      await action()
    } catch (error) {
      this.#state = 'failed'
      this.#failure = rest.failure(call, error)
      this.#upload?.destroy()
      throw this.#failure
    }
  }

  /** Calls that were not awaited still come one after the other. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(action)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}
