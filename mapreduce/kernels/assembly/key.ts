/** The first eight bytes of a key as a big-endian number, those it does not have zero. */
// @ts-ignore: decorator
@inline
export function prefixOf(start: usize, length: u32): u64 {
  const all = bswap<u64>(load<u64>(start))
  if (length >= 8) return all
  return length == 0 ? 0 : all & ~((<u64>0xffffffffffffffff) >> (<u64>length << 3))
}

/** Where the key of an index entry lies: short ones in the entry itself, in indices that have room for them. */
// @ts-ignore: decorator
@inline
export function keyAt(entry: usize, length: u32, keyField: usize, inlineBytesMax: i32, inlineField: usize): usize {
  return <i32>length <= inlineBytesMax ? entry + inlineField : <usize>load<u32>(entry + keyField)
}
