import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Text } from '../../../mapreduce/record/text.ts'

const bytes = fc.oneof(
  fc.string({ maxLength: 60 }).map((text) => Buffer.from(text)),
  fc.array(fc.constantFrom(32, 9, 10, 44, 97, 98, 0, 255), { maxLength: 80 }).map((list) => Buffer.from(list)),
  fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
)

/** A view in the middle of other bytes, which must never be seen. */
const views = fc.tuple(bytes, fc.constantFrom(32, 44, 97), fc.nat(5)).map(([inside, around, before]) => ({
  inside,
  latin1: inside.toString('latin1'),
  text: new Text(
    Buffer.concat([Buffer.alloc(before, around), inside, Buffer.alloc(80, around)]),
    before,
    before + inside.length,
  ),
}))

const separators = fc.constantFrom<string | number | Uint8Array>(
  ',',
  '\t',
  ' ',
  'ab',
  'a,',
  44,
  0,
  255,
  Buffer.from('  '),
)
const asLatin1 = (separator: string | number | Uint8Array): string =>
  typeof separator === 'number' ? String.fromCharCode(separator) : Buffer.from(separator).toString('latin1')
const latin1 = (texts: Iterable<Text>): string[] => Array.from(texts, (text) => text.toLatin1())
const wordsOf = (text: string): string[] => text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '')

describe('a Text behaves as the string of its bytes', () => {
  test('fields and field', () => {
    fc.assert(
      fc.property(views, separators, fc.nat(6), ({ text, latin1: string }, separator, index) => {
        const parts = string.split(asLatin1(separator))
        expect(latin1(text.fields(separator))).toEqual(parts)
        expect(text.field(index, separator)?.toLatin1()).toBe(parts[index])
      }),
    )
  })

  test('indexOf and includes, never seeing what stands behind the end', () => {
    fc.assert(
      fc.property(views, separators, fc.nat(90), ({ text, latin1: string }, needle, from) => {
        expect(text.indexOf(needle, from)).toBe(string.indexOf(asLatin1(needle), from))
        expect(text.includes(needle)).toBe(string.includes(asLatin1(needle)))
      }),
    )
  })

  test('indexOf far behind the stretch that is looked through byte by byte', () => {
    const text = new Text(Buffer.from(`${'x'.repeat(300)},${'x'.repeat(10)},`), 0, 301)
    expect(text.indexOf(',')).toBe(300)
    expect(text.slice(0, 300).indexOf(',')).toBe(-1)
    expect(text.slice(0, 64).indexOf(',')).toBe(-1)
    expect(text.slice(0, 65).indexOf(44)).toBe(-1)
  })

  test('a needle that is a number means a byte', () => {
    for (const length of [3, 300]) {
      const text = Text.from(`${'x'.repeat(length)},`)
      expect(text.indexOf(44 + 256)).toBe(length)
      expect(text.indexOf(44 - 256)).toBe(length)
    }
  })

  test('slice, trim, startsWith, endsWith, equals, compare, at, length, copies', () => {
    fc.assert(
      fc.property(
        views,
        bytes,
        fc.integer({ min: -70, max: 70 }),
        fc.integer({ min: -70, max: 70 }),
        ({ text, latin1: string, inside }, other, start, end) => {
          expect(text.slice(start, end).toLatin1()).toBe(string.slice(start, end))
          expect(text.slice(start).toLatin1()).toBe(string.slice(start))
          expect(text.trim().toLatin1()).toBe(string.replace(/^[ \t\n\v\f\r]+/, '').replace(/[ \t\n\v\f\r]+$/, ''))
          expect(text.startsWith(other)).toBe(string.startsWith(other.toString('latin1')))
          expect(text.endsWith(other)).toBe(string.endsWith(other.toString('latin1')))
          expect(text.startsWith(inside.subarray(0, 3))).toBe(true)
          expect(text.endsWith(inside.subarray(3))).toBe(true)
          expect(text.equals(other)).toBe(inside.equals(other))
          expect(text.equals(Text.from(inside))).toBe(true)
          expect(Math.sign(text.compare(Text.from(other)))).toBe(Buffer.compare(inside, other))
          expect(text.at(start)).toBe(start >= 0 ? (inside[start] ?? -1) : -1)
          expect(text.length).toBe(inside.length)
          expect(text.toBytes()).toEqual(inside)
          expect(text.toString()).toBe(inside.toString())
          expect(JSON.stringify(text)).toBe(JSON.stringify(inside.toString()))
          const copy = text.copy()
          text.buffer.fill(35)
          expect(copy.toBytes()).toEqual(inside)
        },
      ),
    )
  })

  test.each([
    '',
    ' ',
    '0',
    '-0',
    '7',
    ' 42 ',
    '-17',
    '+5',
    '1e3',
    '.5',
    '-',
    '--1',
    '1-',
    '0x1f',
    'NaN',
    'Infinity',
    '-Infinity',
    '9007199254740991',
    '9007199254740993',
    '999999999999999',
    '1234567890123456',
    '000000000000012',
    '1 2',
    'x',
    '1,5',
    '\t3\n',
    '1e400',
    '5e-324',
    '12\0',
    '0.1',
  ])('toNumber of %j is that of Number, but nothing is not zero', (string) => {
    expect(Text.from(string).toNumber()).toBe(string.trim() === '' ? Number.NaN : Number(string))
  })

  test('toNumber of any number written as a string is the number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()), (number) => {
        expect(Text.from(String(number)).toNumber()).toBe(Number(String(number)))
      }),
    )
  })
})

