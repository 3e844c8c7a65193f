import type { TaskContext } from '../job.ts'
import { Decoder } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import { Text } from '../record/text.ts'
import type { EngineInput, EngineJoinSide } from '../task/engine-job.ts'
import { eachRow } from './each-row.ts'
import type { JoinRows } from './join-rows.ts'
import type { RowTable } from './row-table.ts'
import { asSeen, holdsNull, keySeen, seenOf } from './side-record.ts'

/**
 * The streamed side of a broadcast join as an input: its `map` looks every record up in the table of the other side and
 * calls `join` at once. Output: the streamed rows in input order, for each the table's rows in theirs.
 */
export function broadcastInput(side: EngineJoinSide, table: RowTable, rows: JoinRows): EngineInput {
  const { kept } = rows
  const keys = new Encoder()
  const decoder = new Decoder()

  const find = (key: unknown): number => {
    if (key instanceof Text) return table.find(key.buffer, kind.Text, key.start, key.end)
    if (holdsNull(key)) return 0
    const keyKind = keys.key(key)
    return table.find(keys.bytes, keyKind, 0, keys.length)
  }
  const held = (row: number): unknown => {
    table.look(row)
    return decoder.decode(table.bytes, table.valueKind, table.valueStart, table.valueEnd)
  }
  const pairsFrom = async (row: number, key: unknown, value: unknown): Promise<void> => {
    for (let at = row; at !== 0; at = table.next(at)) await rows.pair(key, value, held(at))
  }

  return eachRow(side, (record: unknown, ctx: TaskContext): unknown => {
    const found = side.key(record, ctx)
    let row = find(found)
    if (row === 0 ? !kept.loneStreamed : !kept.pairs && !kept.onceStreamed) return undefined
    const key = keySeen(found)
    const value = asSeen(seenOf(side, record, ctx))
    if (row === 0 || kept.onceStreamed) return rows.streamed(key, value)
    for (; row !== 0; row = table.next(row)) {
      const pending = rows.pair(key, value, held(row))
      if (pending !== undefined) return pending.then(() => pairsFrom(table.next(row), key, value))
    }
    return undefined
  })
}
