import { MrError } from '../base/errors.ts'
import type { RecordReader } from '../input/record-reader.ts'
import type { JoinSideName, TaskContext } from '../job.ts'
import { Decoder } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'
import { hashKey, partitionOf } from '../record/hash.ts'
import { showKey } from '../shuffle/reduce-groups.ts'
import type { EngineJoinSide } from '../task/engine-job.ts'
import { isOwnError } from '../task/task-environment.ts'
import { mapError } from '../task/user-error.ts'
import { holdsNull, seenOf } from './side-record.ts'

const HEAD_BYTES = 60

export interface SortedSideOptions {
  readonly side: EngineJoinSide
  readonly name: JoinSideName
  readonly file: string
  readonly reader: RecordReader
  readonly ctx: TaskContext
  /** Which of how many parts this file is. */
  readonly part: number
  readonly parts: number
  /** The least key of all later parts, of both sides. */
  readonly bound: Encoder | undefined
  readonly boundKind: number
}

/** Reads one part file of one side of a merge join, and sees to it that its keys come in order. */
export class SortedSide {
  /** The current record's key. */
  key: unknown = undefined
  isNull = false
  keyKind = -1
  keys = new Encoder()
  records = 0
  /** Every key lies in the partition its hash says, or below the keys of all later parts. */
  byHash = true
  byRange = true
  private before = new Encoder()
  private beforeKind = -1
  private parted = false
  private readonly options: SortedSideOptions

  constructor(options: SortedSideOptions) {
    this.options = options
  }

  advance(): boolean {
    const { reader, side, ctx, bound, boundKind, part, parts } = this.options
    if (!reader.next()) return false
    this.records++
    try {
      this.key = side.key(reader.record, ctx)
      this.isNull = holdsNull(this.key)
      if (this.isNull) {
        this.parted = true
        return true
      }
      // The key before is that of the last record that had one.
      const spare = this.before
      this.before = this.keys
      this.beforeKind = this.keyKind
      this.keys = spare
      this.keyKind = this.keys.key(this.key)
    } catch (cause) {
      throw this.blame(cause)
    }
    if (this.beforeKind >= 0) {
      const order = compareEncoded(this.before, this.beforeKind, this.keys, this.keyKind)
      if (order > 0 || (order === 0 && this.parted)) throw this.outOfOrder()
    }
    this.parted = false
    if (this.byHash)
      this.byHash = partitionOf(hashKey(this.keys.bytes, this.keyKind, 0, this.keys.length), parts) === part
    if (this.byRange && bound !== undefined)
      this.byRange = compareEncoded(this.keys, this.keyKind, bound, boundKind) < 0
    if (!this.byHash && !this.byRange) throw this.notAlike()
    return true
  }

  value(): unknown {
    try {
      return seenOf(this.options.side, this.options.reader.record, this.options.ctx)
    } catch (cause) {
      throw this.blame(cause)
    }
  }

  private blame(cause: unknown): unknown {
    const { file, reader } = this.options
    return isOwnError(cause) ? cause : mapError(cause, file, reader.offset, this.records, reader.head(HEAD_BYTES))
  }

  private outOfOrder(): MrError {
    const { file, reader, name } = this.options
    const decoder = new Decoder()
    const before = showKey(decoder.decode(this.before.bytes, this.beforeKind, 0, this.before.length))
    return new MrError(
      'MR_BAD_INPUT',
      `The ${name} side is not sorted: the record at byte ${reader.offset} of ${file} has the key ${showKey(this.key)} ` +
        `after the key ${before}. A merge join needs both sides sorted by key, as quern leaves its part files, and keys ` +
        'of the kind they were sorted by (numbers as numbers). Use another strategy, or none.',
    )
  }

  private notAlike(): MrError {
    const { file, reader, name, part, parts } = this.options
    return new MrError(
      'MR_BAD_INPUT',
      `The sides are not partitioned alike: the key ${showKey(this.key)} at byte ${reader.offset} of ${file} (${name}) ` +
        `belongs to part ${part} of ${parts} neither by its hash nor by the order of the parts. A merge join needs both ` +
        'sides from jobs with the same number of reducers and the same partitioner. Use another strategy, or none.',
    )
  }
}

/** Kinds first, then bytes. */
export function compareEncoded(a: Encoder, aKind: number, b: Encoder, bKind: number): number {
  if (aKind !== bKind) return aKind - bKind
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a.bytes[i] ?? 0) - (b.bytes[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
