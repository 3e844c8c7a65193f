import { MrError } from '../base/errors.ts'
import type { JoinSideName } from '../job.ts'
import type { ExpandedInputs } from './inputs.ts'
import type { InputFile, JoinPlan, Segment } from './task.ts'
import type { TaskResults } from './task-results.ts'

/** The files of the held side before the others: values keep the order of the input, so of each key the held rows come first. */
export function heldFirst(inputs: ExpandedInputs, { held }: JoinPlan): ExpandedInputs {
  const order = inputs.files.map((_, index) => index)
  const isHeld = (index: number): number => (inputs.files[index]?.input === held ? 0 : 1)
  order.sort((a, b) => isHeld(a) - isHeld(b) || a - b)
  return {
    files: order.flatMap((index) => inputs.files.slice(index, index + 1)),
    paths: order.flatMap((index) => inputs.paths.slice(index, index + 1)),
    directories: inputs.directories,
  }
}

/** Parts may each look partitioned, one by the hash and another by the order of the keys; all have to agree. */
export function checkAlike(results: TaskResults): void {
  if (results.every(({ alike }) => alike?.byHash === true) || results.every(({ alike }) => alike?.byRange === true))
    return
  throw new MrError(
    'MR_BAD_INPUT',
    'The sides are not partitioned alike: some parts hold keys of other parts by their hash, others by the order of the ' +
      'parts. A merge join needs both sides from jobs with the same number of reducers and the same partitioner. Use another strategy, or none.',
  )
}

/** All of one side. */
export function wholeFiles(files: readonly InputFile[], side: JoinSideName): Segment[] {
  return files.flatMap(({ input, length }, file) => (input === side && length > 0 ? [{ file, start: 0, length }] : []))
}
