import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combined, combinedChunks, shiftOf } from '../../../dfs/base/crc-combination.ts'
import { chunkChecksums } from '../../../dfs/base/data-checksum.ts'
import { patterned } from '../harness.ts'

test('the CRC of the whole comes out of those of its pieces, cut anywhere', () => {
  const bytes = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      expect(combined(crc32(first), crc32(second), shiftOf(second.length))).toBe(crc32(Buffer.concat([first, second])))
    }),
  )
})

test('and out of those of its chunks, the last as long as it is', () => {
  for (const length of [0, 1, 4095, 4096, 4097, 40_960, 100_003]) {
    const content = patterned(length)
    expect(combinedChunks(chunkChecksums(content, 4096), 4096, length)).toBe(crc32(content))
  }
})
