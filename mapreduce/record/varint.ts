/** LEB128 of unsigned 32-bit numbers. The result of a read is left in `varint`, so that reading allocates nothing. */
export const varint = { value: 0, next: 0 }

/** Reads one at `at`: `varint.value` is the number, `varint.next` the position after it. */
export function readVarint(bytes: Uint8Array, at: number): void {
  let byte = bytes[at++] ?? 0
  let value = byte & 127
  for (let shift = 7; byte >= 128 && shift < 35; shift += 7) {
    byte = bytes[at++] ?? 0
    value |= (byte & 127) << shift
  }
  varint.value = value >>> 0
  varint.next = at
}

/** Writes `value` at `at`, returns the position after it; five bytes at most. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value >= 128) {
    bytes[at++] = (value & 127) | 128
    value >>>= 7
  }
  bytes[at++] = value
  return at
}
