import type { RecordView } from '../record/record-stream.ts'

/** Takes what `map` emits. */
export interface MapOutput {
  readonly emit: (key: unknown, value?: unknown) => void
  /** Takes a record that was emitted, and encoded, in another stage. */
  readonly pass?: (record: RecordView) => void
  /** Records emitted so far. */
  readonly records: number
  /** Views on the input chunk that are still pending are copied: the chunk is about to change. */
  flush(): void
}
