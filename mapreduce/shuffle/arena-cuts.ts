import type { Arena } from '../kernels/arena.ts'
import { CUT_BYTES, SLACK_BYTES } from '../kernels/layout.ts'
import type { EncodedKey } from '../master/task.ts'
import { packMeta } from '../record/kind.ts'

/** The cuts of a range partitioner where kernels look for them, see kernels/layout.ts; `at` is 0 where there are none. */
export interface ArenaCuts {
  readonly at: number
  readonly count: number
}

export const noCuts: ArenaCuts = { at: 0, count: 0 }

/** What `layCuts` takes of the arena. */
export function cutBytes(cuts: readonly EncodedKey[]): number {
  return cuts.reduce((sum, { key }) => sum + CUT_BYTES + key.length, 64 + SLACK_BYTES)
}

/** Writes them at `at`, where `cutBytes` are free. */
export function layCuts(arena: Arena, at: number, cuts: readonly EncodedKey[]): ArenaCuts {
  let keyAt = at + cuts.length * CUT_BYTES
  cuts.forEach(({ key, keyKind }, i) => {
    const cell = at + i * CUT_BYTES
    arena.bytes.fill(0, keyAt, keyAt + 8)
    arena.bytes.set(key, keyAt)
    // The first eight bytes the other way round: a number that compares as they do.
    const prefix = Buffer.alloc(8)
    prefix.set(key.subarray(0, 8))
    arena.bytes.set(prefix.reverse(), cell)
    arena.u32[(cell >>> 2) + 2] = keyAt
    arena.u32[(cell >>> 2) + 3] = packMeta(keyKind, key.length)
    keyAt += key.length
  })
  return { at, count: cuts.length }
}
