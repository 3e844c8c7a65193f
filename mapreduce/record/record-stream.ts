/**
 * One encoded record, as a view: kinds and payload ranges. `bytes` differs from record to record; everything is good
 * until the stream moves on.
 */
export interface RecordView {
  keyBytes: Buffer
  keyKind: number
  keyStart: number
  keyEnd: number
  valueBytes: Buffer
  valueKind: number
  valueStart: number
  valueEnd: number
}

/** Records in key order, one partition's worth; equal keys in input order. */
export interface RecordStream {
  readonly view: RecordView
  /** Moves to the next record; false at the end. Throws MR_LOST_RUN when a run can not be read. */
  advance(): boolean
}

/** Takes encoded records, copying what it keeps. */
export interface RecordSink {
  write(
    keyBytes: Buffer,
    keyKind: number,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueKind: number,
    valueStart: number,
    valueEnd: number,
  ): void
}

/** Records in the arena that a kernel can write as lines. */
export interface TextBatch {
  /**
   * Writes the records [from, to) at `out` of the arena as lines: key TAB value with `keys`, else the value; the key alone
   * where there is no value. Stops before `limit`, and at anything that is no text; returns the first it did not write.
   */
  lay(from: number, to: number, out: number, limit: number, keys: boolean): number
  /** The address behind the last line. */
  readonly laidTo: number
  /** Whether it was for want of room that it stopped. */
  readonly noRoom: boolean
}

/** Takes texts many at a time, where it can. */
export interface BatchSink extends RecordSink {
  /** Writes the first of a batch's records [from, to) as lines; returns the first it did not write, be it none. */
  layTexts(batch: TextBatch, from: number, to: number, keys: boolean): number
}

export function emptyView(): RecordView {
  const none = Buffer.alloc(0)
  return {
    keyBytes: none,
    keyKind: 0,
    keyStart: 0,
    keyEnd: 0,
    valueBytes: none,
    valueKind: 0,
    valueStart: 0,
    valueEnd: 0,
  }
}

/** Writes all of a stream to a sink; `every` is called once in 65,536 records. Returns how many there were. */
export function copyRecords(from: RecordStream, to: RecordSink, every: () => void): number {
  let records = 0
  while (from.advance()) {
    const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = from.view
    to.write(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd)
    if ((++records & 0xffff) === 0) every()
  }
  return records
}
