import type { JoinSideName, JoinType } from '../job.ts'
import { evenSegments } from './sample-segments.ts'
import type { HotKey, InputFile, KeySample, Segment } from './task.ts'

/** Pieces of a side that are looked at, and how long each is. */
const WINDOWS = 32
const WINDOW_BYTES = 32 * 1024
/** A key is hot when its rows are at least this much of what a partition holds on average, */
const HOT_SHARE_OF_PARTITION = 0.5
/** and were met this often at least. */
const HOT_ROWS_MIN = 20

/** The sides whose rows of one key may be dealt out, because of the other side no row is kept without a match. */
const dealt: Readonly<Record<JoinType, readonly JoinSideName[]>> = {
  inner: ['left', 'right'],
  left: ['left'],
  right: ['right'],
  full: [],
  semi: ['left'],
  anti: ['left'],
}

/** What to read for a sample of keys: even pieces of the sides that can be dealt out, by the lengths of the files alone. */
export function sampleSegments(
  type: JoinType,
  files: readonly InputFile[],
  splittable: (index: number) => boolean,
): Segment[] {
  return dealt[type].flatMap((side) => sideSegments(side, files, splittable))
}

function sideSegments(
  side: JoinSideName,
  files: readonly InputFile[],
  splittable: (index: number) => boolean,
): Segment[] {
  return evenSegments(files, {
    windows: WINDOWS,
    windowBytes: WINDOW_BYTES,
    of: ({ input }, index) => input === side && splittable(index),
  })
}

/**
 * The keys so frequent that their partition would be much larger than the others. Rows of such a key are dealt out over
 * `spread` partitions, and the other side's rows of it copied to all of these. Of a key that is hot on both sides the
 * side with the larger share is dealt out. Depends on the sample and the number of reducers alone.
 */
export function hotKeys(samples: readonly KeySample[], reducers: number): HotKey[] {
  const hot = new Map<string, HotKey>()
  for (const { side, rows, keys } of samples) {
    for (const { keyKind, key, shown, rows: own } of keys) {
      const share = own / rows
      if (own < HOT_ROWS_MIN || share * reducers < HOT_SHARE_OF_PARTITION) continue
      const name = `${keyKind} ${Buffer.from(key).toString('latin1')}`
      if ((hot.get(name)?.share ?? 0) >= share) continue
      const spread = Math.min(reducers, Math.max(2, Math.ceil(2 * share * reducers)))
      hot.set(name, { side, keyKind, key, shown, share, spread })
    }
  }
  return [...hot.values()]
}

/** What was done about them (or is, when the job runs), for a person. */
export function hotKeyNotes(hot: readonly HotKey[], verb: 'were' | 'are' = 'were'): string[] {
  const told = hot.slice(0, 5).map(({ side, shown, share, spread }) => {
    const other = side === 'left' ? 'right' : 'left'
    return `Hot key ${shown}: about ${Math.round(share * 100)} % of the ${side} rows; they ${verb} dealt out over ${spread} partitions, and the ${other} rows of it copied to each.`
  })
  return hot.length > told.length ? [...told, `… and ${hot.length - told.length} more hot keys.`] : told
}
