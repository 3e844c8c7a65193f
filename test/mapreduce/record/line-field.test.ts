import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDecimal, showDecimal } from '../../../mapreduce/record/decimal.ts'
import { fieldParam } from '../../../mapreduce/record/line-field.ts'
import { Text } from '../../../mapreduce/record/text.ts'

/** A view inside a larger buffer, so that reading past an end shows. */
function view(line: string): Text {
  const bytes = Buffer.from(`9,9 ${line} 9,9`)
  return new Text(bytes, 4, bytes.length - 4)
}

describe('a field of a line', () => {
  it.each([' ', ',', ';;', '\\t'])('between %j is what splitting gives', (separator) => {
    const real = separator === '\\t' ? '\t' : separator
    const lines = fc.string({ unit: fc.constantFrom('a', 'b', '9', ...real), maxLength: 12 })
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 5 }), (line, key) => {
        expect(fieldParam({ key, separator }, 'key')?.(view(line))?.toString()).toBe(line.split(real)[key - 1])
      }),
    )
  })

  it('between blanks is what awk gives, and undefined where there is none', () => {
    const lines = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\t', '\v'), maxLength: 12 })
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 5 }), (line, key) => {
        const fields = line.split(/[ \t]+/).filter((field) => field !== '')
        expect(fieldParam({ key }, 'key')?.(view(line))?.toString()).toBe(fields[key - 1])
      }),
    )
  })

  it('is undefined where the parameter is not given', () => {
    expect(fieldParam({ separator: ',' }, 'key')).toBeUndefined()
    expect(() => fieldParam({ separator: '' }, 'key')).toThrow('-p separator= is empty')
    for (const key of [0, -1, 1.5, '1']) {
      expect(() => fieldParam({ key }, 'key')).toThrow(`-p key=${key}: it is the number of a field`)
    }
  })
})

describe('a decimal number', () => {
  it('comes back as it was, in units of its last digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 3 }), (units, decimals) => {
        const written = showDecimal(units, decimals)
        expect(Number(written)).toBeCloseTo(units / 10 ** decimals, decimals + 1)
        expect(parseDecimal(view(written), decimals)).toBe(units + 0)
        expect(showDecimal(BigInt(units), decimals)).toBe(written)
      }),
    )
  })

  it.each([
    ['12.3', 1, 123],
    ['+12', 2, 1200],
    ['.5', 1, 5],
    ['5.', 1, 50],
    ['-0.0', 1, 0],
    ['', 1, Number.NaN],
    ['.', 1, Number.NaN],
    ['-', 1, Number.NaN],
    ['1e3', 1, Number.NaN],
    ['1.2.3', 3, Number.NaN],
    ['--1', 1, Number.NaN],
    [' 1', 1, Number.NaN],
  ])('%j with %i decimals is %d', (text, decimals, units) => {
    expect(parseDecimal(view(text), decimals)).toBe(units)
  })

  it('that would not be exact is refused', () => {
    expect(() => parseDecimal(view('1.25'), 1)).toThrow('1.25 has 2 digits after the point, not 1')
    expect(() => parseDecimal(view('1234567890123456'), 0)).toThrow('has more than 15 digits')
    expect(() => parseDecimal(view('12345678901234'), 2)).toThrow('has more than 15 digits')
  })
})
