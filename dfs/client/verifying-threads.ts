import type { Worker } from 'node:worker_threads'
import { pageSlackBytes } from '../base/bytes.ts'
import type { BadReplica, LocatedBlock } from './status.ts'

export interface ThreadData {
  readonly blocks: readonly LocatedBlock[]
  readonly buffers: readonly SharedArrayBuffer[]
}

export interface ThreadRequest {
  readonly buffer: number
  readonly offset: number
  readonly position: number
  readonly length: number
}

export type ThreadAnswer =
  | 'ready'
  | {
      readonly buffer: number
      /** False when no replica of this machine has the bytes, or none that is good. */
      readonly filled: boolean
      /** Met since the last answer. */
      readonly bad: readonly BadReplica[]
    }

interface Thread {
  readonly worker: Worker
  ready: boolean
}

/**
 * Threads that read replicas' files and check them while this one does something with the bytes. Any piece may be left to
 * the caller: until a thread is up, when it has ended, and where the replicas of this machine do not have it.
 */
export class VerifyingThreads {
  /** One piece each, shared with the threads. */
  readonly buffers: readonly Uint8Array[]
  readonly #threads: readonly Thread[]
  readonly #waiting = new Map<number, (filled: boolean) => void>()
  readonly #onBad: (bad: BadReplica) => void

  private constructor(
    shared: readonly SharedArrayBuffer[],
    workers: readonly Worker[],
    onBad: (bad: BadReplica) => void,
  ) {
    this.buffers = shared.map((buffer) => new Uint8Array(buffer, pageSlackBytes))
    this.#onBad = onBad
    this.#threads = workers.map((worker) => ({ worker, ready: false }))
    for (const thread of this.#threads) this.#listen(thread)
  }

  /** Undefined where the sources run as they are: a thread of Node 20 reads no TypeScript. */
  static async start(options: {
    blocks: readonly LocatedBlock[]
    threads: number
    buffers: number
    pieceBytes: number
    onBad: (bad: BadReplica) => void
  }): Promise<VerifyingThreads | undefined> {
    const { blocks, threads, buffers, pieceBytes, onBad } = options
    if (import.meta.url.endsWith('.ts')) return undefined
    const { Worker } = await import('node:worker_threads')
    const shared = Array.from({ length: buffers }, () => new SharedArrayBuffer(pageSlackBytes + pieceBytes))
    const workerData: ThreadData = { blocks, buffers: shared }
    const entry = new URL('./verifying-thread.js', import.meta.url)
    const workers = Array.from({ length: threads }, () => new Worker(entry, { workerData }))
    return new VerifyingThreads(shared, workers, onBad)
  }

  #listen(thread: Thread): void {
    const { worker } = thread
    worker.unref()
    worker.on('message', (answer: ThreadAnswer) => {
      if (answer === 'ready') {
        thread.ready = true
        return
      }
      for (const bad of answer.bad) this.#onBad(bad)
      this.#settle(answer.buffer, answer.filled)
    })
    const over = (): void => {
      thread.ready = false
      for (const buffer of [...this.#waiting.keys()]) {
        if (this.#threadOf(buffer) === thread) this.#settle(buffer, false)
      }
    }
    // Without it, what it was to read is read by the caller.
    worker.on('error', over)
    worker.on('exit', over)
  }

  #threadOf(buffer: number): Thread | undefined {
    return this.#threads[buffer % this.#threads.length]
  }

  #settle(buffer: number, filled: boolean): void {
    const waiting = this.#waiting.get(buffer)
    this.#waiting.delete(buffer)
    waiting?.(filled)
  }

  /** Whether `length` bytes of the file from `position` are in the buffer now, and checked. */
  read(buffer: number, position: number, length: number): Promise<boolean> {
    const thread = this.#threadOf(buffer)
    if (thread?.ready !== true) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.#waiting.set(buffer, resolve)
      const request: ThreadRequest = { buffer, offset: pageSlackBytes, position, length }
      thread.worker.postMessage(request)
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }
}
