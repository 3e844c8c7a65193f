import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChunkSpace } from '../../../mapreduce/input/chunk-space.ts'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { parseDecimal, showDecimal } from '../../../mapreduce/record/decimal.ts'
import { fieldParam, fieldsParam } from '../../../mapreduce/record/line-field.ts'
import { Text } from '../../../mapreduce/record/text.ts'

/** A view inside a larger buffer, so that reading past an end shows. */
function view(line: string): Text {
  const bytes = Buffer.from(`9,9 ${line} 9,9`)
  return new Text(bytes, 4, bytes.length - 4)
}

/** The lines of a text as views on a chunk, whose separators a kernel finds. */
function chunkLines(text: string): Text[] {
  const arena = new Arena(4 * 1024 * 1024)
  const space = new ChunkSpace(arena, plainKernels(arena), 1024 * 1024)
  const end = space.chunkAt + arena.bytes.write(`${text}\n`, space.chunkAt, 'latin1')
  // What lies behind the last whole line is not to be looked at.
  arena.bytes.write(';;;;', end, 'latin1')
  space.window.extend(end - 1)
  let start = space.chunkAt
  return text.split('\n').map((line) => {
    const view = new Text(arena.bytes, start, start + line.length, space.window)
    start += line.length + 1
    return view
  })
}

const cutAll = (line: Text, numbers: readonly number[], separator: string | undefined): (string | undefined)[] => {
  const params = Object.fromEntries(numbers.map((number, i) => [`f${i}`, number]))
  const cutter = fieldsParam({ ...params, separator }, Object.keys(params))
  return cutter.cut(line) ? cutter.fields.map(String) : numbers.map(() => undefined)
}

describe('several fields of a line', () => {
  const numbersOf = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })

  it.each([';', ';;', undefined])('between %j are what splitting gives, or none at all', (separator) => {
    const lines = fc.string({ unit: fc.constantFrom('a', 'b', ';', ' '), maxLength: 12 })
    fc.assert(
      fc.property(lines, numbersOf, (line, numbers) => {
        const split = separator === undefined ? line.split(' ').filter((field) => field !== '') : line.split(separator)
        const fields = numbers.map((n) => split[n - 1])
        const whole = fields.every((field) => field !== undefined)
        expect(cutAll(view(line), numbers, separator)).toEqual(whole ? fields : numbers.map(() => undefined))
      }),
    )
  })

  it('are the same in a chunk, in any order of its lines, also by one field and by another separator', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', ';', ';', '\n', ','), maxLength: 60 })
    fc.assert(
      fc.property(texts, numbersOf, fc.array(fc.nat(100), { maxLength: 10 }), (text, numbers, order) => {
        const lines = chunkLines(text)
        const split = text.split('\n')
        const params = Object.fromEntries(numbers.map((number, i) => [`f${i}`, number]))
        const cutters = [';', ','].map((separator) => fieldsParam({ ...params, separator }, Object.keys(params)))
        for (const n of [...lines.keys(), ...order]) {
          const [line, own] = [lines[n % lines.length], split[n % lines.length]]
          if (line === undefined || own === undefined) throw new Error('no line')
          for (const [i, separator] of [';', ','].entries()) {
            const fields = numbers.map((number) => own.split(separator)[number - 1])
            const whole = fields.every((field) => field !== undefined)
            expect(cutters[i]?.cut(line)).toBe(whole)
            if (whole) expect(cutters[i]?.fields.map(String)).toEqual(fields)
          }
          expect(String(fieldParam({ key: 2, separator: ';' }, 'key')?.(line))).toBe(String(own.split(';')[1]))
        }
      }),
    )
  })

  it('are found in lines with more separators than are looked for at once', () => {
    const lines = ['a;b', Array.from({ length: 20_000 }, (_, i) => `f${i}`).join(';'), 'c;d', ';'.repeat(9000), 'e;f']
    const views = chunkLines(lines.join('\n'))
    for (const numbers of [[1, 2], [2, 9_000], [19_999]]) {
      for (const [n, line] of views.entries()) {
        const split = lines[n]?.split(';') ?? []
        const fields = numbers.map((number) => split[number - 1])
        const whole = fields.every((field) => field !== undefined)
        expect(cutAll(line, numbers, ';')).toEqual(whole ? fields : numbers.map(() => undefined))
      }
    }
  })

  it('have to be given, each of them', () => {
    expect(() => fieldsParam({ key: 1 }, ['key', 'value'])).toThrow('-p value is missing')
  })
})

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
