/** Memory given back before the garbage collector would. */
import { describe, expect, test } from 'vitest'
import { releaseMemory } from '../../../dfs/base/release-memory.ts'

describe('memory that is released', () => {
  test('is gone at once, again and again', () => {
    for (let i = 0; i < 100; i++) {
      const bytes = new Uint8Array(64 * 1024).fill(7)
      const { buffer } = bytes
      releaseMemory(bytes)
      expect([bytes.length, buffer.byteLength]).toEqual([0, 0])
    }
  })

  test('is kept where it is shared with others: a part of a buffer, or a small piece', () => {
    const whole = new Uint8Array(64 * 1024).fill(7)
    releaseMemory(whole.subarray(0, 32 * 1024))
    expect(whole.length).toBe(64 * 1024)
    const pooled = Buffer.from('a few bytes')
    releaseMemory(pooled)
    expect(pooled.toString()).toBe('a few bytes')
  })
})
