/**
 * Growing binary output and bounded binary input for metadata formats. Numbers are unsigned LEB128 (whole, up to
 * 2^53 - 1), text is its length in bytes and UTF-8.
 */
export class ByteWriter {
  #buffer: Buffer
  #length = 0

  constructor(initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(initialBytes)
  }

  get length(): number {
    return this.#length
  }

  /** A view that the next write or `clear` may change. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  number(value: number): void {
    this.#reserve(8)
    let rest = value
    // Shifts work on 32 bits only.
    while (rest >= 0x8000_0000) {
      this.#buffer[this.#length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#length++] = rest
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value)
    this.number(bytes)
    this.#reserve(bytes)
    this.#length += this.#buffer.write(value, this.#length, 'utf8')
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}

/** Thrown when bytes do not hold what their format says; the caller knows file and offset. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes'
}

export class ByteReader {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get position(): number {
    return this.#position
  }

  get done(): boolean {
    return this.#position === this.#bytes.length
  }

  number(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.#bytes[this.#position]
      if (byte === undefined) throw new MalformedBytes('a number runs past the end')
      this.#position++
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > max) throw new MalformedBytes(`the number ${value} is over its limit of ${max}`)
        return value
      }
      scale *= 128
    }
    throw new MalformedBytes('a number is longer than 8 bytes')
  }

  text(maxBytes: number): string {
    const length = this.number(maxBytes)
    if (this.#position + length > this.#bytes.length) throw new MalformedBytes('a text runs past the end')
    const text = this.#bytes.toString('utf8', this.#position, this.#position + length)
    this.#position += length
    return text
  }
}

/**
 * A buffer to read files into. It begins behind the start of its page: a destination at the very beginning of one makes the
 * kernel's copy several times slower on some processors.
 */
export function readBuffer(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(bytes + pageSlackBytes).subarray(pageSlackBytes)
}

/** Where in its memory what is read into begins. */
export const pageSlackBytes = 64
