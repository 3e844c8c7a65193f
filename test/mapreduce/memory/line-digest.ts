import { closeSync, openSync, readSync } from 'node:fs'

/** A sum over things in any order: equal for equal multisets, and hardly ever for others. */
export class Multiset {
  #low = 0
  #high = 0
  count = 0

  /** `times` copies of bytes[start, end). */
  add(bytes: Buffer, start: number, end: number, times = 1): void {
    let low = 0x811c9dc5
    let high = 0x1b873593
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0
      low = Math.imul(low ^ byte, 0x01000193)
      high = Math.imul(high + byte, 0x85ebca6b) ^ (high >>> 15)
    }
    this.#low = (this.#low + Math.imul(low ^ (low >>> 16), times)) | 0
    this.#high = (this.#high + Math.imul(high ^ (high >>> 13), times)) | 0
    this.count += times
  }

  toString(): string {
    return `${this.count} ${(this.#low >>> 0).toString(16)} ${(this.#high >>> 0).toString(16)}`
  }
}

const READ_BYTES = 1 << 20
const LF = 0x0a

/** Every line of a file, without its LF, as bytes[start, end) good until the next; in memory of one read and one line. */
export function eachLine(file: string, use: (bytes: Buffer, start: number, end: number) => void): void {
  let buffer = Buffer.allocUnsafe(2 * READ_BYTES)
  let held = 0
  const fd = openSync(file, 'r')
  try {
    for (;;) {
      if (buffer.length - held < READ_BYTES) buffer = Buffer.concat([buffer.subarray(0, held)], buffer.length * 2)
      const read = readSync(fd, buffer, held, READ_BYTES, null)
      if (read === 0) break
      const filled = held + read
      let start = 0
      for (let end = buffer.indexOf(LF, held); end >= 0 && end < filled; end = buffer.indexOf(LF, start)) {
        use(buffer, start, end)
        start = end + 1
      }
      buffer.copy(buffer, 0, start, filled)
      held = filled - start
    }
    if (held > 0) use(buffer, 0, held)
  } finally {
    closeSync(fd)
  }
}

/** Whether lines come in the order of their bytes. */
export class Order {
  #last = Buffer.alloc(0)
  #lastLength = 0
  /** Neighbours that are equal, and that are the wrong way round. */
  equal = 0
  wrong = 0

  next(bytes: Buffer, start: number, end: number): void {
    const order = this.#last.compare(bytes, start, end, 0, this.#lastLength)
    if (order === 0) this.equal++
    if (order > 0) this.wrong++
    const length = end - start
    if (length > this.#last.length) this.#last = Buffer.alloc(2 * length)
    bytes.copy(this.#last, 0, start, end)
    this.#lastLength = length
  }
}
