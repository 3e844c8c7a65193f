import { rmSync } from 'node:fs'
import { type Decoded, Decoder } from '../record/decode.ts'
import { holdsNullItem } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import type { RecordView } from '../record/record-stream.ts'
import { Concat } from '../shuffle/concat.ts'
import { type MergeSpace, withMerged } from '../shuffle/merge-passes.ts'
import type { SliceSource } from '../shuffle/run-cursor.ts'
import { RunWriter } from '../shuffle/run-writer.ts'
import type { JoinRows } from './join-rows.ts'
import { RowTable } from './row-table.ts'
import { isStreamed, plainKind } from './side-kind.ts'
import { TableDump } from './table-dump.ts'

export interface PartitionSpace {
  readonly table: RowTable
  /** For the one run that is read at a time. */
  readonly cursor: Buffer
  /** For the run of held rows that are written last; before that, for rows read back from tables. */
  readonly heldBuffer: Buffer
  /** Memory of the table, once that is not needed any more, and all else a merge takes. */
  readonly merge: MergeSpace
  /** Paths of temporary files begin with this. */
  readonly file: string
  /** Called with the bytes that a pass has written. */
  readonly onSpill: (bytes: number) => void
}

/** Where a record lies in the concatenated runs. */
interface Place {
  readonly slice: number
  readonly before: number
}

/**
 * Joins one partition whose records come in input order, all held rows before the first streamed one: those are put in a
 * hash table, the others looked up. Output: the streamed rows in input order, for each the held rows in theirs; after
 * them the held rows that the type keeps by themselves, in input order.
 *
 * Held rows that do not fit the table are taken a tableful at a time, with all streamed rows passing by each time. What
 * they found goes to a run file under the number of the streamed row, and these runs are merged in the end: so the
 * order, and every byte, is what it would have been with more memory. Once the rows found take more than the table they
 * are from, as with a key that is frequent on both sides, the table goes to disk and the rest are references into it.
 */
export class PartitionedJoin {
  private readonly runs: readonly SliceSource[]
  private readonly rows: JoinRows
  private readonly space: PartitionSpace
  private readonly beat: (records: number) => void
  private readonly streamedDecoder = new Decoder()
  private readonly heldDecoder = new Decoder()
  private readonly keyDecoder = new Decoder()
  private readonly keepsHeld: boolean
  private readonly files: string[] = []
  private table: RowTable
  /** A streamed row is the current one of the stream that `fill` has read. */
  private streaming = false
  private readonly dump: TableDump
  private pairs = 0
  records = 0

  constructor(runs: readonly SliceSource[], rows: JoinRows, space: PartitionSpace, beat: (records: number) => void) {
    this.runs = runs
    this.rows = rows
    this.space = space
    this.table = space.table
    this.beat = beat
    this.keepsHeld = rows.kept.loneHeld || rows.kept.onceHeld
    this.dump = new TableDump(`${space.file}tables`, space.heldBuffer)
  }

  async run(): Promise<void> {
    const stream = new Concat(this.runs, this.space.cursor)
    let next: Place | undefined
    try {
      next = this.fill(stream)
      if (next === undefined) {
        await this.streamPast(stream)
        await this.tellHeld()
        return
      }
    } finally {
      stream.close()
    }
    try {
      await this.inPasses(next)
    } finally {
      this.dump.close()
      for (const file of this.files) rmSync(file, { force: true })
    }
  }

  /**
   * Puts held rows in the table, up to the first streamed one, which is then the stream's current record. Returns the
   * place of the first row that did not fit.
   */
  private fill(stream: Concat): Place | undefined {
    const { table } = this.space
    this.table = table
    table.clear()
    this.streaming = false
    while (stream.advance()) {
      const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = stream.view
      if (isStreamed(valueKind)) {
        this.streaming = true
        break
      }
      if (!table.append(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd)) {
        if (table.rows === 0) {
          this.table = RowTable.ofOne(stream.view)
          return { slice: stream.slice, before: stream.before + 1 }
        }
        table.seal()
        return { slice: stream.slice, before: stream.before }
      }
      this.tick()
    }
    table.seal()
    return undefined
  }

