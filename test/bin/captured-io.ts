import { Readable, Writable } from 'node:stream'
import type { CommandIo } from '../../bin/commands/command.ts'

/** A stream that keeps what is written to it; with `columns` it passes for a terminal of that width. */
export class Captured extends Writable {
  readonly chunks: Buffer[] = []
  readonly isTTY: boolean
  columns: number | undefined

  constructor(columns?: number) {
    super()
    this.isTTY = columns !== undefined
    this.columns = columns
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.chunks.push(Buffer.from(chunk))
    done()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get text(): string {
    return this.bytes.toString()
  }
}

export interface CapturedIo extends CommandIo {
  readonly stdout: Captured
  readonly stderr: Captured
}

export function capturedIo(
  options: {
    stdin?: Iterable<Uint8Array>
    cwd?: string
    env?: Record<string, string>
    columns?: number
    signal?: AbortSignal
  } = {},
): CapturedIo {
  return {
    stdin: Readable.from(options.stdin ?? [], { objectMode: false }),
    stdout: new Captured(options.columns),
    stderr: new Captured(options.columns),
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    signal: options.signal ?? new AbortController().signal,
  }
}
