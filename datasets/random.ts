/**
 * A seeded source of 32-bit words (sfc32: 128 bits of state, passes PractRand, four additions and three shifts a word).
 * The same seed gives the same words on every machine, so a generated data set can be named by its seed.
 */
export function seededWords(seed: number): () => number {
  let a = seed >>> 0
  let b = 0x9e3779b9
  let c = 0x243f6a88
  let counter = 1
  const next = (): number => {
    const word = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + word
    return word >>> 0
  }
  // The first words still show how close two seeds are.
  for (let i = 0; i < 16; i++) next()
  return next
}

/** Numbers in [0, 1) with 32 bits of a `seededWords` source. */
export function seededFractions(seed: number): () => number {
  const next = seededWords(seed)
  return () => next() / 0x1_0000_0000
}
