import { readSync } from 'node:fs'
import { diskError } from '../base/system-error.ts'

/** Reads what the task has written itself: `wanted` bytes from `position`, as far as the file goes, but `needed` at least. */
export function readBack(
  fd: number,
  into: Buffer,
  { position, wanted, needed, path }: { position: number; wanted: number; needed: number; path: string },
): number {
  let got = 0
  try {
    while (got < wanted) {
      const read = readSync(fd, into, got, wanted - got, position + got)
      if (read === 0) break
      got += read
    }
  } catch (error) {
    throw diskError(error, 'reading', path)
  }
  if (got < needed) throw diskError(new Error('the file is shorter than what was written'), 'reading', path)
  return got
}
