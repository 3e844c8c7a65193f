import type { RecordView } from '../record/record-stream.ts'

/** Takes what `map` emits. */
export interface MapOutput {
  readonly emit: (key: unknown, value?: unknown) => void
  /** Takes a record that was emitted, and encoded, in another stage. */
  readonly pass?: (record: RecordView) => void
  /** Takes every word of the chunk in [from, to), a stretch of whole lines, as if it had been emitted with a one. */
  readonly emitWords?: ((from: number, to: number) => void) | undefined
  /** Records emitted so far. */
  readonly records: number
  /** Views on the input chunk that are still pending are copied: the chunk is about to change. */
  flush(): void
}
