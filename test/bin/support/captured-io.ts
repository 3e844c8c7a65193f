import { Readable } from 'node:stream'
import type { CommandIo } from '../../../bin/commands/command.ts'
import { MemorySink } from './memory-io.ts'

/** A stream that keeps what is written to it; with `columns` it passes for a terminal of that width. */
export class Captured extends MemorySink {
  readonly isTTY: boolean
  columns: number | undefined

  constructor(columns?: number) {
    super()
    this.isTTY = columns !== undefined
    this.columns = columns
  }
}

export interface CapturedIo extends CommandIo {
  readonly stdout: Captured
  readonly stderr: Captured
}

export function capturedIo(
  options: {
    stdin?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
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