describe('words', () => {
  test('are the runs between white space', () => {
    fc.assert(
      fc.property(views, ({ text, latin1: string }) => {
        expect(latin1(text.words())).toEqual(wordsOf(string))
        expect(latin1(text.words())).toEqual(wordsOf(string))
      }),
    )
  })

  test('of more words than are found ahead at a time', () => {
    const string = Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' ')
    expect(latin1(Text.from(string).words())).toEqual(string.split(' '))
  })

  test('every loop over a text sees all of it, nested, left early, or taken up again', () => {
    const text = Text.from('one two three')
    const pairs: string[] = []
    for (const a of text.words()) {
      for (const b of text.words()) {
        pairs.push(`${a}${b}`)
        if (b.equals('two')) break
      }
    }
    expect(pairs).toEqual(['oneone', 'onetwo', 'twoone', 'twotwo', 'threeone', 'threetwo'])
    expect(latin1(text.words())).toEqual(['one', 'two', 'three'])
  })

  test('of a text that was moved between loops', () => {
    const text = Text.from('one two three')
    expect(latin1(text.words())).toEqual(['one', 'two', 'three'])
    text.start = 4
    expect(latin1(text.words())).toEqual(['two', 'three'])
    text.end = 7
    expect(latin1(text.words())).toEqual(['two'])
    text.buffer = Buffer.from('    x y')
    expect(latin1(text.words())).toEqual(['x', 'y'])
  })

  test('a finished loop stays finished', () => {
    const words = Text.from('a b').words()
    expect(latin1(words)).toEqual(['a', 'b'])
    expect(words.next().done).toBe(true)
    expect(words.next().done).toBe(true)
  })
})

describe('fields', () => {
  test('nested loops, loops left early, and other separators do not disturb each other', () => {
    const text = Text.from('a,b;c,d')
    const seen: string[] = []
    for (const outer of text.fields(',')) {
      for (const inner of text.fields(';')) {
        seen.push(`${outer}/${inner}`)
        break
      }
    }
    expect(seen).toEqual(['a/a,b', 'b;c/a,b', 'd/a,b'])
    expect(latin1(text.fields(';'))).toEqual(['a,b', 'c,d'])
  })

  test('an empty text has one empty field', () => {
    expect(latin1(Text.from('').fields())).toEqual([''])
    expect(Text.from('').field(0)?.length).toBe(0)
    expect(Text.from('').field(1)).toBeUndefined()
  })

  test('an empty separator is refused, where it would never end', () => {
    expect(() => Text.from('ab').fields('')).toThrow(/separator/)
    expect(() => Text.from('ab').field(1, Buffer.alloc(0))).toThrow(/separator/)
  })
})
