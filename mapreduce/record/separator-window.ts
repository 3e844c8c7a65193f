/**
 * The places of a separator of one byte, found ahead of the fields being asked for, some thousands at a time: cutting a
 * line into fields is then a look at them, and its bytes are not touched.
 */
export class SeparatorWindow {
  readonly byte: number
  /** Rising, `count` of them. Signed, since the chunk lies at the arena's begin, and numbers of 31 bits are cheaper. */
  readonly places: Int32Array
  count = 0
  private readonly find: (position: number) => { readonly count: number; readonly limit: number }
  /** All separators in [from, to) are known. */
  private from = 0
  private to = 0
  /** Where the last search ended: lines follow each other. */
  private hint = 0

  /** `find` writes the places at or after a position, as many as fit, and says up to where it looked. */
  constructor(byte: number, places: Int32Array, find: SeparatorWindow['find']) {
    this.byte = byte
    this.places = places
    this.find = find
  }

  /**
   * Index into `places` of the first separator at or after `start`. -1: there are more of them before `end` than can be
   * known at once.
   */
  seek(start: number, end: number): number {
    if ((start < this.from || end > this.to) && !this.fill(start, end)) return -1
    const { places, count } = this
    let index = this.hint
    if (index > 0 && (places[index - 1] ?? 0) >= start) index = 0
    while (index < count && (places[index] ?? 0) < start) index++
    this.hint = index
    return index
  }

  /** Forgets everything: the bytes have changed. */
  clear(): void {
    this.count = this.from = this.to = this.hint = 0
  }

  private fill(start: number, end: number): boolean {
    const { count, limit } = this.find(start)
    this.count = count
    this.from = start
    // A full window says nothing of what follows its last separator.
    this.to = count === this.places.length ? (this.places[count - 1] ?? 0) + 1 : limit
    this.hint = 0
    return end <= this.to
  }
}
