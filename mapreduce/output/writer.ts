import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import type { OutputFormatName } from './format.ts'
import { RecordFormatter } from './record-formatter.ts'

/** Writes job output into one file in the job's format. The file is an attempt's: nobody sees it before the commit. */
export class OutputWriter extends RecordFormatter {
  private readonly fd: number
  private flushed = 0

  constructor(path: string, format: OutputFormatName) {
    super(format)
    this.fd = openSync(path, 'wx', 0o644)
  }

  get bytes(): number {
    return this.flushed + this.used
  }

  /** Flushes, makes the bytes durable when asked, closes; returns the size of the file. */
  close(options: { sync: boolean }): number {
    try {
      this.flush()
      if (options.sync) fsyncSync(this.fd)
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
    let at = 0
    while (at < this.used) at += writeSync(this.fd, this.buffer, at, this.used - at)
    this.flushed += this.used
    this.used = 0
  }
}
