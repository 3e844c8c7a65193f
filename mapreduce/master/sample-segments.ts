import type { InputFile, Segment } from './task.ts'

export interface SampleWindows {
  readonly windows: number
  readonly windowBytes: number
  /** Which files are sampled; compressed ones never: they would have to be unpacked up to the piece. */
  readonly of: (file: InputFile, index: number) => boolean
}

/** Pieces spread evenly over the files, by their lengths alone; all of them where that is no more. */
export function evenSegments(files: readonly InputFile[], { windows, windowBytes, of }: SampleWindows): Segment[] {
  const own = files.flatMap((given, file) => (!given.gzip && of(given, file) ? [{ file, length: given.length }] : []))
  const total = own.reduce((sum, { length }) => sum + length, 0)
  if (total <= windows * windowBytes) {
    return own.flatMap(({ file, length }) => (length > 0 ? [{ file, start: 0, length }] : []))
  }
  const segments: Segment[] = []
  let before = 0
  let window = 0
  for (const { file, length } of own) {
    for (; window < windows; window++) {
      const start = Math.floor((window * total) / windows) - before
      if (start >= length) break
      segments.push({ file, start, length: Math.min(windowBytes, length - start) })
    }
    before += length
  }
  return segments
}
