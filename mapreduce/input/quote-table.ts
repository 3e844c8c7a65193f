/**
 * Files are scanned for quotes in stripes of this size. What a stripe does to the state is one byte, KNOWN set, in a
 * table that all workers of a job share: whoever needs a stripe that nobody has scanned does it. Any two find the same,
 * so they need no lock.
 */
export const STRIPE_BYTES = 1024 * 1024

export const stripesOf = (length: number): number => Math.ceil(length / STRIPE_BYTES)

/** The tables of all files of a job, one behind the other. */
export class QuoteTable {
  private readonly bytes: Uint8Array
  private readonly starts: readonly number[]

  /** Without a shared table the worker has one of its own. */
  constructor(files: readonly { readonly length: number }[], shared?: SharedArrayBuffer) {
    const starts = [0]
    for (const { length } of files) starts.push((starts.at(-1) ?? 0) + stripesOf(length))
    this.starts = starts
    this.bytes = shared === undefined ? new Uint8Array(starts.at(-1) ?? 0) : new Uint8Array(shared)
  }

  of(file: number): Uint8Array {
    return this.bytes.subarray(this.starts[file], this.starts[file + 1])
  }
}

/** The table of a job in memory that its threads share. */
export function shareQuotes(files: readonly { readonly length: number }[]): SharedArrayBuffer {
  return new SharedArrayBuffer(files.reduce((sum, { length }) => sum + stripesOf(length), 0))
}
