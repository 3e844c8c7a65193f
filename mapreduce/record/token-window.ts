import type { SeparatorWindow } from './separator-window.ts'

/**
 * Word bounds found ahead of the words being asked for: `spans` holds (start, end) pairs of every word that starts in
 * [from, to) of `bytes`. Finding many at once lets a kernel do it, and makes a step of the loop two loads.
 */
export abstract class TokenWindow {
  readonly spans: Uint32Array
  /** Entries of `spans` in use: twice the number of words. */
  count = 0
  /** Changes whenever `spans` is rewritten, so that a loop over another stretch notices. */
  generation = 0
  protected from = 0
  protected to = -1
  /** Where the next record's words most likely begin: a finished loop leaves its place here. */
  hint = 0

  constructor(spans: Uint32Array) {
    this.spans = spans
  }

  /** Where a separator stands in the same bytes, if whoever finds the words knows. */
  separators(_byte: number): SeparatorWindow | undefined {
    return undefined
  }

  /** Writes the spans of the words that start at or after `position`, as many as fit; returns entries written. */
  protected abstract tokenise(position: number): number
  /** Where the bytes that may be tokenised end. */
  protected abstract get limit(): number

  /** Index into `spans` of the first word that starts at or after `position`; `count` when there is none. */
  seek(position: number): number {
    if (position < this.from || position >= this.to) this.fill(position)
    const { spans, count } = this
    // Records follow each other, so the next word is nearly always the one after the last asked for.
    let index = this.hint
    if (index > count || (index > 0 && (spans[index - 2] ?? 0) >= position)) index = 0
    if (index < count && (spans[index] ?? 0) < position) {
      let low = index
      let high = count
      while (low < high) {
        const middle = ((low + high) >>> 2) << 1
        if ((spans[middle] ?? 0) < position) low = middle + 2
        else high = middle
      }
      index = low
    }
    this.hint = index
    if (index === count && this.to < this.limit) {
      this.fill(this.to)
      return 0
    }
    return index
  }

  /** Forgets everything: the bytes have changed. */
  protected clear(): void {
    this.count = 0
    this.from = 0
    this.to = -1
    this.hint = 0
    this.generation++
  }

  private fill(position: number): void {
    this.count = this.tokenise(position)
    this.from = position
    // A full window says nothing of what follows its last word.
    this.to = this.count === this.spans.length ? (this.spans[this.count - 1] ?? 0) : this.limit
    this.hint = 0
    this.generation++
  }
}

/** The words of a text that lies in no chunk: a slice, a copy, a value. */
export class LocalWindow extends TokenWindow {
  private bytes: Uint8Array
  private end: number

  constructor(bytes: Uint8Array, end: number) {
    super(new Uint32Array(64))
    this.bytes = bytes
    this.end = end
  }

  /** Turns to another text, or to one whose bytes may have changed. */
  moveTo(bytes: Uint8Array, end: number): void {
    this.bytes = bytes
    this.end = end
    this.clear()
  }

  protected get limit(): number {
    return this.end
  }

  protected tokenise(position: number): number {
    return tokenise(this.bytes, position, this.end, this.spans, 0, this.spans.length >>> 1) * 2
  }
}

/**
 * The bounds of the words in [position, limit), at most `most` of them, written as pairs from `spans[at]`. Returns how
 * many. The plain twin of the kernel of the same name.
 */
export function tokenise(
  bytes: Uint8Array,
  position: number,
  limit: number,
  spans: Uint32Array,
  at: number,
  most: number,
): number {
  let words = 0
  let i = position
  while (words < most) {
    while (i < limit) {
      const byte = bytes[i] ?? 0
      if (byte > 32 || (byte !== 32 && (byte < 9 || byte > 13))) break
      i++
    }
    if (i >= limit) break
    spans[at++] = i
    i++
    while (i < limit) {
      const byte = bytes[i] ?? 0
      if (byte <= 32 && (byte === 32 || (byte >= 9 && byte <= 13))) break
      i++
    }
    spans[at++] = i
    words++
  }
  return words
}
