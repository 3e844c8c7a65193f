import { seededWords } from './random.ts'

/**
 * Text whose words are as unevenly spread as in a natural language: the word of rank r is drawn with a probability
 * proportional to 1 / r (Zipf's law), frequent words are short, lines have words parted by single spaces. Made to
 * measure word counts with: the hot words sit in cache, the long tail does not.
 */
export interface ZipfTextOptions {
  /** The text ends with the first line that reaches this many bytes. */
  readonly bytes: number
  /** Different words. Default 100,000. */
  readonly vocabulary?: number
  /** Mean bytes of a line, its LF included. Default 58. */
  readonly lineBytes?: number
  /** Default 1. */
  readonly seed?: number
}

const CHUNK_BYTES = 1 << 20
const WORD_BYTES_MAX = 24
const SPACE = 0x20
const LF = 0x0a

/** The words by rank, most frequent first: all different, made of letters, growing with the rank. */
export function zipfVocabulary(size: number, seed = 1): string[] {
  const onsets = ['b', 'c', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'w', 'st', 'tr', 'th']
  const vowels = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'ou']
  const random = seededWords(seed)
  const pick = (from: readonly string[]): string => from[random() % from.length] ?? ''
  const words = new Set<string>()
  while (words.size < size) {
    // One syllable carries about 160 words, so two more are needed each time the rank grows a few hundredfold.
    const syllables = 1 + Math.floor(Math.log2(words.size + 2) / 7 + (random() % 3) / 2)
    let word = random() % 2 === 0 ? pick(vowels) : ''
    for (let i = 0; i < syllables; i++) word += pick(onsets) + pick(vowels)
    words.add(word.slice(0, WORD_BYTES_MAX))
  }
  return [...words]
}

/**
 * Chunks of the text, each valid until the next is asked for. The same options give the same bytes on every machine.
 */
export function* zipfText(options: ZipfTextOptions): Generator<Uint8Array> {
  const { bytes, vocabulary = 100_000, lineBytes = 58, seed = 1 } = options
  const words = packWords(zipfVocabulary(vocabulary, seed))
  const draw = zipfRanks(vocabulary, seed)
  const lengths = seededWords(seed + 1)
  // A line ends after the word that reaches its target, on average half a word past it.
  const shortest = Math.max(1, Math.floor(lineBytes * 0.6) - 3)
  const spread = Math.max(1, Math.floor(lineBytes * 0.8))

  const chunk = new Uint8Array(CHUNK_BYTES)
  const lineRoom = shortest + spread + WORD_BYTES_MAX + 2
  let at = 0
  let made = 0
  while (made + at < bytes) {
    if (at + lineRoom > CHUNK_BYTES) {
      yield chunk.subarray(0, at)
      made += at
      at = 0
    }
    const end = at + shortest + (lengths() % spread)
    for (;;) {
      const rank = draw()
      const from = words.starts[rank] ?? 0
      const to = words.starts[rank + 1] ?? 0
      for (let i = from; i < to; i++) chunk[at++] = words.bytes[i] ?? 0
      if (at >= end) break
      chunk[at++] = SPACE
    }
    chunk[at++] = LF
  }
  yield chunk.subarray(0, at)
}

/** Ranks 0..size-1, rank r with a weight of 1 / (r + 1), by the alias method: two random words and one look-up each. */
export function zipfRanks(size: number, seed = 1): () => number {
  let total = 0
  for (let rank = 0; rank < size; rank++) total += 1 / (rank + 1)

  // Each column holds an equal share of the probability, split between its own rank and one other.
  const keep = new Float64Array(size)
  const other = new Uint32Array(size)
  const small: number[] = []
  const large: number[] = []
  for (let rank = 0; rank < size; rank++) {
    const share = size / (rank + 1) / total
    keep[rank] = share
    ;(share < 1 ? small : large).push(rank)
  }
  for (;;) {
    const lender = large.at(-1)
    const borrower = small.pop()
    if (lender === undefined || borrower === undefined) break
    other[borrower] = lender
    const left = (keep[lender] ?? 0) + (keep[borrower] ?? 0) - 1
    keep[lender] = left
    if (left < 1) {
      large.pop()
      small.push(lender)
    }
  }
  // What rounding left over keeps its own rank.
  for (const rank of [...small, ...large]) keep[rank] = 1

  const random = seededWords(seed)
  return () => {
    const column = random() % size
    return random() < (keep[column] ?? 0) * 0x1_0000_0000 ? column : (other[column] ?? 0)
  }
}

function packWords(words: readonly string[]): { readonly bytes: Uint8Array; readonly starts: Uint32Array } {
  const starts = new Uint32Array(words.length + 1)
  let total = 0
  for (const [rank, word] of words.entries()) {
    starts[rank] = total
    total += word.length
  }
  starts[words.length] = total
  return { bytes: Buffer.from(words.join(''), 'latin1'), starts }
}