  /** The whole held side is in the table. */
  private async streamPast(stream: Concat): Promise<void> {
    const { table } = this
    const { kept } = this.rows
    if (!this.streaming) return
    do {
      this.tick()
      const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = stream.view
      let row = holdsNullItem(keyBytes, keyKind, keyStart, keyEnd) ? 0 : table.find(keyBytes, keyKind, keyStart, keyEnd)
      if (row !== 0 && this.keepsHeld) table.match(row)
      if (row === 0 ? !kept.loneStreamed : !kept.pairs && !kept.onceStreamed) continue
      const key = this.keyDecoder.decode(keyBytes, keyKind, keyStart, keyEnd)
      const value = this.streamedDecoder.decode(valueBytes, plainKind(valueKind), valueStart, valueEnd)
      if (row === 0 || kept.onceStreamed) {
        const pending = this.rows.streamed(key, value)
        if (pending !== undefined) await pending
        continue
      }
      for (; row !== 0; row = table.next(row)) {
        table.look(row)
        const held = this.heldDecoder.decode(table.bytes, table.valueKind, table.valueStart, table.valueEnd)
        const pending = this.rows.pair(key, value, held)
        if (pending !== undefined) await pending
      }
    } while (stream.advance())
  }

  /** Held rows that are output by themselves, of the one table there was. */
  private async tellHeld(): Promise<void> {
    if (!this.keepsHeld) return
    const { table } = this
    for (let row = table.first; row < table.end; row = table.after(row)) {
      if (table.matched(row) !== this.rows.kept.onceHeld) continue
      table.look(row)
      const pending = this.rows.held(
        this.keyDecoder.decode(table.bytes, table.keyKind(row), table.keyStart(row), table.keyEnd(row)),
        this.heldDecoder.decode(table.bytes, table.valueKind, table.valueStart, table.valueEnd),
      )
      if (pending !== undefined) await pending
    }
  }

  private async inPasses(rest: Place): Promise<void> {
    const { space } = this
    const heldFile = `${space.file}held`
    this.files.push(heldFile)
    const heldWriter = this.keepsHeld ? new RunWriter(heldFile, space.heldBuffer) : undefined
    const found: SliceSource[] = []
    let streamedFrom: Place | undefined
    try {
      // The table holds the first part already, but where the streamed rows begin is not known yet.
      streamedFrom = this.firstStreamed(rest)
      let part: Place | undefined = rest
      for (;;) {
        found.push(await this.findMatches(found.length, streamedFrom))
        if (heldWriter !== undefined) this.keepHeld(heldWriter)
        if (part === undefined) break
        const stream: Concat = new Concat(this.runs, space.cursor, part.slice, part.before)
        try {
          part = this.fill(stream)
        } finally {
          stream.close()
        }
      }
    } catch (error) {
      heldWriter?.abandon()
      throw error
    }
    const heldSlice = heldWriter?.endSlice()
    heldWriter?.close()
    if (streamedFrom !== undefined) await this.tellFound(found, streamedFrom)
    if (heldSlice !== undefined) await this.tellKept({ file: heldFile, ...heldSlice, mapTask: -1 })
  }

  private firstStreamed(from: Place): Place | undefined {
    const stream = new Concat(this.runs, this.space.cursor, from.slice, from.before)
    try {
      while (stream.advance()) {
        this.tick()
        if (isStreamed(stream.view.valueKind)) return { slice: stream.slice, before: stream.before }
      }
      return undefined
    } finally {
      stream.close()
    }
  }

  /** Looks all streamed rows up in the present table; what they find goes to a run under their numbers. */
  private async findMatches(pass: number, from: Place | undefined): Promise<SliceSource> {
    const { table } = this
    const { cursor, merge } = this.space
    const { kept } = this.rows
    const file = `${this.space.file}found-${pass}`
    this.files.push(file)
    const writer = new RunWriter(file, merge.passBuffer)
    const number = Buffer.alloc(8)
    const tableBytes = table.end - table.first
    let foundBytes = 0
    let dumpedAt = -1
    let stream: Concat | undefined
    try {
      if (from !== undefined) stream = new Concat(this.runs, cursor, from.slice, from.before)
      for (let n = 0; stream?.advance(); n++) {
        this.tick()
        const { keyBytes, keyKind, keyStart, keyEnd } = stream.view
        if (holdsNullItem(keyBytes, keyKind, keyStart, keyEnd)) continue
        let row = table.find(keyBytes, keyKind, keyStart, keyEnd)
        if (row === 0) continue
        if (this.keepsHeld) table.match(row)
        writeNumber(number, n)
        if (!kept.pairs) {
          writer.write(number, kind.Text, 0, 8, number, kind.Absent, 0, 0)
          continue
        }
        for (; row !== 0; row = table.next(row)) {
          this.tickPair()
          table.look(row)
          const { bytes, valueKind, valueStart, valueEnd } = table
          if (foundBytes <= tableBytes) {
            foundBytes += valueEnd - valueStart
            writer.write(number, kind.Text, 0, 8, bytes, valueKind, valueStart, valueEnd)
            continue
          }
          if (dumpedAt < 0) dumpedAt = this.dump.add(bytes, table.first, table.end)
          const reference = this.dump.refer(dumpedAt + valueStart - table.first, valueEnd - valueStart, valueKind)
          writer.write(number, kind.Text, 0, 8, reference, kind.Partial, 0, reference.length)
        }
      }
      const slice = writer.endSlice()
      this.space.onSpill(writer.close() + (dumpedAt < 0 ? 0 : tableBytes))
      return { file, ...slice, mapTask: -1 }
    } catch (error) {
      writer.abandon()
      throw error
    } finally {
      stream?.close()
    }
  }

