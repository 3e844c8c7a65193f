import { Decoder } from '../record/decode.ts'
import { holdsNullItem } from '../record/encode.ts'
import type { RecordStream } from '../record/record-stream.ts'
import type { Groups } from '../shuffle/groups.ts'
import type { HeldRows } from './held-rows.ts'
import type { JoinRows } from './join-rows.ts'
import { isStreamed, plainKind } from './side-kind.ts'

/**
 * Joins one partition whose records come sorted by key, of each key the held rows first. Output: by key, within a key in
 * the order of the streamed rows, and for each of them the held rows in theirs. Returns the number of keys.
 */
export async function joinSorted(
  stream: RecordStream,
  groups: Groups,
  held: HeldRows,
  rows: JoinRows,
  onGroup: (done: number) => void,
): Promise<number> {
  const { kept } = rows
  const keepsHeld = kept.pairs || kept.loneHeld || kept.onceHeld
  const streamedDecoder = new Decoder()
  const heldDecoder = new Decoder()
  let done = 0
  while (groups.nextGroup()) {
    const matchable = !holdsNullItem(groups.keyBytes, groups.keyKind, 0, groups.keyLength)
    held.clear()
    let heldCount = 0
    let streamedCount = 0
    while (groups.step()) {
      const { valueBytes, valueKind, valueStart, valueEnd } = stream.view
      if (!isStreamed(valueKind)) {
        heldCount++
        if (keepsHeld) held.add(valueBytes, valueKind, valueStart, valueEnd)
        continue
      }
      streamedCount++
      const matches = matchable && heldCount > 0
      if (matches ? !kept.pairs && !kept.onceStreamed : !kept.loneStreamed) continue
      const value = streamedDecoder.decode(valueBytes, plainKind(valueKind), valueStart, valueEnd)
      if (!matches || kept.onceStreamed) {
        const pending = rows.streamed(groups.key(), value)
        if (pending !== undefined) await pending
        continue
      }
      held.rewind()
      while (held.advance()) {
        const pending = rows.pair(groups.key(), value, heldDecoder.decode(held.bytes, held.kind, held.start, held.end))
        if (pending !== undefined) await pending
      }
    }
    if (matchable && streamedCount > 0 ? kept.onceHeld : kept.loneHeld) {
      held.rewind()
      while (held.advance()) {
        const pending = rows.held(groups.key(), heldDecoder.decode(held.bytes, held.kind, held.start, held.end))
        if (pending !== undefined) await pending
      }
    }
    done++
    onGroup(done)
  }
  return done
}
