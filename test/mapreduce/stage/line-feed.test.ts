import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineFeed } from '../../../mapreduce/stage/line-feed.ts'

/** Bytes with many LFs, cut anywhere. */
const cutBytes = fc
  .tuple(fc.array(fc.constantFrom(10, 10, 13, 0, 65, 200), { maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 8 }))
  .map(([bytes, cuts]) => {
    const whole = Buffer.from(bytes)
    const at = [0, ...cuts.filter((cut) => cut <= whole.length).sort((a, b) => a - b), whole.length]
    return { whole, chunks: at.slice(1).map((end, index) => whole.subarray(at[index], end)) }
  })

function feedAll(chunks: readonly Uint8Array[]): { text: string; position: number }[] {
  const feed = new LineFeed()
  const lines: { text: string; position: number }[] = []
  const keep = () => {
    const { bytes, start, end, position } = feed.line
    lines.push({ text: bytes.toString('latin1', start, end), position })
  }
  for (const chunk of chunks) {
    feed.feed(chunk)
    while (feed.next()) keep()
  }
  if (feed.last()) keep()
  return lines
}

describe('lines of a stream', () => {
  it('are the same wherever the chunks are cut, each with its place in the stream', () => {
    fc.assert(
      fc.property(cutBytes, ({ whole, chunks }) => {
        const texts = whole.toString('latin1').split('\n')
        if (texts.at(-1) === '') texts.pop()
        const lines = feedAll(chunks)
        expect(lines.map(({ text }) => text)).toEqual(texts)
        for (const { text, position } of lines) {
          expect(whole.toString('latin1', position, position + text.length)).toBe(text)
          expect(position === 0 || whole[position - 1] === 10).toBe(true)
        }
      }),
    )
  })

  it('longer than the limit are refused with their place, before they fill the memory', () => {
    const feed = new LineFeed()
    feed.feed(Buffer.from('a\n'))
    while (feed.next());
    const chunk = Buffer.alloc(16 * 1024 * 1024, 'x')
    expect(() => {
      for (let fed = 0; fed < 5; fed++) {
        feed.feed(chunk)
        feed.next()
      }
    }).toThrow(
      expect.objectContaining({ code: 'MR_RECORD_TOO_LARGE', message: expect.stringContaining('starts at byte 2 ') }),
    )
  })
})
