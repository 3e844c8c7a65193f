import { type FileFormat, isSplittable } from './format.ts'

/** What of a file's format and contents decides where it may be cut. Plain data. */
export interface FileShape {
  /** False when records can't be found from the middle of the file: it is one segment. */
  readonly splittable: boolean
  /** A file without a byte has a record all the same. */
  readonly emptyCounts?: boolean
  /** Positions in rising order at which the file is cut, and nowhere else: each piece is a split of its own. */
  readonly cuts?: readonly number[]
  /** The names of its columns, of a CSV file that has any. */
  readonly columns?: readonly string[]
}

/** As far as the format alone tells. */
export function shapeOf(format: FileFormat): FileShape {
  return { splittable: isSplittable(format), ...(format.input === 'wholeFile' ? { emptyCounts: true } : {}) }
}

/** Whether files of this format are looked into before the job starts. */
export function needsInspection({ input }: FileFormat): boolean {
  return input === 'csv' || input === 'fixed' || input === 'lines'
}
