import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Encoder } from '../../../mapreduce/record/encode.ts'
import { kind } from '../../../mapreduce/record/kind.ts'
import {
  keyFieldEnd,
  parseKeyField,
  parsePartialField,
  parseValueField,
  StageLineWriter,
} from '../../../mapreduce/record/stage-line.ts'

function write(key: unknown, value: unknown): Buffer {
  const writer = new StageLineWriter()
  const encoder = new Encoder()
  const keyKind = encoder.key(key)
  writer.key(keyKind, encoder.bytes, 0, encoder.length)
  const valueKind = encoder.value(value)
  writer.value(valueKind, encoder.bytes, 0, encoder.length)
  return writer.take()
}

function encodedKey(key: unknown): string {
  const encoder = new Encoder()
  return `${encoder.key(key)}:${encoder.bytes.toString('hex', 0, encoder.length)}`
}

function encodedValue(value: unknown): string {
  const encoder = new Encoder()
  return `${encoder.value(value)}:${encoder.bytes.toString('hex', 0, encoder.length)}`
}

function read(line: Buffer): { key: unknown; value: unknown } {
  expect(line[line.length - 1]).toBe(10)
  expect(line.indexOf(10)).toBe(line.length - 1)
  const end = line.length - 1
  const keyEnd = keyFieldEnd(line, 0, end)
  return { key: parseKeyField(line, 0, keyEnd), value: parseValueField(line, keyEnd, end) }
}

/** Bytes drawn towards what the grammar treats in a special way. */
const trickyBytes = fc
  .array(
    fc.constantFrom(
      0,
      1,
      9,
      10,
      13,
      32,
      34,
      44,
      45,
      46,
      48,
      49,
      91,
      92,
      93,
      110,
      116,
      123,
      125,
      0x61,
      0x80,
      0xc3,
      0xff,
    ),
    { maxLength: 8 },
  )
  .map((bytes) => Buffer.from(bytes))
const trickyText = fc.oneof(
  trickyBytes,
  fc.uint8Array({ maxLength: 20 }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    'partial""',
    '0',
    '-0',
    '007',
    '1.0',
    '1e5',
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
    'true',
    '12n',
    '-',
    '[',
    '{}',
    '[1]',
    '"a"',
    '\u0001',
    '\u0001"a"',
    '\u0001\u0001',
    '\u00011',
    '9'.repeat(40),
    `${'9'.repeat(40)}n`,
  ),
)
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_SAFE_INTEGER,
    1e21,
    1e-7,
    5e-324,
  ),
)
const scalar = fc.oneof(trickyText, number, fc.bigInt(), fc.boolean(), fc.constant(null))
const { tuple } = fc.letrec<{ tuple: unknown[]; item: unknown }>((tie) => ({
  item: fc.oneof({ maxDepth: 3 }, scalar, tie('tuple')),
  tuple: fc.array(tie('item'), { maxLength: 4 }),
}))
const key = fc.oneof(scalar, tuple)
const json = fc.oneof(
  fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
  fc.tuple(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())),
)
const value = fc.oneof(key, json, fc.constant(undefined))

describe('a line between stage filters', () => {
  it('gives back every key and value as it was, to the byte', () => {
    fc.assert(
      fc.property(key, value, (someKey, someValue) => {
        const back = read(write(someKey, someValue))
        expect(encodedKey(back.key)).toBe(encodedKey(someKey))
        expect(encodedValue(back.value)).toBe(encodedValue(someValue))
      }),
      { numRuns: 2000 },
    )
  })

  it('has one key field for equal keys and different ones for different keys', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const fieldOf = (k: unknown) => write(k, undefined).toString('hex')
        expect(fieldOf(one) === fieldOf(other)).toBe(encodedKey(one) === encodedKey(other))
      }),
      { numRuns: 2000 },
    )
  })

  const shown: [unknown, unknown, string][] = [
    ['whale', 3, 'whale\t3\n'],
    ['whale', undefined, 'whale\n'],
    ['', '', '\t\n'],
    ['a b', 'c d', 'a b\tc d\n'],
    ['a\tb', 'c\nd', '\u0001"a\\tb"\t"c\\nd"\n'],
    ['\u0001', 1, '\u0001\u0001\t1\n'],
    [7, '7', '\u00017\t"7"\n'],
    [12n, '12n', '\u000112n\t"12n"\n'],
    [['a', 2, null], ['x', [true]], '\u0001["a",2,null]\t["x",[true]]\n'],
    [null, null, '\u0001null\tnull\n'],
    ['k', { a: ['\t'] }, 'k\t{"a":["\\t"]}\n'],
    ['k', '[2026-11-01] started', 'k\t"[2026-11-01] started"\n'],
    ['k', -0, 'k\t-0\n'],
    ['k', 'partial"x"', 'k\t"partial\\"x\\""\n'],
  ]
  for (const [someKey, someValue, line] of shown) {
    it(`writes ${JSON.stringify(line)} for people to read`, () => {
      expect(write(someKey, someValue).toString()).toBe(line)
    })
  }

  it('carries an unfinished aggregate, whatever its bytes', () => {
    fc.assert(
      fc.property(trickyBytes, (bytes) => {
        const writer = new StageLineWriter()
        const encoder = new Encoder()
        writer.key(encoder.key('k'), encoder.bytes, 0, encoder.length)
        writer.value(kind.Partial, bytes, 0, bytes.length)
        const line = writer.take()
        expect(parsePartialField(line, 1, line.length - 1)?.toBytes()).toEqual(bytes)
      }),
    )
    expect(parsePartialField(Buffer.from('k\tpartial'), 1, 9)).toBeUndefined()
    expect(parsePartialField(Buffer.from('k\tpartial"'), 1, 10)).toBeUndefined()
  })

  it.each([
    '[2026-11-01] started',
    '{not json',
    '"open',
    '"bad \\x"',
    '[1,',
    '[1 2]',
    '[1,]',
    '[]]',
    '1.',
    '01',
    '0x10',
    '+1',
    'tru',
    'nulls',
    '1n1',
    'n',
    '-',
  ])('takes %j from elsewhere as text, because it is no literal', (field) => {
    const line = Buffer.from(`k\t${field}\n`)
    expect(encodedValue(read(line).value)).toBe(encodedValue(field))
  })

  it('takes a number written by another tool as a number', () => {
    expect(read(Buffer.from('k\t1.50\n')).value).toBe(1.5)
    expect(read(Buffer.from('k\t1E3\n')).value).toBe(1000)
  })

  it('takes a marked key that is no literal as the text it is', () => {
    expect(encodedKey(read(Buffer.from('\u0001oops\t1\n')).key)).toBe(encodedKey('\u0001oops'))
  })

  it('hands lines over in order and starts anew', () => {
    const writer = new StageLineWriter()
    const encoder = new Encoder()
    const long = 'x'.repeat(300_000)
    for (const word of ['a', long, 'b']) {
      writer.key(encoder.key(word), encoder.bytes, 0, encoder.length)
      writer.value(kind.Absent, encoder.bytes, 0, 0)
    }
    expect(writer.full).toBe(true)
    expect(writer.take().toString()).toBe(`a\n${long}\nb\n`)
    expect(writer.full).toBe(false)
    expect(writer.take().length).toBe(0)
  })
})
