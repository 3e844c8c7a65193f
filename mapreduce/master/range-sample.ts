import { evenSegments } from './sample-segments.ts'
import type { InputFile, Segment } from './task.ts'

const WINDOWS = 64
const WINDOW_BYTES = 32 * 1024
/** Files that can not be read from the middle are sampled whole, so long as they are together no more than this. */
const WHOLE_BYTES_MAX = 64 * 1024 * 1024

/**
 * What to map for a sample of keys, by the lengths of the files alone, so that the cuts depend on the input and nothing
 * else. Where no file can be read from the middle, whole ones are taken, evenly spread; at least one.
 */
export function rangeSampleSegments(files: readonly InputFile[], splittable: (index: number) => boolean): Segment[] {
  const segments = evenSegments(files, {
    windows: WINDOWS,
    windowBytes: WINDOW_BYTES,
    of: (_file, index) => splittable(index),
  })
  return segments.length > 0 ? segments : wholeFiles(files)
}

function wholeFiles(files: readonly InputFile[]): Segment[] {
  const filled = files.flatMap(({ length }, file) => (length > 0 ? [{ file, start: 0, length }] : []))
  const total = filled.reduce((sum, { length }) => sum + length, 0)
  const every = Math.max(1, Math.ceil(total / WHOLE_BYTES_MAX))
  return filled.filter((_segment, index) => index % every === 0)
}
