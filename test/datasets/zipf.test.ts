import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { seededFractions, seededWords } from '../../datasets/random.ts'
import { type ZipfTextOptions, zipfRanks, zipfText, zipfVocabulary } from '../../datasets/zipf.ts'

function text(options: ZipfTextOptions): string {
  return Array.from(zipfText(options), (chunk) => Buffer.from(chunk).toString('latin1')).join('')
}

describe('seeded words', () => {
  it('are the same for the same seed, and others for the next', () => {
    const take = (seed: number): number[] => Array.from({ length: 8 }, seededWords(seed))
    expect(take(7)).toEqual(take(7))
    expect(take(7).filter((word) => take(8).includes(word))).toEqual([])
  })

  it('are 32 bits wide, and fractions lie in [0, 1)', () => {
    const next = seededWords(3)
    let ones = 0
    for (let i = 0; i < 4096; i++) ones |= next()
    expect(ones >>> 0).toBe(0xffffffff)
    const fractions = Array.from({ length: 4096 }, seededFractions(3))
    expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true)
    expect(fractions.reduce((sum, fraction) => sum + fraction, 0) / 4096).toBeCloseTo(0.5, 1)
  })
})

describe('the Zipf vocabulary', () => {
  it('has as many different words as asked for, of letters alone', () => {
    const words = zipfVocabulary(20_000)
    expect(new Set(words).size).toBe(20_000)
    expect(words.every((word) => /^[a-z]{2,24}$/.test(word))).toBe(true)
  })

  it('has its short words first', () => {
    const words = zipfVocabulary(20_000)
    const mean = (some: readonly string[]): number => some.reduce((sum, word) => sum + word.length, 0) / some.length
    expect(mean(words.slice(0, 100))).toBeLessThan(mean(words.slice(-100)))
  })
})

describe('Zipf ranks', () => {
  it('come in proportion to 1 / rank', () => {
    const draw = zipfRanks(1000, 5)
    const seen = new Uint32Array(1000)
    for (let i = 0; i < 400_000; i++) {
      const rank = draw()
      seen[rank] = (seen[rank] ?? 0) + 1
    }
    const harmonic = Array.from({ length: 1000 }, (_, rank) => 1 / (rank + 1)).reduce((sum, share) => sum + share, 0)
    for (const rank of [0, 1, 4, 20, 90]) {
      const expected = 400_000 / (rank + 1) / harmonic
      // Six standard deviations: the seed is fixed, so this can only change with the generator.
      expect(Math.abs((seen[rank] ?? 0) - expected)).toBeLessThan(6 * Math.sqrt(expected))
    }
    expect(seen.every((count) => count > 0)).toBe(true)
  })

  it('give the only rank there is', () => {
    expect(Array.from({ length: 5 }, zipfRanks(1))).toEqual([0, 0, 0, 0, 0])
  })
})

describe('Zipf text', () => {
  it('ends with the line that reaches the size asked for', () => {
    for (const bytes of [1, 57, 1000, 3_000_000]) {
      const made = text({ bytes, vocabulary: 500 })
      expect(made.length).toBeGreaterThanOrEqual(bytes)
      expect(made.lastIndexOf('\n', made.length - 2) + 1).toBeLessThan(bytes)
      expect(made.endsWith('\n')).toBe(true)
    }
    expect(text({ bytes: 0, vocabulary: 5 })).toBe('')
  })

  it('has words parted by single spaces, and lines of the mean length asked for', () => {
    const lines = text({ bytes: 300_000, vocabulary: 2000 }).trimEnd().split('\n')
    expect(lines.every((line) => /^[a-z]+( [a-z]+)*$/.test(line))).toBe(true)
    expect(300_000 / lines.length).toBeGreaterThan(56)
    expect(300_000 / lines.length).toBeLessThan(60)
  })

  it('never changes: results of different versions stay comparable', () => {
    const digest = createHash('sha256')
      .update(text({ bytes: 2_000_000 }))
      .digest('hex')
    expect(digest).toBe('3747d9fa66fdb9c2b7102100a98f537917d3ea6a37e9487e5e935f7b714cda0a')
  })
})
