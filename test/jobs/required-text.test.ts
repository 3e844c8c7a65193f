import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requiredText } from '../../jobs/required-text.ts'

describe('the text that every match of a pattern holds', () => {
  it.each([
    ['whale', 'whale'],
    ['white.whale', 'white'],
    ['^Call me [A-Z]\\w+\\.$', 'Call me '],
    ['colou?r', 'colo'],
    ['ab*cde', 'cde'],
    ['ab+cd', 'ab'],
    ['a{2}bc', 'bc'],
    ['a{0,3}?bc', 'bc'],
    ['x\\.y\\-z', 'x.y-z'],
    ['(red|green) apple', ' apple'],
    ['(?<=the )end', 'end'],
    ['(?!no)n(?:a(b)c[)])*yes', 'yes'],
    ['[]abc', 'abc'],
    ['[^\\]x]tail', 'tail'],
    ['größe.\ufffdx', 'größe'],
    ['\u{1f600}?ok', 'ok'],
    ['\\bword\\b', 'word'],
  ])('of %j is %j', (pattern, text) => {
    expect(requiredText(pattern)).toBe(text)
  })

  it.each([
    '',
    'a|b',
    'red|green',
    'a*',
    '[abc]',
    '(abc)',
    '\\u0041bcd',
    '\\x41bcd',
    '(a)\\1bcd',
    'ab{,3}',
    '(?<n>a)\\k<n>',
  ])('of %j is not known', (pattern) => {
    expect(requiredText(pattern)).toBeUndefined()
  })

  it('is in every line that the pattern matches', () => {
    const pieces = [
      'a',
      'b',
      'ab',
      'é',
      '.',
      '*',
      '+',
      '?',
      '{2}',
      '{0,1}',
      '{',
      '}',
      '|',
      '(',
      ')',
      '(?:',
      '(?=',
      '(?!',
    ]
    const escapes = [
      '[',
      '[^',
      ']',
      '\\',
      '\\.',
      '\\b',
      '\\w',
      '\\u0061',
      '\\x61',
      '\\1',
      '^',
      '$',
      '-',
      '\ufffd',
      '\\-',
      '\\a',
    ]
    const lines = fc.array(fc.constantFrom('a', 'b', 'é', '.', '{', '}', '-', 'u', '0', ']', '1', '\ufffd'), {
      maxLength: 12,
    })
    let matched = 0
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces, ...escapes), { minLength: 1, maxLength: 8 }),
        fc.array(lines, { minLength: 20, maxLength: 20 }),
        (parts, all) => {
          const source = parts.join('')
          const text = requiredText(source)
          if (text === undefined) return
          for (const flags of ['', 'u']) {
            let expression: RegExp
            try {
              expression = new RegExp(source, flags)
            } catch (error) {
              expect(error).toBeInstanceOf(SyntaxError)
              continue
            }
            for (const line of all.map((letters) => letters.join(''))) {
              if (!expression.test(line)) continue
              matched++
              expect(line, source).toContain(text)
            }
          }
        },
      ),
      { numRuns: 5000 },
    )
    expect(matched).toBeGreaterThan(500)
  })
})
