import type { TaskContext } from '../job.ts'
import type { EngineInput, EngineJoinSide } from '../task/engine-job.ts'

/** A side of a join as an input that hands each of its rows to `take`: the record itself, or the rows a flow makes of it. */
export function eachRow(
  { input, rows }: EngineJoinSide,
  take: (row: unknown, ctx: TaskContext) => unknown,
): EngineInput {
  const map =
    rows === undefined ? (record: unknown, _emit: unknown, ctx: TaskContext) => take(record, ctx) : mapOf(rows, take)
  return input === undefined ? { map } : { input, map }
}

function mapOf(
  rows: NonNullable<EngineJoinSide['rows']>,
  take: (row: unknown, ctx: TaskContext) => unknown,
): EngineInput['map'] {
  let of: TaskContext
  const emit = (row: unknown): void => {
    take(row, of)
  }
  return (record, _emit, ctx) => {
    of = ctx
    return rows(record, emit, ctx)
  }
}
