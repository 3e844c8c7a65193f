import type { JoinSideName } from '../job.ts'
import type { HotKey } from '../master/task.ts'
import { hashKey } from '../record/hash.ts'

/** A hot key as one side meets it. */
export interface HotKeyOfSide {
  readonly spread: number
  /** This side's rows of it are dealt out; the other's are copied to every partition they go to. */
  readonly dealt: boolean
}

/** Finds the few keys that get several partitions, by the hash that every row has computed anyway. */
export class HotKeys {
  private readonly byHash = new Map<number, (HotKeyOfSide & { readonly keyKind: number; readonly key: Buffer })[]>()

  constructor(keys: readonly HotKey[], side: JoinSideName) {
    for (const { side: dealtSide, keyKind, key: bytes, spread } of keys) {
      const key = Buffer.from(bytes)
      const hash = hashKey(key, keyKind, 0, key.length)
      const entry = { keyKind, key, spread, dealt: dealtSide === side }
      this.byHash.set(hash, [...(this.byHash.get(hash) ?? []), entry])
    }
  }

  find(hash: number, bytes: Buffer, keyKind: number, start: number, end: number): HotKeyOfSide | undefined {
    return this.byHash
      .get(hash)
      ?.find((entry) => entry.keyKind === keyKind && entry.key.compare(bytes, start, end) === 0)
  }
}
