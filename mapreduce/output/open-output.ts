import type { RecordSink } from '../record/record-stream.ts'
import type { HashPlace } from '../table/hash-place.ts'
import { RecordsWriter } from '../table/records-format.ts'
import { TableWriter } from '../table/table-writer.ts'
import type { OutputFormat } from './format.ts'
import { OutputWriter } from './writer.ts'

/** Where a task's output goes. */
export interface TaskOutput extends RecordSink {
  readonly records: number
  /** Ends the file; returns its size. */
  close(): number
  /** Closes the file after a failure. */
  abandon(): void
}

/** `buffer` is the task's to lend until `close`; `place` is its part's among those of the job. */
export function openOutput(path: string, format: OutputFormat, buffer: Buffer, place: HashPlace): TaskOutput {
  if (format.output === 'records') return new RecordsWriter(path, buffer)
  return format.output === 'table' ? new TableWriter(path, buffer, place) : new OutputWriter(path, format, buffer)
}
