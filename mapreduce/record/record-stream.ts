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
