import { copyBytes } from '../record/copy-bytes.ts'
import { type Decoded, Decoder } from '../record/decode.ts'
import { tuplePrefixEnd } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import type { RecordStream } from '../record/record-stream.ts'
import { Text } from '../record/text.ts'
import type { LargeGroups } from './large-groups.ts'

export interface GroupsOptions {
  /** Tuples that agree in this many first fields are one group; 0: whole keys. */
  readonly groupBy: number
  /** Called for every value handed to user code, and now and then otherwise: one long group is seen to be alive. */
  readonly beat: () => void
  /** Hand out copies, and overwrite each when the next is asked for. */
  readonly checked: boolean
  /** Is told of groups with many records. */
  readonly large?: LargeGroups
}

/**
 * Cuts a sorted stream into groups of equal keys (or, with `groupBy`, of tuples that agree in their first fields), and
 * hands out the values of the current group one by one. Never more than one record is held, whatever a group's size.
 */
export class Groups implements IterableIterator<Decoded> {
  /** A copy of the group's first key: the stream's own views move on under it. */
  keyBytes: Buffer = Buffer.allocUnsafeSlow(256)
  keyKind = 0
  keyLength = 0
  /** Values handed out or skipped so far, over all groups. */
  records = 0
  done = false
  value: Decoded = undefined
  private readonly stream: RecordStream
  private readonly options: GroupsOptions
  private readonly keyDecoder = new Decoder()
  private readonly valueDecoder = new Decoder()
  /** Bytes of the key that decide whether a record belongs to the group. */
  private groupLength = 0
  /** The stream's current record has not been handed out yet. */
  private pending = false
  private ended = false
  private lentKey: Decoded = undefined
  /** The group has been opened, and the record that opened it not yet handed out. */
  private fresh = false
  /** `records` when the group began, and how many more are worth a note. */
  private began = 0
  private bar: number

  constructor(stream: RecordStream, options: GroupsOptions) {
    this.stream = stream
    this.options = options
    this.bar = options.large?.bar ?? Number.POSITIVE_INFINITY
  }

  /** Moves to the next group, past whatever is left of this one. */
  nextGroup(): boolean {
    while (this.step());
    if (this.records - this.began > this.bar) this.noteLarge()
    this.began = this.records
    if (!this.pending && !this.pull()) return false
    const { view } = this.stream
    const length = view.keyEnd - view.keyStart
    if (this.keyBytes.length < length) this.keyBytes = Buffer.allocUnsafeSlow(length * 2)
    copyBytes(view.keyBytes, view.keyStart, view.keyEnd, this.keyBytes, 0)
    this.keyKind = view.keyKind
    this.keyLength = length
    this.groupLength =
      this.options.groupBy > 0 && view.keyKind === kind.Tuple
        ? tuplePrefixEnd(this.keyBytes, 0, length, this.options.groupBy)
        : length
    this.pending = true
    this.done = false
    this.fresh = true
    return true
  }

  /** Moves the stream to the group's next record; false when the group is over. The view is then `stream.view`. */
  step(): boolean {
    if (this.fresh) {
      // The record that opened the group is its first value.
      this.fresh = false
      this.pending = false
      this.records++
      return true
    }
    if (this.pending || !this.pull() || !this.sameGroup()) return false
    this.pending = false
    if ((++this.records & 0x3fff) === 0) this.options.beat()
    return true
  }

  /** The group's key, decoded; good until the next group. */
  key(): Decoded {
    const key = this.keyDecoder.decode(this.keyBytes, this.keyKind, 0, this.keyLength)
    if (!this.options.checked) return key
    spoil(this.lentKey)
    this.lentKey = lend(key)
    return this.lentKey
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): this {
    if (!this.step()) {
      if (this.options.checked) spoil(this.value)
      this.value = undefined
      this.done = true
      return this
    }
    this.options.beat()
    const { view } = this.stream
    const value = this.valueDecoder.decode(view.valueBytes, view.valueKind, view.valueStart, view.valueEnd)
    if (this.options.checked) {
      spoil(this.value)
      this.value = lend(value)
    } else this.value = value
    return this
  }

  private noteLarge(): void {
    const { large } = this.options
    if (large === undefined) return
    large.note(this, this.records - this.began)
    this.bar = large.bar
  }

  private pull(): boolean {
    if (this.ended) return false
    this.pending = this.stream.advance()
    this.ended = !this.pending
    return this.pending
  }

  private sameGroup(): boolean {
    const { view } = this.stream
    if (view.keyKind !== this.keyKind) return false
    const length = view.keyEnd - view.keyStart
    const grouped = this.groupLength
    if (grouped === this.keyLength ? length !== grouped : length < grouped) return false
    const { keyBytes } = this
    for (let i = 0; i < grouped; i++) if (view.keyBytes[view.keyStart + i] !== keyBytes[i]) return false
    return true
  }
}

/** Texts inside tuples are copies in any case. */
function lend(value: Decoded): Decoded {
  return value instanceof Text ? value.copy() : value
}

function spoil(value: Decoded): void {
  if (value instanceof Text) value.buffer.fill('#')
}
