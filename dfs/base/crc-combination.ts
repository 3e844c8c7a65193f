/**
 * CRC-32s of pieces put together to that of the whole, without the bytes. A CRC is a polynomial over GF(2) modulo P; what
 * stands before n more bytes counts x^(8n) times. Bit 31 is x^0, as the bytes are reflected.
 */
const polynomial = 0xedb88320
const one = 0x80000000
const byte = 0x00800000

/** The CRC-32 of `first` and then `length` bytes whose own is `second`; `shift` is `shiftOf(length)`. */
export const combined = (first: number, second: number, shift: number): number =>
  (multiply(first, shift) ^ second) >>> 0

/** x^(8 length): made once for pieces of the same length. */
export function shiftOf(length: number): number {
  let power = one
  let square = byte
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(power, square)
    square = multiply(square, square)
  }
  return power
}

/** The CRC-32 of `length` bytes of which each `chunkBytes` has one in `sums`, the last as long as it is. */
export function combinedChunks(sums: Uint32Array, chunkBytes: number, length: number): number {
  const shift = shiftOf(chunkBytes)
  let whole = 0
  for (let chunk = 0; chunk < sums.length; chunk++) {
    const rest = length - chunk * chunkBytes
    whole = combined(whole, sums[chunk] ?? 0, rest < chunkBytes ? shiftOf(rest) : shift)
  }
  return whole
}

function multiply(a: number, b: number): number {
  let product = 0
  let shifted = b
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ polynomial
  }
  return product >>> 0
}
