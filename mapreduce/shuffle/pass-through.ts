import { kind } from '../record/kind.ts'
import { type BatchSink, copyRecords, type RecordSink } from '../record/record-stream.ts'
import { KernelMerge } from './kernel-merge.ts'
import type { Merge } from './merge.ts'

/**
 * Reductions that hand every record on as it comes out of the shuffle, in key order and equal keys in input order. The
 * engine copies encoded bytes and never decodes them.
 */
export interface PassThrough {
  readonly passThrough: 'identity' | 'sorted'
}

/** Every record as it was emitted. */
export const identity: PassThrough = Object.freeze({ passThrough: 'identity' })
/** What was sorted by a key that has served its purpose: the value alone, or the key where there is no value. */
export const sorted: PassThrough = Object.freeze({ passThrough: 'sorted' })

export const passThroughNames: readonly string[] = ['identity', 'sorted']

/** Works across copies of this module. */
export function isPassThrough(value: unknown): value is PassThrough {
  return (
    typeof value === 'object' &&
    value !== null &&
    'passThrough' in value &&
    typeof value.passThrough === 'string' &&
    passThroughNames.includes(value.passThrough)
  )
}

const nothing = Buffer.alloc(0)

/** Writes all of a merge to a sink as the reduction has it; `every` is called now and then. Returns how many there were. */
export function passAll(
  merge: Merge | KernelMerge,
  sink: RecordSink | BatchSink,
  reduction: PassThrough,
  every: () => void,
): number {
  const to = passTo(sink, reduction)
  if (!(merge instanceof KernelMerge && 'layTexts' in sink)) return copyRecords(merge, to, every)
  const keys = reduction.passThrough === 'identity'
  let records = 0
  let taken = 0
  const take = (from: number, end: number): number => {
    const next = sink.layTexts(merge, from, end, keys)
    taken = next - from
    records += taken
    return next
  }
  while (merge.offer(take)) {
    every()
    // What is no text, or larger than the buffer.
    if (taken === 0 && merge.advance()) {
      const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = merge.view
      to.write(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd)
      records++
    }
  }
  return records + copyRecords(merge, to, every)
}

/** The sink that makes of records what the reduction makes of them. */
export function passTo(sink: RecordSink, { passThrough }: PassThrough): RecordSink {
  if (passThrough === 'identity') return sink
  return {
    write(key, keyKind, keyStart, keyEnd, value, valueKind, valueStart, valueEnd) {
      if (valueKind === kind.Absent) sink.write(key, keyKind, keyStart, keyEnd, nothing, kind.Absent, 0, 0)
      else sink.write(value, valueKind, valueStart, valueEnd, nothing, kind.Absent, 0, 0)
    },
  }
}
