import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Encoder, tuplePrefixEnd } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import { keyFieldEnd, parseKeyField } from '../record/stage-line.ts'
import { BufferLines, FileLines, type LineSource } from './line-stream.ts'

const LF = 10

/** A group that outgrew memory, as a file of lines. */
class Spool {
  readonly key: Buffer
  readonly #directory: string
  readonly #file: string
  readonly #fd: number

  constructor(key: Buffer) {
    this.key = key
    this.#directory = mkdtempSync(path.join(process.env['QUERN_TMP'] ?? tmpdir(), 'quern-stage-'))
    this.#file = path.join(this.#directory, 'group')
    this.#fd = openSync(this.#file, 'wx', 0o600)
  }

  append(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) at += writeSync(this.#fd, bytes, at, end - at)
  }

  lines(): FileLines {
    return new FileLines(this.#file)
  }

  remove(): void {
    closeSync(this.#fd)
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Encodes the first `fields` of two tuple keys and compares them; the written forms may differ behind. */
function samePrefix(fields: number): (bytes: Buffer, start: number, end: number, other: Buffer) => boolean {
  const one = new Encoder()
  const two = new Encoder()
  const prefix = (encoder: Encoder, bytes: Buffer, start: number, end: number): Buffer | undefined =>
    encoder.key(parseKeyField(bytes, start, end)) === kind.Tuple
      ? encoder.bytes.subarray(0, tuplePrefixEnd(encoder.bytes, 0, encoder.length, fields))
      : undefined
  return (bytes, start, end, other) => {
    const a = prefix(one, bytes, start, end)
    const b = a === undefined ? undefined : prefix(two, other, 0, other.length)
    return a !== undefined && b !== undefined && a.equals(b)
  }
}

export interface GroupFeedOptions {
  /** Tuple keys belong together when their first fields agree; 0: whole keys. */
  readonly groupBy: number
  /** A single group larger than this waits in a file. */
  readonly memoryBytes: number
  /** Takes lines of whole groups, in order. */
  readonly reduce: (lines: LineSource) => Promise<void>
}

/**
 * Hands on lines in whole groups: what reduces them pulls synchronously, while standard input comes when it comes. Holds one
 * chunk and the group that is not over yet, the latter in a file once it is large.
 */
export class GroupFeed {
  readonly #options: GroupFeedOptions
  readonly #samePrefix: ((bytes: Buffer, start: number, end: number, other: Buffer) => boolean) | undefined
  #held = Buffer.allocUnsafeSlow(256 * 1024)
  #length = 0
  /** Lines up to here have been looked at. */
  #scanned = 0
  /** Start of the group that is not over, if it began among the held lines. */
  #groupStart = 0
  /** Key field of the group that is not over. */
  #key: Buffer | undefined
  #spool: Spool | undefined

  constructor(options: GroupFeedOptions) {
    this.#options = options
    this.#samePrefix = options.groupBy > 0 ? samePrefix(options.groupBy) : undefined
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#append(chunk)
    await this.#scan()
  }

  /** After the last chunk. */
  async end(): Promise<void> {
    if (this.#length > this.#scanned) {
      this.#append(Buffer.of(LF))
      await this.#scan()
    }
    await this.#closeSpool(this.#length)
    await this.#reduceHeld(this.#length)
  }

  /** Removes the file, if there is one. */
  close(): void {
    this.#spool?.remove()
    this.#spool = undefined
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#held.length * 2))
      this.#held.copy(grown, 0, 0, this.#length)
      this.#held = grown
    }
    this.#held.set(chunk, this.#length)
    this.#length = needed
  }

  async #scan(): Promise<void> {
    for (;;) {
      const end = this.#held.subarray(this.#scanned, this.#length).indexOf(LF) + this.#scanned
      if (end < this.#scanned) break
      const start = this.#scanned
      const keyEnd = keyFieldEnd(this.#held, start, end)
      if (!this.#isCurrent(start, keyEnd)) {
        if (this.#spool !== undefined) {
          await this.#closeSpool(start)
          // What was before is gone, and this line now starts the held bytes.
          this.#startGroup(0, keyEnd - start)
          this.#scanned = end - start + 1
          continue
        }
        this.#startGroup(start, keyEnd)
      }
      this.#scanned = end + 1
    }
    if (this.#spool !== undefined) {
      this.#spool.append(this.#held, 0, this.#scanned)
      this.#drop(this.#scanned)
      return
    }
    await this.#reduceHeld(this.#groupStart)
    if (this.#scanned > this.#options.memoryBytes && this.#key !== undefined) {
      this.#spool = new Spool(this.#key)
      this.#spool.append(this.#held, 0, this.#scanned)
      this.#drop(this.#scanned)
    }
  }

  #startGroup(start: number, keyEnd: number): void {
    this.#groupStart = start
    this.#key = Buffer.from(this.#held.subarray(start, keyEnd))
  }

  #isCurrent(start: number, end: number): boolean {
    const key = this.#key
    if (key === undefined) return false
    if (key.length === end - start && this.#held.compare(key, 0, key.length, start, end) === 0) return true
    return this.#samePrefix?.(this.#held, start, end, key) ?? false
  }

  /** The spooled group ends with the held lines before `end`. */
  async #closeSpool(end: number): Promise<void> {
    const spool = this.#spool
    if (spool === undefined) return
    spool.append(this.#held, 0, end)
    this.#drop(end)
    const lines = spool.lines()
    try {
      await this.#options.reduce(lines)
    } finally {
      lines.close()
      this.close()
    }
  }

  async #reduceHeld(end: number): Promise<void> {
    if (end === 0) return
    await this.#options.reduce(new BufferLines(this.#held, 0, end))
    this.#drop(end)
  }

  #drop(end: number): void {
    this.#held.copyWithin(0, end, this.#length)
    this.#length -= end
    this.#scanned = Math.max(0, this.#scanned - end)
    this.#groupStart = Math.max(0, this.#groupStart - end)
  }
}
