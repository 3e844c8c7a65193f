import type { TaskContext } from '../job.ts'
import { isTupleItem } from '../record/encode.ts'
import type { EmitUnknown } from '../task/engine-job.ts'
import type { Push } from './chain.ts'
import type { FlowWrite } from './graph.ts'

/** How rows of the result become records of the output. */
export function writing(write: FlowWrite): Push {
  if (write.emit !== undefined) {
    return (row: unknown, emit: EmitUnknown, ctx: TaskContext) => write.emit?.(row, emit, ctx)
  }
  const asValue = write.output?.output === 'jsonl' || write.output?.output === 'csv'
  return (row, emit) => {
    if (Array.isArray(row) && row.length === 2 && isTupleItem(row[0])) emit(row[0], row[1])
    else if (isTupleItem(row)) emit(row ?? null)
    // An object is no key.
    else if (asValue) emit(null, row)
    else emit(JSON.stringify(row))
  }
}
