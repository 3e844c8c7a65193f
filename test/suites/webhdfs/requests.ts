import { describe, expect, test } from 'vitest'
import { operations } from '../../../dfs/webhdfs/operations.ts'
import { ask, webHdfsUrl } from '../../dfs/webhdfs/raw-http.ts'
import { ILLEGAL, NOT_FOUND, UNSUPPORTED, type WebHdfsCase } from './case.ts'

/** The table itself, and requests beside it. */
export function requestsSuite({ base, fresh, op, fails, asked }: WebHdfsCase): void {
  describe('the table of operations', () => {
    test('has each under one method only', async () => {
      const other = { GET: 'PUT', PUT: 'POST', POST: 'DELETE', DELETE: 'GET' } as const
      for (const [operation, { method }] of Object.entries(operations)) {
        const wrong = other[method]
        const answer = await op(wrong, '/open', operation)
        expect(answer.status, operation).toBe(400)
        expect(answer.json).toMatchObject({
          RemoteException: {
            exception: 'IllegalArgumentException',
            message: `Invalid value for webhdfs parameter "op": ${operation} is not a valid ${wrong} operation.`,
          },
        })
      }
    })

    test('has no others', async () => {
      for (const operation of ['NONSENSE', 'constructor', '__proto__', 'toString', 'OPEN%00', 'OPEN,OPEN']) {
        await fails(op('GET', '/', operation), 400, ILLEGAL, /^Invalid value for webhdfs parameter "op": /)
      }
      for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
        await fails(op(method, '/', ''), 400, UNSUPPORTED, /^NULL is not supported$/)
      }
    })

    test('was asked for all of them above', () => {
      expect(Object.keys(operations).filter((operation) => !asked.has(operation))).toEqual([])
    })
  })

  describe('other requests', () => {
    test('the pages beside it', async () => {
      const root = await ask('GET', `${base()}/`)
      expect([root.status, root.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8'])
      expect(root.text).toMatch(/^quern.*\n.*\/webhdfs\/v1/)
      expect((await ask('GET', `${base()}/healthz`)).text).toBe('ok\n')
      for (const path of ['/webhdfs', '/webhdfs/v2/?op=LISTSTATUS', '/webhdfs/v1x', '/jmx', '/explorer.html']) {
        await fails(ask('GET', base() + path), 404, NOT_FOUND, /^nothing is served at /)
      }
      expect((await ask('GET', `${base()}/webhdfs/v1?op=GETFILESTATUS`)).status).toBe(200)
    })

    test('HEAD is GET without a body, OPTIONS tells the methods, others are not allowed', async () => {
      const url = webHdfsUrl(base(), '/', { op: 'GETFILESTATUS' })
      const whole = await ask('GET', url)
      const head = await ask('HEAD', url)
      expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([
        200,
        String(whole.bytes.length),
        0,
      ])
      const allow = 'GET, HEAD, PUT, POST, DELETE, OPTIONS'
      const options = await ask('OPTIONS', url)
      expect([options.status, options.headers.allow]).toEqual([200, allow])
      expect(options.headers['access-control-allow-origin']).toBeUndefined()
      for (const method of ['PATCH', 'TRACE', 'PROPFIND']) {
        const answer = await ask(method, url)
        expect([answer.status, answer.headers.allow]).toEqual([405, allow])
      }
    })

    test('the headers that Hadoop sends along are no matter', async () => {
      const headers = { 'X-XSRF-HEADER': '""', 'X-Hadoop-Accept-EZ': 'true', Accept: '*/*' }
      expect((await op('PUT', fresh(), 'MKDIRS', {}, { headers })).status).toBe(200)
    })
  })
}
