import { describe, expect, test } from 'vitest'
import { ask, webHdfsUrl } from '../../dfs/webhdfs/raw-http.ts'
import { EXISTS, ILLEGAL, IO, isEmpty, NOT_FOUND, type WebHdfsCase } from './case.ts'

/** What else moves bytes. */
export function transferSuite({ base, superuser, fresh, op, ok, write, read, fails }: WebHdfsCase): void {
  describe('OPEN', () => {
    test('redirects, then streams with a length', async () => {
      const path = fresh()
      await write(path, '0123456789')
      const first = await op('GET', path, 'OPEN', { offset: 3, length: 4 })
      expect(first.status).toBe(307)
      expect(first.bytes.length).toBe(0)
      const second = await ask('GET', first.headers.location ?? '')
      expect(second.status).toBe(200)
      expect(second.headers['content-type']).toBe('application/octet-stream')
      expect(second.headers['content-length']).toBe('4')
      expect(second.text).toBe('3456')
      const told = await op('GET', path, 'OPEN', { noredirect: 'true' })
      const { Location: location } = told.json as { Location: string }
      expect((await ask('GET', location)).text).toBe('0123456789')
    })

    test('gives the part that was asked for', async () => {
      const path = fresh()
      await write(path, '0123456789')
      expect(await read(path, { offset: 0 })).toBe('0123456789')
      expect(await read(path, { offset: 9 })).toBe('9')
      expect(await read(path, { length: 0 })).toBe('')
      expect(await read(path, { offset: 8, length: 100 })).toBe('89')
      expect(await read(path, { length: '9223372036854775807' })).toBe('0123456789')
      expect(await read(path, { length: 'null' })).toBe('0123456789')
    })

    test('refuses a part that is not there, in both steps', async () => {
      const path = fresh()
      await write(path, 'abc')
      for (const step of [{}, { step: 'data' }]) {
        await fails(op('GET', path, 'OPEN', { offset: 3, ...step }), 403, IO, /^Offset=3 out of the range \[0, 3\)/)
        await fails(op('GET', path, 'OPEN', { offset: -1, ...step }), 400, ILLEGAL, /"offset": .* offset = -1 < 0/)
        await fails(op('GET', path, 'OPEN', { length: -1, ...step }), 400, ILLEGAL, /"length": .* length = -1 < 0/)
        await fails(op('GET', path, 'OPEN', { offset: 'x', ...step }), 400, ILLEGAL, /"offset": Failed to parse "x"/)
      }
    })

    test('of nothing, and of a directory', async () => {
      for (const step of [{}, { step: 'data' }]) {
        await fails(op('GET', fresh(), 'OPEN', step), 404, NOT_FOUND, /t\d+/)
        await fails(op('GET', '/open', 'OPEN', step), 404, NOT_FOUND, /^Path is not a file: \/open$/)
      }
    })

    test('HEAD tells the length and sends nothing', async () => {
      const path = fresh()
      await write(path, 'abc')
      const url = webHdfsUrl(base(), path, { op: 'OPEN', step: 'data', 'user.name': superuser() })
      const { status: code, headers, bytes } = await ask('HEAD', url)
      expect([code, headers['content-length'], bytes.length]).toEqual([200, '3', 0])
    })
  })

  describe('APPEND', () => {
    test('redirects, then adds', async () => {
      const path = fresh()
      await write(path, 'one')
      const first = await op('POST', path, 'APPEND')
      expect(first.status).toBe(307)
      expect(first.bytes.length).toBe(0)
      expect(await read(path)).toBe('one')
      const second = await ask('POST', first.headers.location ?? '', { body: 'two' })
      expect(isEmpty(second)).toBe(true)
      expect(await read(path)).toBe('onetwo')
      expect(isEmpty(await op('POST', path, 'APPEND', {}, { body: 'three' }))).toBe(true)
      expect(await read(path)).toBe('onetwothree')
      const told = await op('POST', path, 'APPEND', { noredirect: 'true' })
      expect(told.json).toEqual({ Location: expect.stringContaining('op=APPEND') })
    })

    test('to nothing, and to a directory', async () => {
      await fails(op('POST', fresh(), 'APPEND'), 404, NOT_FOUND, /not found/)
      await fails(op('POST', fresh(), 'APPEND', { step: 'data' }, { body: 'x' }), 404, NOT_FOUND, /t\d+/)
      await fails(op('POST', '/open', 'APPEND', { step: 'data' }, { body: 'x' }), 403, EXISTS, /as a directory/)
    })
  })

  test('CONCAT moves files to the end of another', async () => {
    const path = fresh()
    for (const part of ['a', 'b', 'c']) await write(`${path}/${part}`, part.repeat(3))
    const answer = await op('POST', `${path}/a`, 'CONCAT', { sources: `${path}/c,${path}/b` })
    expect(isEmpty(answer)).toBe(true)
    expect(await read(`${path}/a`)).toBe('aaacccbbb')
    await fails(op('GET', `${path}/b`, 'GETFILESTATUS'), 404, NOT_FOUND, /b$/)
    await fails(
      op('POST', `${path}/a`, 'CONCAT'),
      400,
      ILLEGAL,
      /^Required param sources for op: CONCAT is null or empty$/,
    )
    await fails(op('POST', `${path}/a`, 'CONCAT', { sources: 'b' }), 400, ILLEGAL, /"sources": .*not an absolute path/)
    await fails(op('POST', `${path}/a`, 'CONCAT', { sources: `${path}/none` }), 404, NOT_FOUND, /none/)
  })

  test('TRUNCATE cuts', async () => {
    const path = fresh()
    await write(path, '0123456789')
    expect(await ok('POST', path, 'TRUNCATE', { newlength: 4 })).toEqual({ boolean: true })
    expect(await read(path)).toBe('0123')
    await fails(op('POST', path, 'TRUNCATE'), 400, ILLEGAL, /^Required param newlength for op: TRUNCATE/)
    await fails(op('POST', path, 'TRUNCATE', { newlength: -1 }), 400, ILLEGAL, /newlength = -1 < 0/)
    await fails(op('POST', path, 'TRUNCATE', { newlength: 99 }), 400, ILLEGAL, /./)
    await fails(op('POST', fresh(), 'TRUNCATE', { newlength: 0 }), 404, NOT_FOUND, /t\d+/)
  })
}
