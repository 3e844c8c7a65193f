/**
 * Takes most of a message away without changing its CRC-32, sixteen bytes at a time and by nothing but XOR.
 *
 * A message, taken as a polynomial over GF(2), keeps its remainder when a multiple of the CRC's generator P is added to it.
 * P divides x^203 + x^186 + x^123 + x^85 + x^79 + 1, the sparsest of its multiples that is short. Squaring keeps that so:
 * P(x)^128 = P(x^128) has the root of P, thus P divides the same sum in x^128, whose terms stand on words of sixteen bytes. Each
 * word is therefore moved, whole, onto those 17, 80, 118, 124 and 203 words behind it, until only the last 203 are left:
 * what a word has gathered is the sum of itself and of those so far before it. Sparse multiples of the generator, instead
 * of tables or a carry-less multiplication, are the idea of Russell, "Chorba: A novel CRC32 implementation",
 * arXiv:2412.16398, which moves single words by shifts.
 *
 * The order of bits within the words does not matter to XOR, so the reflected CRC of zlib needs nothing of its own.
 */

/** Words that are left; before the first there have to be as many of zeros. */
const LEFT: usize = 203 * 16

/** A word at `from` with all it gathers; `back` is the word 203 before it. */
// @ts-ignore: decorator
@inline
function gathered(from: usize, back: usize): v128 {
  return v128.xor(
    v128.xor(
      v128.xor(v128.load(from), v128.load(back, (203 - 17) * 16)),
      v128.xor(v128.load(back, (203 - 80) * 16), v128.load(back, (203 - 118) * 16)),
    ),
    v128.xor(v128.load(back, (203 - 124) * 16), v128.load(back)),
  )
}

/**
 * Reduces `words` words, over 203 of them, to the last 203, which go to `rest`. `scratch` has room for 203 words more than
 * there are.
 */
export function reduce(from: usize, words: usize, scratch: usize, rest: usize): void {
  memory.fill(scratch, 0, LEFT)
  let back = scratch
  const end = back + words * 16 - LEFT
  // No word depends on the sixteen before it: eight go at once.
  const eights = back + ((end - back) & ~(127 as usize))
  while (back < eights) {
    const a = gathered(from, back)
    const b = gathered(from + 16, back + 16)
    const c = gathered(from + 32, back + 32)
    const d = gathered(from + 48, back + 48)
    v128.store(back, a, LEFT)
    v128.store(back, b, LEFT + 16)
    v128.store(back, c, LEFT + 32)
    v128.store(back, d, LEFT + 48)
    const e = gathered(from + 64, back + 64)
    const f = gathered(from + 80, back + 80)
    const g = gathered(from + 96, back + 96)
    const h = gathered(from + 112, back + 112)
    v128.store(back, e, LEFT + 64)
    v128.store(back, f, LEFT + 80)
    v128.store(back, g, LEFT + 96)
    v128.store(back, h, LEFT + 112)
    back += 128
    from += 128
  }
  while (back < end) {
    v128.store(back, gathered(from, back), LEFT)
    back += 16
    from += 16
  }
  // The last are moved nowhere: to each other they are zeros.
  memory.fill(back + LEFT, 0, LEFT)
  const stop = back + LEFT
  while (back < stop) {
    v128.store(rest, gathered(from, back))
    back += 16
    from += 16
    rest += 16
  }
}
