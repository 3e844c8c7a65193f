import { MrError } from '../base/errors.ts'
import type { Arena } from '../kernels/arena.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { type FoldOperation, PENDING_BYTES, SLACK_BYTES, stopped, TEXT_BYTES } from '../kernels/layout.ts'
import type { MapOutput } from '../output/map-output.ts'
import { copyBytes } from '../record/copy-bytes.ts'
import { Encoder } from '../record/encode.ts'
import { FIELD_BYTES_MAX, kind, metaKind, metaLength, packMeta } from '../record/kind.ts'
import type { RecordView } from '../record/record-stream.ts'
import { Text } from '../record/text.ts'
import type { Aggregate } from '../shuffle/aggregate.ts'
import { type ArenaCuts, cutBytes, layCuts, noCuts } from '../shuffle/arena-cuts.ts'
import { FoldTable } from '../shuffle/fold-table.ts'
import type { Partitioner } from '../shuffle/partitioner.ts'
import { RecordBuffer } from '../shuffle/record-buffer.ts'

const PENDING_MAX = 4096

/** Writes what the collector holds to disk, in order, and empties it. */
export interface Spiller {
  spill(table: FoldTable | undefined, buffer: RecordBuffer): void
  /** A record larger than the whole buffer becomes a run of its own. */
  spillOne(
    key: Buffer,
    keyKind: number,
    keyStart: number,
    keyEnd: number,
    value: Buffer,
    valueKind: number,
    valueStart: number,
    valueEnd: number,
    partition: number,
  ): void
}

export interface CollectorOptions {
  readonly arena: Arena
  readonly kernels: Kernels
  /** Bytes of the arena it may take. */
  readonly memoryBytes: number
  /** The aggregate that numbers are folded by while mapping, if any. */
  readonly foldBy: Aggregate | undefined
  readonly partitioner: Partitioner
  readonly partitions: number
  /** Copy everything at once, because the views are scribbled over after each call. */
  readonly checked: boolean
}

/**
 * Takes what `map` emits in a job with a reduce. Numbers under a numeric aggregate, and keys without a value under
 * `distinct`, are folded into a table, a batch at a time: a key that is a view on the input chunk is remembered by its position only, and its bytes are first touched
 * by the kernel. Everything else is copied into the record buffer, and sorted and spilled from there; in a job that folds
 * nothing records of texts that are views on the chunk are remembered by their position, too, until a kernel takes a batch.
 *
 * There is one for the life of a worker: `emit` has to stay the same function, or the compiler can not fold it into the
 * user's `map` together with the addresses it writes to.
 */
export class Collector implements MapOutput {
  records = 0
  /** Of these, how many went into the table. */
  folded = 0
  readonly table: FoldTable | undefined
  readonly buffer: RecordBuffer
  readonly emit: (key: unknown, value?: unknown) => void
  readonly emitWords: ((from: number, to: number) => void) | undefined
  private readonly options: CollectorOptions
  private readonly keys = new Encoder()
  private readonly values = new Encoder()
  private readonly pendingAt: number
  private readonly valuesAt: number
  private readonly stageAt: number
  private readonly stageBytes: number
  private readonly keyBytesMax: number
  /** Whether records of texts wait for a kernel, which can tell their partitions. */
  private readonly batches: boolean
  private readonly cutsAt: number
  private cuts: ArenaCuts = noCuts
  private spiller: Spiller = notBegun
  private pending = 0
  private staged = 0

