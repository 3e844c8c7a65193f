import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAhead } from '../../../dfs/client/read-ahead.ts'

test('pieces come in order whatever order they are filled in, and no buffer is filled while it is used', async () => {
  const range = fc.record({
    start: fc.nat(500),
    length: fc.nat(500),
    pieceBytes: fc.integer({ min: 1, max: 64 }),
    count: fc.integer({ min: 1, max: 5 }),
    delays: fc.array(fc.nat(3), { minLength: 1, maxLength: 10 }),
  })
  await fc.assert(
    fc.asyncProperty(range, async ({ start, length, pieceBytes, count, delays }) => {
      const end = start + length
      const buffers = Array.from({ length: count }, () => new Uint8Array(pieceBytes))
      let asked = 0
      let used: number | undefined
      const fill = async (target: Uint8Array, position: number, buffer: number): Promise<void> => {
        expect(buffer).not.toBe(used)
        for (let i = delays[asked++ % delays.length] ?? 0; i > 0; i--) await Promise.resolve()
        for (let i = 0; i < target.length; i++) target[i] = (position + i) % 251
      }
      let position = start
      for await (const piece of readAhead({ start, end, pieceBytes, buffers, fill })) {
        used = buffers.findIndex(({ buffer }) => buffer === piece.buffer)
        for (let i = 0; i < 4; i++) await Promise.resolve()
        for (const [i, byte] of piece.entries()) expect(byte).toBe((position + i) % 251)
        position += piece.length
        used = undefined
      }
      expect(position).toBe(end)
    }),
    { numRuns: 60 },
  )
})
