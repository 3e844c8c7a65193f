import { Readable, Writable } from 'node:stream'
import type { CommandIo } from '../../../bin/commands/command.ts'

export class MemorySink extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk))
    done()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.bytes.toString()
  }
}

/** A reader that goes away once it has seen so many bytes, as `head` does. */
export class LeavingSink extends Writable {
  seen = 0
  readonly #limit: number

  constructor(limit: number) {
    super()
    this.#limit = limit
    // As the door has it for stdout: the write's own callback says what happened.
    this.on('error', () => {})
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.seen += chunk.length
    if (this.seen <= this.#limit) done()
    else done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }))
  }
}

export interface MemoryIo extends CommandIo {
  readonly stdout: MemorySink
  readonly stderr: MemorySink
}

export function memoryIo(options: {
  cwd: string
  root: string
  stdin?: Readable
  signal?: AbortSignal
  env?: Record<string, string>
}): MemoryIo {
  return {
    stdin: options.stdin ?? Readable.from([]),
    stdout: new MemorySink(),
    stderr: new MemorySink(),
    env: { QUERN_ROOT: options.root, HADOOP_USER_NAME: 'me', HOME: options.cwd, ...options.env },
    cwd: options.cwd,
    signal: options.signal ?? new AbortController().signal,
  }
}
