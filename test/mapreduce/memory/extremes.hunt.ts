import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { eachLine, Multiset, Order } from './line-digest.ts'
import { BigPlace, MB, RUNTIME_BYTES } from './place.ts'

const MANY = Number(process.env['QUERN_HUNT_RECORDS'] ?? 10_000_000)
const TIMEOUT = { timeout: 1_200_000 }

function* numbered(count: number, line: (n: number) => string): Generator<Uint8Array> {
  for (let n = 0; n < count; ) {
    let text = ''
    for (const end = Math.min(count, n + 10_000); n < end; n++) text += line(n)
    yield Buffer.from(text)
  }
}

function tell(what: string, { peakBytes, seconds }: { peakBytes: number; seconds: number }): void {
  console.log(`${what}: peak ${Math.round(peakBytes / MB)} MB, ${seconds.toFixed(1)} s`)
}

describe('within 64 MB and the runtime', () => {
  const memory = 64 * MB

  it('one map task and one reduce task count 10 million different keys', TIMEOUT, async () => {
    using place = new BigPlace()
    const key = (n: number): string => `k${(Math.imul(n, 0x9e3779b1) >>> 0).toString(36)}`
    // A gzip file is one split, and files of gzip are one after the other.
    const given = place.write(
      'in.gz',
      (function* () {
        for (const chunk of numbered(MANY, (n) => `${key(n)}\n`)) yield gzipSync(chunk, { level: 1 })
      })(),
    )
    const ran = await place.run('wordcount', [given], memory, ['--reducers', '1'])
    tell(`${MANY} keys`, ran)
    expect(ran.parts).toHaveLength(1)
    const expected = new Multiset()
    for (const chunk of numbered(MANY, (n) => `${key(n)}\t1\n`)) {
      for (let start = 0, end = 0; start < chunk.length; start = end + 1) {
        end = chunk.indexOf(10, start)
        expected.add(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length), start, end)
      }
    }
    const found = new Multiset()
    const order = new Order()
    for (const part of ran.parts) {
      eachLine(part, (bytes, start, end) => {
        found.add(bytes, start, end)
        order.next(bytes, start, bytes.indexOf(9, start))
      })
    }
    expect(String(found)).toBe(String(expected))
    expect(order).toMatchObject({ wrong: 0, equal: 0 })
    expect(ran.peakBytes).toBeLessThan(memory + RUNTIME_BYTES)
  })

  it('10 million values of one key stream through a reduce function', TIMEOUT, async () => {
    using place = new BigPlace()
    const given = place.write(
      'in',
      numbered(MANY, (n) => `${n + 1}\n`),
    )
    const ran = await place.run('one-key.mjs', [given], memory, ['--heap', '64MB'])
    tell(`${MANY} values`, ran)
    const text = ran.parts.map((part) => readFileSync(part, 'latin1')).join('')
    expect(text).toBe(`all\t${JSON.stringify([MANY, (MANY * (MANY + 1)) / 2, true])}\n`)
    expect(ran.peakBytes).toBeLessThan(memory + RUNTIME_BYTES)
  })
})

it('keys and values up to 64 MiB pass through a shuffle whose memory is smaller', TIMEOUT, async () => {
  using place = new BigPlace()
  // The kind byte counts towards the 64 MiB.
  const given = place.write('in', [Buffer.from('a 1\nb 63\nc 30\nb 63\nd 0\n')])
  const ran = await place.run('huge-records.mjs', [given], 32 * MB)
  tell('records of 126 MiB', ran)
  const text = ran.parts.map((part) => readFileSync(part, 'latin1')).join('')
  const line = (name: string, mebibytes: number): string =>
    `${name}\t${JSON.stringify([mebibytes * 2 ** 20, mebibytes * 2 ** 20, true])}\n`
  expect(text).toBe(`\t[0,0,true]\n${line('a', 1)}${line('b', 63)}${line('b', 63)}${line('c', 30)}`)
})

it.each(['partitioned', 'sort-merge'])(
  'a %s join of a key with more rows on both sides than fit 16 MB gives every pair',
  TIMEOUT,
  async (strategy) => {
    using place = new BigPlace()
    const rows = 2500
    const pad = 'p'.repeat(12_000)
    const side = (name: string): string =>
      place.write(
        name,
        numbered(rows, (n) => `hot,${name}${n},${pad}\n${name === 'l' ? `only${n},x,\n` : ''}`),
      )
    const inputs = [`left=${side('l')}`, `right=${side('r')}`]
    const ran = await place.run('many-to-many.mjs', inputs, 16 * MB, ['-p', `strategy=${strategy}`])
    tell(`${strategy} join, ${rows} x ${rows}`, ran)
    const expected = new Multiset()
    const bytes = Buffer.alloc(64)
    for (let l = 0; l < rows; l++) {
      for (let r = 0; r < rows; r++) expected.add(bytes, 0, bytes.write(`l${l}\tr${r}`, 'latin1'))
    }
    const found = new Multiset()
    for (const part of ran.parts) eachLine(part, (line, start, end) => found.add(line, start, end))
    expect(String(found)).toBe(String(expected))
    expect(ran.peakBytes).toBeLessThan(16 * MB + RUNTIME_BYTES)
  },
)
