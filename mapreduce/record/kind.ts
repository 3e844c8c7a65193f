/**
 * The kinds of a key or value, as the first byte of its encoding. Their order is the order of keys of different kinds.
 *
 *   encoded := kind payload
 *   payload of Absent, Null, False, True: empty
 *   Number:  8 bytes, IEEE double, big-endian, sign bit flipped (all bits for negatives): byte order is numeric order;
 *            -0 is 0, NaN sorts last
 *   BigInt:  sign (0 negative, 1 otherwise), magnitude length u32 BE, magnitude BE; all after the sign complemented
 *            for negatives
 *   Text:    the bytes themselves, to the end
 *   Tuple:   item* 0x00, where item := kind payload, and the payload of a Text inside a tuple is its bytes with
 *            0x00 written 0x00 0xff, closed by 0x00 0x00 (so a prefix sorts first, and fields compare one by one)
 *   Int:     zigzag LEB128, values only: small integers, much the commonest value
 *   Json:    UTF-8 JSON, values only: objects, and arrays that hold objects
 *   Descending: the complement of an item (kind and payload, as in a tuple), keys only: sorts the other way round
 *   Partial: an unfinished aggregate, see reduce/exact-sum.ts
 */
export const kind = {
  Absent: 0,
  Null: 1,
  False: 2,
  True: 3,
  Number: 4,
  BigInt: 5,
  Text: 6,
  Tuple: 7,
  Int: 8,
  Json: 9,
  Partial: 10,
  Descending: 11,
} as const

/** A key or a value larger than this is refused: its length must fit the packed (kind, length) word. */
export const FIELD_BYTES_MAX = 64 * 1024 * 1024

/** Packs a key's kind and payload length in one word: length in the low 27 bits. */
export const packMeta = (kindOfKey: number, length: number): number => ((kindOfKey << 27) | length) >>> 0
export const metaLength = (meta: number): number => meta & 0x7ffffff
export const metaKind = (meta: number): number => meta >>> 27
