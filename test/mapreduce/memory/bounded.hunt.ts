import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sortRecords } from '../../../datasets/sort-records.ts'
import { eachLine, Multiset, Order } from './line-digest.ts'
import { BigPlace, MB, RUNTIME_BYTES } from './place.ts'

/**
 * Peak memory of the whole process, as the kernel counts it, and output that is right by a check of its own. By hand at
 * full size: QUERN_HUNT_MB=4096 QUERN_HUNT_MEMORY_MB=256 npm run hunt -- bounded
 */
const inputBytes = Number(process.env['QUERN_HUNT_MB'] ?? 512) * MB
const memoryBytes = Number(process.env['QUERN_HUNT_MEMORY_MB'] ?? 64) * MB
const HOUR = 3_600_000

function tell(what: string, { peakBytes, seconds }: { peakBytes: number; seconds: number }): void {
  console.log(
    `${what}: ${Math.round(inputBytes / MB)} MB under --memory ${memoryBytes / MB}MB: peak ${Math.round(peakBytes / MB)} MB, ${seconds.toFixed(1)} s`,
  )
}

/** Lines of three words; every word once but one in ten, which is there twice, far apart. */
const WORD_BYTES = 18
function* words(bytes: number): Generator<Uint8Array> {
  const total = Math.floor(bytes / (WORD_BYTES + 1))
  const chunk = Buffer.alloc(60_000 * (WORD_BYTES + 1))
  let at = 0
  for (let n = 0; n < total; n++) {
    if (at + WORD_BYTES + 1 > chunk.length) {
      yield chunk.subarray(0, at)
      at = 0
    }
    // The second half repeats one word in ten of the first.
    const half = Math.floor(total / 2)
    const word = n >= half && n % 10 === 0 ? n - half : n
    // Mixed, so that neighbours differ in their first bytes; which n it was stands at the end, so all differ.
    let mixed = Math.imul(word, 0x9e3779b1) >>> 0
    for (let i = 0; i < 7; i++) {
      chunk[at++] = 0x61 + (mixed % 26)
      mixed = Math.floor(mixed / 26)
    }
    let rest = word
    for (let i = 7; i < WORD_BYTES; i++) {
      chunk[at++] = 0x30 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    chunk[at++] = n % 3 === 2 ? 0x0a : 0x20
  }
  yield chunk.subarray(0, at)
}

describe('memory of the whole process, beside what --memory says, stays within that of the runtime', () => {
  it('while lines are sorted; the output is those lines, in order', { timeout: HOUR }, async () => {
    using place = new BigPlace()
    const given = place.write('in', sortRecords({ records: Math.floor(inputBytes / 100) }))
    const expected = new Multiset()
    eachLine(given, (bytes, start, end) => expected.add(bytes, start, end))
    const ran = await place.run('sort', [given], memoryBytes)
    tell('sort', ran)
    rmSync(given)
    const found = new Multiset()
    const order = new Order()
    for (const part of ran.parts) {
      eachLine(part, (bytes, start, end) => {
        found.add(bytes, start, end)
        order.next(bytes, start, end)
      })
    }
    expect(order.wrong).toBe(0)
    expect(String(found)).toBe(String(expected))
    expect(ran.peakBytes).toBeLessThan(memoryBytes + RUNTIME_BYTES)
  })

  it('while words are counted, most of them different; each is there once with its count', {
    timeout: HOUR,
  }, async () => {
    using place = new BigPlace()
    const given = place.write('in', words(inputBytes))
    const expected = new Multiset()
    eachLine(given, (bytes, start, end) => {
      for (let at = start; at < end; at += WORD_BYTES + 1) expected.add(bytes, at, at + WORD_BYTES)
    })
    const ran = await place.run('wordcount', [given], memoryBytes)
    tell('word count', ran)
    rmSync(given)
    const found = new Multiset()
    let lines = 0
    for (const part of ran.parts) {
      const order = new Order()
      eachLine(part, (bytes, start, end) => {
        const tab = bytes.indexOf(9, start)
        found.add(bytes, start, tab, Number(bytes.toString('latin1', tab + 1, end)))
        order.next(bytes, start, tab)
        lines++
      })
      expect(order).toMatchObject({ wrong: 0, equal: 0 })
    }
    expect(String(found)).toBe(String(expected))
    const total = Math.floor(inputBytes / (WORD_BYTES + 1))
    const half = Math.floor(total / 2)
    const twice = Math.ceil(total / 10) - Math.ceil(half / 10)
    expect(lines).toBe(total - twice)
    expect(ran.peakBytes).toBeLessThan(memoryBytes + RUNTIME_BYTES)
  })
})