  /** Held rows of the present table that are output by themselves wait for the end of the streamed ones. */
  private keepHeld(writer: RunWriter): void {
    const { table } = this
    for (let row = table.first; row < table.end; row = table.after(row)) {
      if (table.matched(row) !== this.rows.kept.onceHeld) continue
      table.look(row)
      const { bytes, valueKind, valueStart, valueEnd } = table
      writer.write(
        bytes,
        table.keyKind(row),
        table.keyStart(row),
        table.keyEnd(row),
        bytes,
        valueKind,
        valueStart,
        valueEnd,
      )
    }
  }

  private async tellFound(found: readonly SliceSource[], from: Place): Promise<void> {
    const { cursor, merge } = this.space
    const { kept } = this.rows
    const stream = new Concat(this.runs, cursor, from.slice, from.before)
    try {
      await withMerged(found, merge, async (matches) => {
        const number = Buffer.alloc(8)
        let more = matches.advance()
        for (let n = 0; stream.advance(); n++) {
          this.tick()
          writeNumber(number, n)
          const isOwn = (): boolean =>
            matches.view.keyBytes.compare(number, 0, 8, matches.view.keyStart, matches.view.keyEnd) === 0
          const matched = more && isOwn()
          if (matched ? !kept.pairs && !kept.onceStreamed : !kept.loneStreamed) {
            while (more && isOwn()) more = matches.advance()
            continue
          }
          const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = stream.view
          const key = this.keyDecoder.decode(keyBytes, keyKind, keyStart, keyEnd)
          const value = this.streamedDecoder.decode(valueBytes, plainKind(valueKind), valueStart, valueEnd)
          if (!matched || kept.onceStreamed) {
            const pending = this.rows.streamed(key, value)
            if (pending !== undefined) await pending
          }
          for (; more && isOwn(); more = matches.advance()) {
            if (!kept.pairs) continue
            const held = this.heldOf(matches.view)
            const pending = this.rows.pair(key, value, held)
            if (pending !== undefined) await pending
          }
        }
      })
    } finally {
      stream.close()
    }
  }

  private heldOf({ valueBytes, valueKind, valueStart, valueEnd }: RecordView): Decoded {
    if (valueKind !== kind.Partial) return this.heldDecoder.decode(valueBytes, valueKind, valueStart, valueEnd)
    const { dump } = this
    dump.look(valueBytes, valueStart)
    return this.heldDecoder.decode(dump.bytes, dump.kind, dump.start, dump.end)
  }

  private async tellKept(slice: SliceSource): Promise<void> {
    const stream = new Concat([slice], this.space.cursor)
    try {
      while (stream.advance()) {
        const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = stream.view
        const pending = this.rows.held(
          this.keyDecoder.decode(keyBytes, keyKind, keyStart, keyEnd),
          this.heldDecoder.decode(valueBytes, valueKind, valueStart, valueEnd),
        )
        if (pending !== undefined) await pending
      }
    } finally {
      stream.close()
    }
  }

  /** As `JoinRows` has it: few rows can make many pairs. */
  private tickPair(): void {
    if ((++this.pairs & 0xfff) === 0) this.beat(this.records)
  }

  private tick(): void {
    if ((++this.records & 0xfff) === 0) this.beat(this.records)
  }
}

/** Eight bytes whose order is that of the numbers. */
function writeNumber(bytes: Buffer, n: number): void {
  bytes.writeUInt32BE(Math.floor(n / 0x100000000), 0)
  bytes.writeUInt32BE(n >>> 0, 4)
}
