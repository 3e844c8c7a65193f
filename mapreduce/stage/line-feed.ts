import { MrError } from '../base/errors.ts'
import { RECORD_BYTES_MAX } from '../input/record-reader.ts'

const LF = 10

/** A line as a view: bytes[start, end), without its LF, `position` bytes into the stream. */
export interface FedLine {
  bytes: Buffer
  start: number
  end: number
  position: number
}

/** Cuts a stream of chunks into lines as they come. Chunks are kept until their last line is over, and never changed. */
export class LineFeed {
  readonly line: FedLine = { bytes: Buffer.alloc(0), start: 0, end: 0, position: 0 }
  #begun: Buffer[] = []
  #begunBytes = 0
  #position = 0
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0

  /** The chunk before has to be used up. */
  feed(chunk: Uint8Array): void {
    this.#chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    this.#at = 0
  }

  /** Moves `line` to the next whole line; false when the chunk holds no more. */
  next(): boolean {
    const end = this.#chunk.indexOf(LF, this.#at)
    if (end < 0) {
      this.#keepRest()
      return false
    }
    this.#take(end)
    this.#at = end + 1
    this.#position++
    return true
  }

  /** After the last chunk: the line that no LF ends; false when there is none. */
  last(): boolean {
    if (this.#begunBytes === 0) return false
    this.#take(this.#at)
    return true
  }

  #take(end: number): void {
    const { line } = this
    if (this.#begunBytes > 0) {
      this.#begun.push(this.#chunk.subarray(this.#at, end))
      line.bytes = Buffer.concat(this.#begun)
      line.start = 0
      line.end = line.bytes.length
      this.#begun = []
      this.#begunBytes = 0
    } else {
      line.bytes = this.#chunk
      line.start = this.#at
      line.end = end
    }
    line.position = this.#position
    this.#position += line.end - line.start
  }

  #keepRest(): void {
    const rest = this.#chunk.subarray(this.#at)
    this.#at = this.#chunk.length
    if (rest.length === 0) return
    this.#begun.push(rest)
    this.#begunBytes += rest.length
    if (this.#begunBytes > RECORD_BYTES_MAX) {
      throw new MrError(
        'MR_RECORD_TOO_LARGE',
        `stdin: the line that starts at byte ${this.#position} is longer than ${RECORD_BYTES_MAX} bytes (64 MiB), the most a record may have; is this text?`,
      )
    }
  }
}
