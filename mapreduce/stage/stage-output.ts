import type { OutputFormat } from '../output/format.ts'
import { RecordFormatter } from '../output/record-formatter.ts'
import type { RecordSink } from '../record/record-stream.ts'
import { StageLineWriter } from '../record/stage-line.ts'

/** What a stage writes: taken away in batches, so that the reader sets the pace. */
export interface StageOutput extends RecordSink {
  readonly full: boolean
  /** The bytes so far, which are the caller's from now on. */
  take(): Buffer
}

/** Records as the job's output has them: what the last stage leaves. */
export class FormattedOutput extends RecordFormatter implements StageOutput {
  #flushed: Buffer[] = []

  constructor(format: OutputFormat) {
    super(format)
  }

  get full(): boolean {
    return this.#flushed.length > 0
  }

  take(): Buffer {
    this.flush()
    const bytes = Buffer.concat(this.#flushed)
    this.#flushed = []
    return bytes
  }

  protected override flush(): void {
    if (this.used > 0) this.#flushed.push(Buffer.from(this.buffer.subarray(0, this.used)))
    this.used = 0
  }
}

/** Records as lines for the next stage. */
export const lineOutput = (): StageOutput => new StageLineWriter()
