import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { diskError } from '../base/system-error.ts'
import { readBack } from './read-back.ts'

/** How far behind the last row the next one may lie for reading to be taken as going on: headers, keys, rows of others. */
const NEAR_BYTES = 4096

/**
 * Tables of held rows, one after the other in a file as they lay in memory, and references to values in them. Each task
 * writes and reads its own within one attempt.
 *
 *   reference := position f64 LE | length u32 LE | kind u8
 */
export class TableDump {
  /** The value last looked at. */
  bytes: Buffer
  kind = 0
  start = 0
  end = 0
  private readonly path: string
  private readonly reference = Buffer.alloc(13)
  private fd: number | undefined
  private length = 0
  private window: Buffer
  /** What the window holds of the file. */
  private windowAt = 0
  private windowEnd = 0

  /** `window` is borrowed from the first `look` until `close`. */
  constructor(path: string, window: Buffer) {
    this.path = path
    this.window = window
    this.bytes = window
  }

  /** Appends bytes[start, end) to the file; returns where they begin there. */
  add(bytes: Buffer, start: number, end: number): number {
    const at = this.length
    try {
      this.fd ??= openSync(this.path, 'wx+', 0o600)
      for (let from = start; from < end; ) {
        from += writeSync(this.fd, bytes, from, end - from, at + from - start)
      }
    } catch (error) {
      throw diskError(error, 'writing', this.path)
    }
    this.length = at + end - start
    return at
  }

  /** Good until the next call. */
  refer(position: number, length: number, kind: number): Buffer {
    const { reference } = this
    reference.writeDoubleLE(position, 0)
    reference.writeUInt32LE(length, 8)
    reference[12] = kind
    return reference
  }

  /** Reads the value that the reference at `at` is of. */
  look(bytes: Buffer, at: number): void {
    const position = bytes.readDoubleLE(at)
    const length = bytes.readUInt32LE(at + 8)
    this.kind = bytes[at + 12] ?? 0
    if (position < this.windowAt || position + length > this.windowEnd) this.read(position, length)
    this.bytes = this.window
    this.start = position - this.windowAt
    this.end = this.start + length
  }

  close(): void {
    if (this.fd === undefined) return
    closeSync(this.fd)
    rmSync(this.path, { force: true })
    this.fd = undefined
  }

  /** Rows that are read in their order are read many at a time, others alone. */
  private read(position: number, length: number): void {
    const { fd } = this
    if (fd === undefined) throw new TypeError('a reference to a table that was not written')
    if (length > this.window.length) this.window = Buffer.allocUnsafeSlow(length)
    const goesOn = position >= this.windowEnd - length && position - this.windowEnd <= NEAR_BYTES
    const wanted = goesOn ? Math.min(this.window.length, this.length - position) : length
    const got = readBack(fd, this.window, { position, wanted, needed: length, path: this.path })
    this.windowAt = position
    this.windowEnd = position + got
  }
}
