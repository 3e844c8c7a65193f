/** Takes what `map` emits. */
export interface MapOutput {
  readonly emit: (key: unknown, value?: unknown) => void
  /** Records emitted so far. */
  readonly records: number
  /** Views on the input chunk that are still pending are copied: the chunk is about to change. */
  flush(): void
}
