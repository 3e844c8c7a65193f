import { Decoder } from '../record/decode.ts'
import { kind } from '../record/kind.ts'
import type { Groups } from './groups.ts'
import { showKey } from './reduce-groups.ts'

/** A key with many records. */
export interface LargeGroup {
  /** As it stands in messages. */
  readonly shown: string
  readonly records: number
}

/** How many are kept. */
const KEPT = 4
/** A group with fewer records costs nobody anything. */
const RECORDS_MIN = 5000

/** The largest groups of a reduce. One comparison a group decides for nearly all of them. */
export class LargeGroups {
  /** A group with no more records than these is not among them. */
  bar = RECORDS_MIN - 1
  private readonly groupBy: number
  private readonly decoder = new Decoder()
  private groups: LargeGroup[] = []

  /** `groupBy`: as in a job. */
  constructor(groupBy: number) {
    this.groupBy = groupBy
  }

  /** The largest first. */
  get largest(): readonly LargeGroup[] {
    return this.groups
  }

  /** Notes a group that is above the bar, whose key still lies in `groups`. */
  note({ keyBytes, keyKind, keyLength }: Pick<Groups, 'keyBytes' | 'keyKind' | 'keyLength'>, records: number): void {
    const key = this.decoder.decode(keyBytes, keyKind, 0, keyLength)
    const grouped = this.groupBy > 0 && keyKind === kind.Tuple && Array.isArray(key) ? key.slice(0, this.groupBy) : key
    const all = [...this.groups, { shown: showKey(grouped), records }]
    this.groups = all.sort((a, b) => b.records - a.records).slice(0, KEPT)
    if (this.groups.length === KEPT) this.bar = this.groups[KEPT - 1]?.records ?? this.bar
  }
}
