import { MrError } from '../base/errors.ts'
import type { Split } from './splits.ts'
import type { InputFile, Segment } from './task.ts'

/** The splits of a merge join: part n of one side with part n of the other. Parts are files, in the order of the input. */
export function pairParts(files: readonly InputFile[]): Split[] {
  const left = partsOf(files, 'left')
  const right = partsOf(files, 'right')
  if (left.length !== right.length) {
    throw new MrError(
      'MR_USAGE',
      `A merge join needs as many parts on the left as on the right, each joined with its like; the left has ${left.length}, ` +
        `the right ${right.length}. Make both with the same number of reducers, or choose another strategy.`,
    )
  }
  return left.map((segment, part) => {
    const segments = [segment, ...right.slice(part, part + 1)]
    const local = segments.every(({ file }) => files[file]?.kind === 'local')
    return {
      segments,
      bytes: segments.reduce((sum, { length }) => sum + length, 0),
      placement: local ? { kind: 'local-file' } : { kind: 'none' },
    }
  })
}

function partsOf(files: readonly InputFile[], side: string): Segment[] {
  return files.flatMap(({ input, length }, file) => (input === side ? [{ file, start: 0, length }] : []))
}
