import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dfsErrorCodes } from '../../../dfs/base/errors.ts'
import { DfsError } from '../../../dfs/index.ts'
import { codeOf } from '../../../dfs/webhdfs/exceptions.ts'
import { tellFailure, WebHdfsFailure } from '../../../dfs/webhdfs/server/failure.ts'
import { take, whole } from '../../../dfs/webhdfs/server/parameter.ts'
import { decodePath, encodePath, encodeQuery, parseQuery } from '../../../dfs/webhdfs/server/query.ts'

/** What `action` gives; undefined where the request is refused for it. Anything else is a fault. */
function unlessRefused<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (error instanceof WebHdfsFailure && error.kind.status === 400) return undefined
    throw error
  }
}

const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)
const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('/') && isWellFormed(text))

describe('a URL', () => {
  test('is decoded to what was encoded, and only once', () => {
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const path = `/${names.join('/')}`
        expect(decodePath(encodePath(path))).toBe(path)
        expect(encodePath(decodePath(encodePath(path)))).toBe(encodePath(path))
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name), { maxLength: 60 }), (pairs) => {
        const query = new Map(pairs.map(([key, value]) => [key.toLowerCase(), [value, '']]))
        if ([...query].some(([key]) => key !== key.toLowerCase()) || query.size > 32) return
        expect(parseQuery(encodeQuery(query))).toEqual(query)
      }),
    )
  })

  test('of any characters decodes or is refused', () => {
    const ascii = fc.string({ unit: 'binary-ascii' })
    const percent = fc
      .array(fc.constantFrom('%', '2', 'e', 'f', 'c0', 'ff', '/', '.', '+', '&', '='))
      .map((all) => all.join(''))
    fc.assert(
      fc.property(fc.oneof(ascii, percent), (text) => {
        const path = unlessRefused(() => decodePath(text))
        if (path !== undefined) expect(isWellFormed(path)).toBe(true)
        for (const [key, values] of unlessRefused(() => parseQuery(text)) ?? []) {
          expect([key, ...values].every((word) => isWellFormed(word))).toBe(true)
        }
      }),
    )
  })
})

describe('a number', () => {
  test('is taken in its width and range only, as Java takes it', () => {
    const of = (text: string, parameter = whole('x', { bits: 64 })) =>
      unlessRefused(() => take(new Map([['x', [text]]]), parameter))
    expect(['0', '-0', '+7', '007', '-1'].map((text) => of(text))).toEqual([0, 0, 7, 7, -1])
    const edge = Number.MAX_SAFE_INTEGER
    expect(['9223372036854775807', '-9223372036854775808'].map((text) => of(text))).toEqual([edge, -edge])
    for (const bad of [
      '',
      ' 1',
      '1 ',
      '1e3',
      '0x10',
      '1.0',
      '1_000',
      '\u0661',
      '--1',
      '9223372036854775808',
      '9'.repeat(400),
    ]) {
      expect(of(bad), bad).toBeUndefined()
    }
    const octal = whole('x', { bits: 16, radix: 8, min: 0, max: 0o1777 })
    expect(['755', '0755', '1777', '0'].map((text) => of(text, octal))).toEqual([0o755, 0o755, 0o1777, 0])
    expect(['2000', '-1', '8', '0o7'].map((text) => of(text, octal))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => of(String(value)) === value))
  })
})

describe('a failure', () => {
  test('of every code is told by an exception, from which a client of quern has the code again', () => {
    for (const code of dfsErrorCodes) {
      const { status, body } = tellFailure(new DfsError(code, 'why'))
      expect(status).toBeGreaterThanOrEqual(400)
      expect(body).toMatchObject({
        RemoteException: { message: 'why', javaClassName: expect.stringMatching(/^(java|org)\./) },
      })
      const { RemoteException: exception } = body as { RemoteException: { exception: string; code: string } }
      expect(codeOf(exception)).toBe(code)
    }
  })
})
