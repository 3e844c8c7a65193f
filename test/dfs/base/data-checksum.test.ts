import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunkChecksums, dataChecksum, firstBadChunk } from '../../../dfs/base/data-checksum.ts'

const dist = new URL('../../../dist/dfs/base/crc32-kernel.js', import.meta.url)
const compiled: typeof import('../../../dfs/base/crc32-kernel.ts') = await import(dist.href)
const sources = await import('../../../dfs/base/crc32-kernel.ts')

function compiledKernel(): (bytes: Uint8Array, seed: number) => number {
  const kernel = compiled.crc32Kernel()
  if (kernel === undefined) throw new Error('dist has no crc32.wasm, or this machine no SIMD: npm run build')
  return kernel
}

/** Bytes without a pattern, the same for the same seed. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed | 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes[i] = state >>> 24
  }
  return bytes
}

describe('the CRC-32 kernel', () => {
  test('agrees with zlib at every length, seed and place in memory', () => {
    const kernel = compiledKernel()
    const all = noise(300_000, 7)
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        (length, start, seed) => {
          const bytes = all.subarray(start, start + length)
          expect(kernel(bytes, seed)).toBe(crc32(bytes, seed))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('agrees with zlib around every border of its own', () => {
    const kernel = compiledKernel()
    const all = noise(200_000, 11)
    for (const border of [compiled.pieceBytesMin, 64 * 1024, 80 * 1024, 128 * 1024, 144 * 1024]) {
      for (let length = border - 33; length <= border + 33; length++) {
        const bytes = all.subarray(0, length)
        expect(kernel(bytes, 0), `${length} bytes`).toBe(crc32(bytes))
      }
    }
  })

  test('sees every single bit that is turned, in each word that gathers and each that is left', () => {
    const kernel = compiledKernel()
    const bytes = noise(pieceOf(600), 13)
    const good = kernel(bytes, 0)
    for (let at = 0; at < bytes.length; at += 97) {
      const was = bytes[at] ?? 0
      bytes[at] = was ^ (1 << (at % 8))
      expect(kernel(bytes, 0)).not.toBe(good)
      bytes[at] = was
    }
  })

  test('is absent from the sources, where zlib does the work', () => {
    expect(sources.crc32Kernel()).toBeUndefined()
    const bytes = noise(5 * 1024 * 1024, 17)
    for (let i = 0; i < 3; i++) expect(dataChecksum(bytes, i)).toBe(crc32(bytes, i))
  })
})

const pieceOf = (words: number): number => Math.max(compiled.pieceBytesMin, words * 16)

describe('checksums of chunks', () => {
  test('the first bad chunk is found, also the last and short one', () => {
    const bytes = noise(5 * 65_536 + 100, 19)
    const sums = chunkChecksums(bytes, 65_536)
    expect(sums).toHaveLength(6)
    expect(firstBadChunk(bytes, 0, bytes.length, sums, 0, 65_536)).toBe(-1)
    for (const chunk of [5, 3, 0]) {
      const at = chunk * 65_536 + 50
      bytes[at] = (bytes[at] ?? 0) ^ 1
      expect(firstBadChunk(bytes, 0, bytes.length, sums, 0, 65_536)).toBe(chunk)
    }
  })
})
