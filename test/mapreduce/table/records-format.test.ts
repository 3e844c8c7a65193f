import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RecordsReader } from '../../../mapreduce/input/records-reader.ts'
import { Encoder } from '../../../mapreduce/record/encode.ts'
import { RecordsWriter } from '../../../mapreduce/table/records-format.ts'

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-records-test-'))
afterAll(() => fs.rmSync(directory, { recursive: true }))
let files = 0

function written(values: readonly unknown[]): Buffer {
  const file = path.join(directory, `${files++}`)
  const writer = new RecordsWriter(file, Buffer.alloc(256 * 1024))
  const [keys, rows] = [new Encoder(), new Encoder()]
  for (const [n, value] of values.entries()) {
    const keyKind = keys.key(n)
    const kind = rows.value(value)
    writer.write(keys.bytes, keyKind, 0, keys.length, rows.bytes, kind, 0, rows.length)
  }
  writer.close()
  return fs.readFileSync(file)
}

function read(bytes: Buffer, start = 0, length = bytes.length): unknown[] {
  const source = {
    length: bytes.length,
    bad: [],
    read: (target: Buffer, at: number, position: number, wanted: number) =>
      bytes.copy(target, at, position, Math.min(bytes.length, position + wanted)),
    close: () => undefined,
  }
  const options = { name: 'part 0', onRead: () => undefined, beforeRefill: () => undefined }
  const reader = new RecordsReader(source, start, length, { ...options, format: { input: 'records', as: 'decoded' } })
  const keys: unknown[] = []
  while (reader.next()) keys.push(reader.record.key)
  return keys
}

describe('a records file', () => {
  const many = Array.from({ length: 40_000 }, (_, n) => 'x'.repeat(n % 120))
  const keys = many.map((_value, n) => n)

  it('read in segments cut anywhere gives each record once, in order', () => {
    const bytes = written(many)
    expect(bytes.length).toBeGreaterThan(2 ** 21)
    for (const pieces of [1, 2, 7, 150]) {
      const each = Math.ceil(bytes.length / pieces)
      const found = Array.from({ length: pieces }, (_, n) => read(bytes, n * each, each)).flat()
      expect(found).toEqual(keys)
    }
  })

  it('without a record is read as none', () => {
    expect(read(written([]))).toEqual([])
  })

  it('with any byte flipped is refused or gives what was written, never anything else', () => {
    const bytes = written(['a', 7, { b: [1] }])
    for (let at = 8; at < bytes.length; at++) {
      const harmed = Buffer.from(bytes)
      harmed[at] = (harmed[at] ?? 0) ^ 0x10
      expect(() => read(harmed), `byte ${at}`).toThrow(/^part 0 can not be read: /)
    }
  })

  it('cut off anywhere is refused', () => {
    const bytes = written(['a', 7])
    for (let length = 0; length < bytes.length; length++) {
      expect(() => read(bytes.subarray(0, length)), `${length} bytes`).toThrow(/^part 0 can not be read: /)
    }
  })
})