  constructor(options: CollectorOptions) {
    const { arena, kernels, foldBy, memoryBytes, partitioner } = options
    this.options = options
    const before = arena.mark
    const operation = foldBy === undefined ? undefined : foldOperationOf(foldBy)
    const folds = operation !== undefined
    this.pendingAt = arena.reserve(PENDING_MAX * (folds ? PENDING_BYTES : TEXT_BYTES))
    this.valuesAt = folds ? arena.reserve(PENDING_MAX * 8) : 0
    this.stageBytes = folds ? Math.min(256 * 1024, Math.max(32 * 1024, memoryBytes >>> 5)) : 0
    this.stageAt = folds ? arena.reserve(this.stageBytes + SLACK_BYTES) : 0
    const { texts } = partitioner
    const cutsBytes = texts === undefined || texts === 'hash' ? 0 : cutBytes(texts)
    this.batches = !folds && !options.checked && texts !== undefined && cutsBytes <= memoryBytes >>> 6
    this.cutsAt = this.batches ? arena.reserve(cutsBytes) : 0
    const free = Math.min(arena.free, memoryBytes - (arena.mark - before)) - 4096
    if (folds) this.table = new FoldTable(arena, kernels, operation, Math.floor(free * 0.7))
    const rest = Math.min(arena.free - 64, folds ? Math.floor(free * 0.3) : free)
    this.buffer = new RecordBuffer(arena, kernels, arena.reserve(rest), rest)
    this.keyBytesMax = this.table?.keyBytesMax ?? 0
    if (this.table === undefined) this.emit = this.appendingEmit()
    else if (foldBy?.aggregate === 'distinct') this.emit = this.keysOnlyEmit(this.table)
    else this.emit = this.foldingEmit(this.table, foldBy?.aggregate === 'count', 1)
    this.emitWords = this.wordCounter()
  }

  /** Where a word is a key with a one, words of the chunk need not be emitted one by one. */
  private wordCounter(): Collector['emitWords'] {
    const { table } = this
    const { foldBy, checked, arena, kernels } = this.options
    if (table === undefined || checked || (foldBy?.aggregate !== 'sum' && foldBy?.aggregate !== 'count'))
      return undefined
    const took = (words: number): void => {
      this.records += words
      this.folded += words
    }
    const word = new Text(arena.bytes, 0, 0)
    return (from, to) => {
      this.flush()
      for (let at = from; at < to; ) {
        at = table.countWords(at, to, this.pendingAt, took)
        if (at === to) return
        const { stoppedBy } = table
        if (stoppedBy === stopped.tableFull || stoppedBy === stopped.keysFull) this.spiller.spill(table, this.buffer)
        else {
          // What the table can not take goes the general way.
          kernels.tokenise(at, to, this.pendingAt, 1)
          word.start = arena.u32[this.pendingAt >>> 2] ?? 0
          word.end = at = arena.u32[(this.pendingAt >>> 2) + 1] ?? 0
          this.records++
          this.append(word, 1)
        }
      }
    }
  }

  /** Starts anew for a task whose runs `spiller` writes. The memory may have been used for something else since. */
  begin(spiller: Spiller): void {
    this.spiller = spiller
    this.records = 0
    this.folded = 0
    this.pending = 0
    this.staged = 0
    this.table?.clear()
    this.buffer.clear()
    const { arena, partitioner } = this.options
    const { texts } = partitioner
    if (this.batches && texts !== undefined && texts !== 'hash') this.cuts = layCuts(arena, this.cutsAt, texts)
  }

  private appendingEmit(): (key: unknown, value?: unknown) => void {
    const { bytes } = this.options.arena
    const { batches } = this
    const absentMeta = packMeta(kind.Absent, 0)
    return (key, value) => {
      this.records++
      if (batches && key instanceof Text && key.buffer === bytes) {
        if (value === undefined) {
          this.remember(key.start, key.end - key.start, 0, absentMeta)
          return
        }
        if (value instanceof Text && value.buffer === bytes) {
          this.remember(key.start, key.end - key.start, value.start, packMeta(kind.Text, value.end - value.start))
          return
        }
      }
      // What came before goes first.
      if (this.pending > 0) this.flush()
      this.append(key, value)
    }
  }

  /** A record whose key is a text, until a kernel takes it together with others. */
  private remember(keyStart: number, keyLength: number, valueStart: number, valueMeta: number): void {
    if (this.pending === PENDING_MAX) this.flush()
    const { u32 } = this.options.arena
    const at = (this.pendingAt >>> 2) + this.pending++ * 4
    u32[at] = keyStart
    u32[at + 1] = packMeta(kind.Text, keyLength)
    u32[at + 2] = valueStart
    u32[at + 3] = valueMeta
  }

