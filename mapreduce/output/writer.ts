import { closeSync, openSync, writeSync } from 'node:fs'
import { diskError } from '../base/system-error.ts'
import type { OutputFormat } from './format.ts'
import { RecordFormatter } from './record-formatter.ts'

/** Writes job output into one file in the job's format. The file is an attempt's: nobody sees it before the commit. */
export class OutputWriter extends RecordFormatter {
  private readonly path: string
  private readonly fd: number
  private flushed = 0
  /** What the disk refused. User code may catch it around `emit`; the output is not to be used all the same. */
  private failure: unknown

  /** `buffer`, if there is one, is lent until `close`. */
  constructor(path: string, format: OutputFormat, buffer?: Buffer) {
    super(format, buffer)
    this.path = path
    try {
      this.fd = openSync(path, 'wx', 0o644)
    } catch (error) {
      throw diskError(error, 'writing', path)
    }
  }

  get bytes(): number {
    return this.flushed + this.used
  }

  /** Flushes and closes; returns the size of the file. */
  close(): number {
    try {
      this.flush()
    } finally {
      closeSync(this.fd)
    }
    return this.flushed
  }

  /** Closes the file after a failure. */
  abandon(): void {
    closeSync(this.fd)
  }

  protected override flush(): void {
    if (this.failure !== undefined) throw this.failure
    try {
      for (let at = 0; at < this.used; ) at += writeSync(this.fd, this.buffer, at, this.used - at)
    } catch (error) {
      this.failure = diskError(error, 'writing', this.path)
      throw this.failure
    }
    this.flushed += this.used
    this.used = 0
  }
}
