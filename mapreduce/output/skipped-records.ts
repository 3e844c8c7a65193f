import { isUtf8 } from 'node:buffer'
import { appendFileSync } from 'node:fs'
import { diskError } from '../base/system-error.ts'

/**
 * Records a job set aside, kept as `_skipped` beside its parts, in the order of the input:
 *
 *   skipped := line*
 *   line    := {"file":F,"offset":N,"length":L,"error":E,"text":T} LF      the record is UTF-8
 *            | {"file":F,"offset":N,"length":L,"error":E,"base64":B} LF    it is not, or it is larger than TEXT_BYTES_MAX
 *
 * F is the file as the job was told it, N the record's first byte there (in a .gz: of what was unpacked), L its bytes
 * without line end. An attempt keeps its own in a file, and the commit puts those together in the order of the maps; that
 * is the order of the input, so how it was cut does not show.
 */
export const skippedName = '_skipped'

/** A larger record could grow, escaped, beyond what a string may hold. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024

export interface SkippedRecord {
  readonly file: string
  readonly offset: number
  readonly bytes: Buffer
  readonly error: string
}

export function skippedLine({ file, offset, bytes, error }: SkippedRecord): string {
  const asText = bytes.length <= TEXT_BYTES_MAX && isUtf8(bytes)
  const record = asText ? { text: bytes.toString() } : { base64: bytes.toString('base64') }
  return `${JSON.stringify({ file, offset, length: bytes.length, error, ...record })}\n`
}

/** What one attempt sets aside; the file is made with the first record. */
export class SkippedLog {
  readonly path: string
  records = 0

  constructor(path: string) {
    this.path = path
  }

  add(record: SkippedRecord): void {
    try {
      appendFileSync(this.path, skippedLine(record), { mode: 0o600 })
    } catch (error) {
      throw diskError(error, 'writing', this.path)
    }
    this.records++
  }
}
