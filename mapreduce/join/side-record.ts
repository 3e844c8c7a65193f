import { MrError } from '../base/errors.ts'
import type { TaskContext } from '../job.ts'
import { Decoder } from '../record/decode.ts'
import { Encoder, isTupleItem } from '../record/encode.ts'
import { Text } from '../record/text.ts'
import type { EngineJoinSide } from '../task/engine-job.ts'

/** Whether a key is null, or a tuple with a null in it: it then equals nothing. */
export function holdsNull(key: unknown): boolean {
  if (key instanceof Text) return false
  if (key === null || key === undefined) return true
  return Array.isArray(key) && key.some(holdsNull)
}

/** What `join` is to see of a record: what `value` returns, or the record's own text. */
export function seenOf(side: EngineJoinSide, record: unknown, ctx: TaskContext): unknown {
  if (side.value !== undefined) return side.value(record, ctx)
  if (record instanceof Text) return record
  if (typeof record === 'object' && record !== null && 'value' in record && record.value instanceof Text) {
    return record.value
  }
  throw new MrError(
    'MR_BAD_JOB',
    'a side of the join has records that are no text, and no `value` that says what `join` is to see of them',
  )
}

const encoder = new Encoder()
const decoder = new Decoder()

/** A value as it would come out of a run file, without the way there: every textual kind a Text, objects as JSON has them. */
export function asSeen(value: unknown): unknown {
  if (value instanceof Text || typeof value !== 'object' || value === null) return scalarSeen(value)
  if (value instanceof Uint8Array) return Text.from(value)
  if (Array.isArray(value) && value.every(isTupleItem)) return value.map(itemSeen)
  const valueKind = encoder.value(value)
  return decoder.decode(encoder.bytes, valueKind, 0, encoder.length)
}

function itemSeen(item: unknown): unknown {
  if (item === undefined) return null
  // A tuple has one zero.
  if (item === 0) return 0
  return asSeen(item)
}

/** A key, likewise. */
export function keySeen(key: unknown): unknown {
  return key instanceof Text ? key : itemSeen(key)
}

function scalarSeen(value: unknown): unknown {
  return typeof value === 'string' ? Text.from(value) : value
}
