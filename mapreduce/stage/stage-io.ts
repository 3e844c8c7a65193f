import type { ParamValue, TaskContext } from '../job.ts'

/** Where a stage reads and writes. */
export interface StageIo {
  readonly input: AsyncIterable<Uint8Array>
  /** Resolves once more may be written; the bytes belong to it from then on. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly signal: AbortSignal
}

/** What user code sees as `ctx` in a filter: no task, no attempts, one stream. */
export class StageContext implements TaskContext {
  inputFile = ''
  inputName = ''
  readonly attempt = 1
  readonly task = 0
  readonly params: Readonly<Record<string, ParamValue>>
  readonly signal: AbortSignal
  readonly counters = new Map<string, number>()

  constructor(params: Readonly<Record<string, ParamValue>>, signal: AbortSignal) {
    this.params = params
    this.signal = signal
  }

  count(name: string, by = 1): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + by)
  }

  /** There is no progress line to show it in. */
  status(): void {}
}
