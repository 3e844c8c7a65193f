/** LEB128, as record/varint.ts has it. */

// @ts-ignore: decorator
@inline
export function putVarint(at: usize, value: u32): usize {
  while (value >= 128) {
    store<u8>(at++, (value & 127) | 128)
    value >>>= 7
  }
  store<u8>(at, value)
  return at + 1
}
