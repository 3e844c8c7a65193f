import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { diskError } from '../base/system-error.ts'
import { arenaOffset, copyBytes, inArena } from '../record/copy-bytes.ts'
import { readBack } from './read-back.ts'

/** kind u8, length u32. */
const HEADER_BYTES = 5
/** Of the region, what reads back the rows that did not fit. */
const WINDOW_SHARE = 8

/**
 * The values of one key of one side, for as long as the other side's rows of that key pass by: in memory first, in a file
 * what does not fit, and read back from there once for each of the other side's rows. That costs reading as much as the
 * join makes rows, so memory bounds nothing but speed.
 *
 *   row := kind u8 | length u32 | payload      never across the window's end: one that does not fit is read by itself
 */
export class HeldRows {
  count = 0
  /** The current row. */
  bytes: Buffer
  kind = 0
  start = 0
  end = 0
  private readonly region: Buffer
  /** The region as its rows are handed out: in the arena, if it lies there. */
  private readonly whole: Buffer
  private readonly offset: number
  private readonly arenaAt: number
  private readonly memoryBytes: number
  private readonly path: string
  private used = 0
  private fd: number | undefined
  /** Bytes in the file, and those of the window not yet written there. */
  private written = 0
  private pending = 0
  private next = 0
  private window: Buffer
  private windowStart = 0
  private windowEnd = 0

  constructor(region: Buffer, path: string) {
    this.region = region
    const { bytes, offset } = inArena(region)
    this.whole = bytes
    this.offset = offset
    this.arenaAt = arenaOffset(region)
    this.path = path
    this.memoryBytes = region.length - Math.floor(region.length / WINDOW_SHARE)
    this.bytes = region
    this.window = region.subarray(this.memoryBytes)
  }

  clear(): void {
    this.count = 0
    this.used = 0
    this.written = 0
    this.pending = 0
  }

  add(bytes: Buffer, kind: number, start: number, end: number): void {
    this.count++
    const length = end - start
    const whole = HEADER_BYTES + length
    if (this.written === 0 && this.pending === 0 && this.used + whole <= this.memoryBytes) {
      this.used = put(this.region, this.used, bytes, kind, start, end, this.arenaAt)
      return
    }
    if (this.pending + whole > this.window.length) this.flush()
    if (whole > this.window.length) this.window = Buffer.allocUnsafeSlow(whole)
    this.pending = put(this.window, this.pending, bytes, kind, start, end)
  }

  /** Before the first row; after that nothing may be added until `clear`. */
  rewind(): void {
    if (this.pending > 0) this.flush()
    this.next = 0
    this.windowStart = 0
    this.windowEnd = 0
  }

  advance(): boolean {
    if (this.next < this.used) {
      this.take(this.region, this.next)
      this.next = this.end
      this.bytes = this.whole
      this.start += this.offset
      this.end += this.offset
      return true
    }
    const at = this.next - this.used
    if (at >= this.written) return false
    if (at + HEADER_BYTES > this.windowEnd) this.read(at, HEADER_BYTES)
    const whole = HEADER_BYTES + this.window.readUInt32LE(at - this.windowStart + 1)
    if (at + whole > this.windowEnd) this.read(at, whole)
    this.take(this.window, at - this.windowStart)
    this.next += whole
    return true
  }

  close(): void {
    if (this.fd === undefined) return
    closeSync(this.fd)
    rmSync(this.path, { force: true })
    this.fd = undefined
  }

  private take(bytes: Buffer, at: number): void {
    this.bytes = bytes
    this.kind = bytes[at] ?? 0
    this.start = at + HEADER_BYTES
    this.end = this.start + bytes.readUInt32LE(at + 1)
  }

  private flush(): void {
    try {
      this.fd ??= openSync(this.path, 'wx+', 0o600)
      for (let at = 0; at < this.pending; ) {
        at += writeSync(this.fd, this.window, at, this.pending - at, this.written + at)
      }
    } catch (error) {
      throw diskError(error, 'writing', this.path)
    }
    this.written += this.pending
    this.pending = 0
  }

  /** Fills the window from file position `at`, with `needed` bytes at least. */
  private read(at: number, needed: number): void {
    const { fd } = this
    if (fd === undefined) throw new TypeError('rows were held in a file that is not there')
    if (needed > this.window.length) this.window = Buffer.allocUnsafeSlow(needed)
    const wanted = Math.min(this.window.length, this.written - at)
    const got = readBack(fd, this.window, { position: at, wanted, needed, path: this.path })
    this.windowStart = at
    this.windowEnd = at + got
  }
}

function put(to: Buffer, at: number, bytes: Buffer, kind: number, start: number, end: number, arenaAt = -1): number {
  to[at] = kind
  to.writeUInt32LE(end - start, at + 1)
  copyBytes(bytes, start, end, to, at + HEADER_BYTES, arenaAt)
  return at + HEADER_BYTES + end - start
}
