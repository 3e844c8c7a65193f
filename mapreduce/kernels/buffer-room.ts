import { RADIX_COUNTS_BYTES, RADIX_MIN, RECORD_OVERHEAD_BYTES, SLACK_BYTES } from './layout.ts'

/** Bytes of payload that the next record of a record buffer may have, so that what its sort needs still has room. */
export function roomIn(top: number, used: number, count: number): number {
  const room = top - used - (count + 1) * RECORD_OVERHEAD_BYTES - SLACK_BYTES
  return count >= RADIX_MIN ? room - RADIX_COUNTS_BYTES : room
}