  /**
   * Takes a row of a join whose value has this kind, for the partition its key has by itself; false when the two do not lie
   * in the chunk: then it is to be put.
   */
  takeTexts(key: Text, value: Text, valueKind: number): boolean {
    const { bytes } = this.options.arena
    if (!this.batches || key.buffer !== bytes || value.buffer !== bytes) return false
    this.records++
    this.remember(key.start, key.end - key.start, value.start, packMeta(valueKind, value.end - value.start))
    return true
  }

  /** A key without a value is held once, with a number that nobody looks at. */
  private keysOnlyEmit(table: FoldTable): (key: unknown, value?: unknown) => void {
    const fold = this.foldingEmit(table, true, undefined)
    return (key, value) => {
      if (value === undefined) fold(key)
      else {
        this.records++
        this.append(key, value)
      }
    }
  }

  /** `counting`: every value is a one; `one` is what is emitted where the table can not take it. */
  private foldingEmit(
    table: FoldTable,
    counting: boolean,
    one: 1 | undefined,
  ): (key: unknown, value?: unknown) => void {
    const { arena, checked } = this.options
    const { bytes, u32, f64 } = arena
    const { keyBytesMax } = this
    const pendingWord = this.pendingAt >>> 2
    const valueCell = this.valuesAt >>> 3
    const textMeta = packMeta(kind.Text, 0)
    return (key, value) => {
      this.records++
      const number = counting ? 1 : value
      if (typeof number === 'number') {
        if (this.pending === PENDING_MAX) this.flush()
        if (key instanceof Text && key.buffer === bytes && !checked) {
          const length = key.end - key.start
          if (length <= keyBytesMax) {
            const at = this.pending++
            u32[pendingWord + at * 2] = key.start
            u32[pendingWord + at * 2 + 1] = textMeta + length
            f64[valueCell + at] = number
            return
          }
        } else if (this.stage(table, key, number)) return
      }
      this.append(key, counting ? one : value)
    }
  }

  /** Encodes a key that does not lie in the chunk next to the others; false when it is too long for the table. */
  private stage(table: FoldTable, key: unknown, number: number): boolean {
    const { arena } = this.options
    const keyKind = this.keys.key(key)
    const { length } = this.keys
    if (length > table.keyBytesMax) return false
    if (this.staged + length > this.stageBytes) this.flush()
    const start = this.stageAt + this.staged
    copyBytes(this.keys.bytes, 0, length, arena.bytes, start)
    this.staged += length
    const at = this.pending++
    arena.u32[(this.pendingAt >>> 2) + at * 2] = start
    arena.u32[(this.pendingAt >>> 2) + at * 2 + 1] = packMeta(keyKind, length)
    arena.f64[(this.valuesAt >>> 3) + at] = number
    return true
  }

  flush(): void {
    const { table } = this
    if (this.pending === 0) return
    if (table === undefined) {
      this.flushTexts()
      return
    }
    this.folded += this.pending
    let next = 0
    while (next < this.pending) {
      next = table.fold(this.pendingAt, this.valuesAt, next, this.pending)
      if (next === this.pending) break
      if (table.stoppedBy === stopped.notExact) {
        this.appendPending(next++)
        this.folded--
      } else this.spiller.spill(table, this.buffer)
    }
    this.pending = 0
    this.staged = 0
  }

  private flushTexts(): void {
    const { pendingAt, buffer, cuts } = this
    const { partitions } = this.options
    const to = this.pending
    this.pending = 0
    for (let next = 0; ; ) {
      next = buffer.appendTexts(pendingAt, next, to, partitions, cuts)
      if (next === to) return
      if (buffer.empty) this.appendText(next++)
      else this.spiller.spill(undefined, buffer)
    }
  }

