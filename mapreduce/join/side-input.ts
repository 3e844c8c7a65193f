import { MrError } from '../base/errors.ts'
import type { JoinSideName, TaskContext } from '../job.ts'
import { Encoder } from '../record/encode.ts'
import { hashKey, partitionOf } from '../record/hash.ts'
import { FIELD_BYTES_MAX, kind } from '../record/kind.ts'
import { Text } from '../record/text.ts'
import type { EngineInput, EngineJoin } from '../task/engine-job.ts'
import { eachRow } from './each-row.ts'
import type { HotKeys } from './hot-keys.ts'
import { keepsLone } from './kept-rows.ts'
import { streamedKind } from './side-kind.ts'
import { holdsNull, seenOf } from './side-record.ts'

/** Takes a side's encoded rows, copying what it keeps. */
export type TakeRow = (
  key: Buffer,
  keyKind: number,
  keyStart: number,
  keyEnd: number,
  value: Buffer,
  valueKind: number,
  valueStart: number,
  valueEnd: number,
  partition: number,
) => void

export interface SideInputOptions {
  readonly join: EngineJoin
  readonly side: JoinSideName
  readonly held: JoinSideName
  readonly partitions: number
  /** Keys that get several partitions. */
  readonly hot?: HotKeys
  readonly take: TakeRow
  /** Takes a row of texts in the partition its key has by its hash, where it can. */
  readonly takeTexts?: (key: Text, value: Text, valueKind: number) => boolean
}

/** One side of a join as an input: its `map` encodes key and value of every record that can matter, and gives them a partition. */
export function sideInput({ join, side, held, partitions, hot, take, takeTexts }: SideInputOptions): EngineInput {
  const parts = join[side]
  const keeps = keepsLone(join.type, side)
  const streamed = side !== held
  const keys = new Encoder()
  const values = new Encoder()
  const row = (record: unknown, ctx: TaskContext): void => {
    const key = parts.key(record, ctx)
    const isNull = holdsNull(key)
    // It matches nothing, so where it is not kept by itself it has no part in the join.
    if (isNull && !keeps) return
    const value = seenOf(parts, record, ctx)
    if (takeTexts !== undefined && hot === undefined && key instanceof Text && value instanceof Text) {
      if (takeTexts(key, value, streamed ? streamedKind(kind.Text) : kind.Text)) return
    }
    let valueBytes: Buffer
    let valueKind: number
    let valueStart = 0
    let valueEnd: number
    if (value instanceof Text) {
      valueBytes = value.buffer
      valueKind = kind.Text
      valueStart = value.start
      valueEnd = value.end
    } else {
      valueKind = values.value(value)
      valueBytes = values.bytes
      valueEnd = values.length
    }
    let keyBytes: Buffer
    let keyKind: number
    let keyStart = 0
    let keyEnd: number
    if (key instanceof Text) {
      keyBytes = key.buffer
      keyKind = kind.Text
      keyStart = key.start
      keyEnd = key.end
    } else {
      keyKind = keys.key(key ?? null)
      keyBytes = keys.bytes
      keyEnd = keys.length
    }
    if (keyEnd - keyStart > FIELD_BYTES_MAX || valueEnd - valueStart > FIELD_BYTES_MAX) throw tooLarge(side)
    let partition = 0
    if (partitions > 1) {
      // Rows with a null key meet nobody: any partition will do, and not all of them the same.
      const hash = isNull
        ? hashKey(valueBytes, valueKind, valueStart, valueEnd)
        : hashKey(keyBytes, keyKind, keyStart, keyEnd)
      partition = partitionOf(hash, partitions)
      const many = isNull ? undefined : hot?.find(hash, keyBytes, keyKind, keyStart, keyEnd)
      if (many?.dealt) {
        // By what is in the record alone, so that it goes the same way in every attempt and with any splits.
        const lot =
          record instanceof Text
            ? hashKey(record.buffer, kind.Text, record.start, record.end)
            : hashKey(valueBytes, valueKind, valueStart, valueEnd)
        partition = (partition + partitionOf(lot, many.spread)) % partitions
      } else if (many !== undefined) {
        const copyKind = streamed ? streamedKind(valueKind) : valueKind
        for (let i = 1; i < many.spread; i++) {
          const other = (partition + i) % partitions
          take(keyBytes, keyKind, keyStart, keyEnd, valueBytes, copyKind, valueStart, valueEnd, other)
        }
      }
    }
    if (streamed) valueKind = streamedKind(valueKind)
    take(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd, partition)
  }
  return eachRow(parts, row)
}

function tooLarge(side: JoinSideName): MrError {
  return new MrError(
    'MR_RECORD_TOO_LARGE',
    `the ${side} side has a row whose key or value is larger than 64 MiB, the limit`,
  )
}
