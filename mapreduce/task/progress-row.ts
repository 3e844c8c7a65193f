import { PROGRESS_FIELDS, progressField } from '../master/task.ts'

/** The worker's side of its row in the shared progress table. Plain stores: cheap enough for every record. */
export class ProgressRow {
  private readonly row: Float64Array

  constructor(shared: SharedArrayBuffer, slot: number) {
    this.row = new Float64Array(shared, slot * PROGRESS_FIELDS * 8, PROGRESS_FIELDS)
  }

  start(): void {
    this.row[progressField.bytesIn] = 0
    this.row[progressField.recordsIn] = 0
    this.row[progressField.recordsOut] = 0
    this.row[progressField.fraction] = 0
    this.atRecord(-1, 0)
    this.beat()
  }

  /** Which record the user's code has at hand, for the master to find should the thread not come back; -1 for none. */
  atRecord(file: number, offset: number): void {
    this.row[progressField.recordFile] = file + 1
    this.row[progressField.recordOffset] = offset
  }

  /** Tells the master that the task moves on. */
  beat(): void {
    this.row[progressField.beat] = (this.row[progressField.beat] ?? 0) + 1
  }

  read(bytes: number): void {
    this.row[progressField.bytesIn] = (this.row[progressField.bytesIn] ?? 0) + bytes
    this.beat()
  }

  records(into: number, out: number, fraction: number): void {
    this.row[progressField.recordsIn] = into
    this.row[progressField.recordsOut] = out
    this.row[progressField.fraction] = fraction
    this.beat()
  }
}