  /** One that is larger than the buffer. */
  private appendText(index: number): void {
    const { bytes, u32 } = this.options.arena
    const [start = 0, meta = 0, value = 0, valueMeta = 0] = u32.subarray((this.pendingAt >>> 2) + index * 4)
    const end = start + metaLength(meta)
    const partition = this.options.partitioner.of(bytes, kind.Text, start, end)
    const valueEnd = value + metaLength(valueMeta)
    this.put(bytes, kind.Text, start, end, bytes, metaKind(valueMeta), value, valueEnd, partition)
  }

  /** A value the table can not hold exactly goes the general way. */
  private appendPending(index: number): void {
    const { arena } = this.options
    const start = arena.u32[(this.pendingAt >>> 2) + index * 2] ?? 0
    const meta = arena.u32[(this.pendingAt >>> 2) + index * 2 + 1] ?? 0
    const valueKind = this.values.value(arena.f64[(this.valuesAt >>> 3) + index])
    this.appendEncoded(arena.bytes, metaKind(meta), start, start + metaLength(meta), valueKind)
  }

  private append(key: unknown, value: unknown): void {
    const valueKind = this.values.value(value)
    if (key instanceof Text) this.appendEncoded(key.buffer, kind.Text, key.start, key.end, valueKind)
    else {
      const keyKind = this.keys.key(key)
      this.appendEncoded(this.keys.bytes, keyKind, 0, this.keys.length, valueKind)
    }
  }

  private appendEncoded(key: Buffer, keyKind: number, keyStart: number, keyEnd: number, valueKind: number): void {
    const { values } = this
    checkLength(keyEnd - keyStart)
    const partition = this.options.partitioner.of(key, keyKind, keyStart, keyEnd)
    this.put(key, keyKind, keyStart, keyEnd, values.bytes, valueKind, 0, values.length, partition)
  }

  readonly pass = (record: RecordView): void => {
    if (this.pending > 0) this.flush()
    this.records++
    const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = record
    const partition = this.options.partitioner.of(keyBytes, keyKind, keyStart, keyEnd)
    this.put(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd, partition)
  }

  /** Takes a record that is encoded, for a partition that is known. */
  take(...record: Parameters<Collector['put']>): void {
    if (this.pending > 0) this.flush()
    this.records++
    this.put(...record)
  }

  private put(
    key: Buffer,
    keyKind: number,
    keyStart: number,
    keyEnd: number,
    value: Buffer,
    valueKind: number,
    valueStart: number,
    valueEnd: number,
    partition: number,
  ): void {
    const { buffer } = this
    const payload = keyEnd - keyStart + valueEnd - valueStart
    if (!buffer.fits(payload)) {
      // Records go to disk in the order they came, so what is held goes first.
      if (!buffer.empty) this.spiller.spill(undefined, buffer)
      if (!buffer.fits(payload)) {
        this.spiller.spillOne(key, keyKind, keyStart, keyEnd, value, valueKind, valueStart, valueEnd, partition)
        return
      }
    }
    buffer.append(key, keyKind, keyStart, keyEnd, value, valueKind, valueStart, valueEnd, partition)
  }
}

/** A Text goes past the encoder, which knows the limit of everything else. */
function checkLength(length: number): void {
  if (length > FIELD_BYTES_MAX) {
    throw new MrError('MR_RECORD_TOO_LARGE', `a key of ${length} bytes was emitted; the limit is 64 MiB`)
  }
}

/** The aggregates the table knows. A count is a sum of ones. */
function foldOperationOf(aggregate: Aggregate): FoldOperation | undefined {
  switch (aggregate.aggregate) {
    case 'sum':
    case 'count':
      return 'sum'
    case 'min':
      return 'min'
    case 'max':
      return 'max'
    case 'stats':
      return 'stats'
    case 'distinct':
      // Of ones, which stay what they are.
      return 'max'
    default:
      return undefined
  }
}

const notBegun: Spiller = {
  spill() {
    throw new TypeError('a collector was used before `begin`')
  },
  spillOne() {
    throw new TypeError('a collector was used before `begin`')
  },
}
