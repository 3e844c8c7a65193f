import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { operations } from '../../../dfs/webhdfs/operations.ts'
import { startWebHdfs } from '../../../dfs/webhdfs/server/serve.ts'
import { outcome, removeRoots } from '../harness.ts'
import { ask, speak, webHdfsUrl } from './raw-http.ts'
import { type Served, serveFresh, superuser } from './served.ts'

afterAll(removeRoots)

const TOKEN = 'q'.repeat(43)
let served: Served
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)

describe('with a token', () => {
  beforeEach(async () => {
    served = await serveFresh({ token: TOKEN })
  })
  afterEach(() => served[Symbol.asyncDispose]())

  test('nothing is told or done without it, or with another', async () => {
    await served.dfs.mkdir('/a')
    const wrong: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
      [{}, {}],
      [{ Authorization: `Bearer ${TOKEN}x` }, {}],
      [{ Authorization: `Bearer ${TOKEN.slice(1)}` }, {}],
      [{ Authorization: `Basic ${TOKEN}` }, {}],
      [{ Authorization: TOKEN }, {}],
      [{ Authorization: 'Bearer ' }, {}],
      [{ Cookie: `delegation=${TOKEN}` }, {}],
      [{}, { delegation: 'x'.repeat(43) }],
      [{}, { delegation: '' }],
      [{}, { token: TOKEN }],
      // The header counts where both are given.
      [{ Authorization: 'Bearer wrong' }, { delegation: TOKEN }],
    ]
    for (const [i, [op, { method }]] of Object.entries(operations).entries()) {
      // None at all, a wrong one, and one of the others in turn: each of them meets several operations.
      const some = [wrong[0], wrong[1], wrong[2 + (i % (wrong.length - 2))]].filter((one) => one !== undefined)
      for (const [headers, parameters] of some) {
        const url = webHdfsUrl(served.url, '/a', { op, step: 'data', 'user.name': superuser, ...parameters })
        const answer = await ask(method, url, { headers })
        expect(answer.status, `${op} ${JSON.stringify([headers, parameters])}`).toBe(401)
        expect(answer.headers['www-authenticate']).toBe('Bearer')
        expect(answer.json).toMatchObject({
          RemoteException: { exception: 'SecurityException', javaClassName: 'java.lang.SecurityException' },
        })
        expect(answer.text).not.toContain(TOKEN)
      }
    }
    expect((await served.dfs.list('/')).map(({ path }) => path)).toEqual(['/a'])
  }, 60_000)

  test('other pages need it too, but for the one that says whether the server is there', async () => {
    for (const path of ['/', '/webhdfs/v2', '/nothing', '/webhdfs/v1/?op=NONSENSE', '/webhdfs/v1/..']) {
      expect((await ask('GET', served.url + path)).status, path).toBe(401)
    }
    expect((await ask('GET', `${served.url}/healthz`)).text).toBe('ok\n')
  })

  test('it is taken from the header or the parameter, and follows a redirect only as a parameter', async () => {
    const headers = { Authorization: `Bearer ${TOKEN}` }
    const query = { op: 'CREATE', 'user.name': superuser }
    const byHeader = await ask('PUT', webHdfsUrl(served.url, '/h', query), { headers })
    expect(byHeader.status).toBe(307)
    expect(byHeader.headers.location).not.toContain(TOKEN)
    expect((await ask('PUT', byHeader.headers.location ?? '', { body: 'x' })).status).toBe(401)
    expect((await ask('PUT', byHeader.headers.location ?? '', { headers, body: 'x' })).status).toBe(201)
    const byParameter = await ask('PUT', webHdfsUrl(served.url, '/p', { ...query, delegation: TOKEN }))
    expect(byParameter.status).toBe(307)
    expect((await ask('PUT', byParameter.headers.location ?? '', { body: 'x' })).status).toBe(201)
    expect((await served.dfs.list('/')).map(({ path }) => path)).toEqual(['/h', '/p'])
  })
})

describe('without a token', () => {
  beforeEach(async () => {
    served = await serveFresh({ names: ['Files.Example'] })
  })
  afterEach(() => served[Symbol.asyncDispose]())

  const get = (host: string, target = '/webhdfs/v1/?op=GETFILESTATUS'): Promise<string> =>
    speak(served.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)

  test('a Host header that is not a name of this server is refused', async () => {
    const evil = [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil-localhost',
      'localhost@evil.example',
      'evil.example@localhost',
      'user:pass@localhost',
      'localhost:99999',
      'localhost:1:2',
      'localhost:-1',
      'localhost:port',
      'localhost/evil.example',
      'localhost#evil.example',
      'localhost?x',
      'localhost\\evil.example',
      'localhost evil.example',
      'localhost,evil.example',
      'localhost.',
      'http://localhost',
      '0.0.0.0',
      '0',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.0.0.256',
      '127.1',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[fe80::1%25lo]',
      '::1',
      '[::1',
      '169.254.169.254',
      'metadata.google.internal',
      'l\u00f6calhost',
      'localhost%00',
      '*',
    ]
    for (const host of evil) {
      const answer = await get(host)
      expect([400, 403], `${host}: ${answer}`).toContain(statusOf(answer))
      expect(answer).not.toContain('FileStatus')
    }
    for (const host of [
      'localhost',
      'LOCALHOST:1',
      '127.0.0.1',
      '127.8.9.1:80',
      '[::1]:9870',
      'files.example',
      'FILES.EXAMPLE:8',
    ]) {
      expect(statusOf(await get(host)), host).toBe(200)
    }
  })

  test('none, an empty one and several are refused; HTTP/1.0 needs none', async () => {
    const target = '/webhdfs/v1/x?op=CREATE'
    expect(statusOf(await speak(served.port, `GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`))).toBe(400)
    expect(statusOf(await get(''))).toBe(400)
    expect(statusOf(await get('localhost\r\nHost: evil.example'))).toBe(400)
    const old = await speak(served.port, `PUT ${target}&user.name=${superuser} HTTP/1.0\r\nContent-Length: 0\r\n\r\n`)
    expect(old).toContain(`\r\nLocation: http://127.0.0.1:${served.port}/webhdfs/v1/x?`)
  })

  test('a redirect goes to the checked Host header and nowhere else', async () => {
    const locationOf = (answer: string): string => /\r\nLocation: ([^\r]*)\r\n/.exec(answer)?.[1] ?? ''
    const writer = await served.dfs.create('/f')
    await writer.close()
    const headers = [
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: https',
      'Forwarded: host=evil.example',
      'X-Original-URL: /evil',
      'Referer: http://evil.example/',
    ].join('\r\n')
    for (const parameters of [
      'namenoderpcaddress=evil.example:1',
      'step=evil',
      'destination=http://evil.example/',
      'x=%0d%0aLocation:%20http://evil.example/',
      '%0d%0aSet-Cookie:%20a=b',
      'redirect=http://evil.example&next=//evil.example&url=file:///etc/passwd',
    ]) {
      const target = `/webhdfs/v1/f?op=OPEN&${parameters}`
      const answer = await get(`localhost:${served.port}\r\n${headers}`, target)
      expect(statusOf(answer), answer).toBe(307)
      const location = new URL(locationOf(answer))
      expect(location.origin).toBe(`http://localhost:${served.port}`)
      expect(location.pathname).toBe('/webhdfs/v1/f')
      expect(location.searchParams.get('namenoderpcaddress')).toBe(`localhost:${served.port}`)
      expect(answer).not.toMatch(/^Set-Cookie/m)
    }
    const split = await speak(
      served.port,
      `PUT /webhdfs/v1/a%0d%0aSet-Cookie:%20x=1?op=CREATE HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    )
    expect(locationOf(split)).toContain('/webhdfs/v1/a%0D%0ASet-Cookie%3A%20x%3D1?')
    expect(split).not.toMatch(/^Set-Cookie/m)
  })

  test('what is meant for a proxy is refused', async () => {
    for (const target of [
      'http://evil.example/',
      'http://127.0.0.1:1/',
      'http://169.254.169.254/latest/meta-data/',
      'https://localhost/webhdfs/v1/?op=GETFILESTATUS',
      'file:///etc/passwd',
      '*',
    ]) {
      expect(statusOf(await get('localhost', target)), target).toBe(400)
    }
    for (const target of ['//evil.example/webhdfs/v1/', '///etc/passwd', '/http://evil.example/']) {
      expect(statusOf(await get('localhost', target)), target).toBe(404)
    }
    const connect = await speak(served.port, 'CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(connect).not.toContain('200')
    const upgrade = await speak(
      served.port,
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
    )
    expect(statusOf(upgrade)).toBe(200)
  })

  test('a page of another site changes nothing', async () => {
    const foreign: readonly Record<string, string>[] = [
      { Origin: 'http://evil.example' },
      { Origin: 'null' },
      { Origin: `http://localhost:${served.port + 1}` },
      { Origin: 'http://localhost.evil.example' },
      { Origin: `http://127.0.0.1:${served.port}@evil.example` },
      { Origin: '' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ]
    for (const headers of foreign) {
      for (const [op, { method }] of Object.entries(operations)) {
        if (method === 'GET') continue
        const url = webHdfsUrl(served.url, '/f', { op, step: 'data', destination: '/g', 'user.name': superuser })
        const answer = await ask(method, url, { headers })
        expect(answer.status, `${op} ${JSON.stringify(headers)}`).toBe(403)
        expect(answer.text).toContain('another site')
      }
      const read = await ask('GET', webHdfsUrl(served.url, '/', { op: 'GETFILESTATUS' }), { headers })
      expect(read.status).toBe(200)
      expect(read.headers['access-control-allow-origin']).toBeUndefined()
      expect(read.headers['cross-origin-resource-policy']).toBe('same-origin')
    }
    expect(await served.dfs.list('/')).toEqual([])
    const own = { Origin: served.url, 'Sec-Fetch-Site': 'same-origin' }
    const url = webHdfsUrl(served.url, '/own', { op: 'MKDIRS', 'user.name': superuser })
    expect((await ask('PUT', url, { headers: own })).status).toBe(200)
  })

  test('GET changes nothing, whatever it says', async () => {
    const before = await served.dfs.summary('/')
    for (const [op, { method }] of Object.entries(operations)) {
      if (method === 'GET') continue
      const query = { op, step: 'data', 'user.name': superuser, _method: method, method }
      for (const verb of ['GET', 'HEAD']) {
        const headers = { 'X-HTTP-Method-Override': method, 'X-HTTP-Method': method }
        expect((await ask(verb, webHdfsUrl(served.url, '/f', query), { headers })).status).toBe(400)
      }
    }
    expect(await served.dfs.summary('/')).toEqual(before)
  })

  test('too much is refused: a URL, its parameters, its headers', async () => {
    const long = (bytes: number) => ask('GET', `${served.url}/webhdfs/v1/?op=GETFILESTATUS&x=${'y'.repeat(bytes)}`)
    expect((await long(40_000)).status).toBe(200)
    expect((await long(50_000)).status).toBe(414)
    expect((await long(70_000)).status).toBe(431)
    const many = (count: number) => ask('GET', `${served.url}/webhdfs/v1/?op=GETFILESTATUS${'&a=1'.repeat(count)}`)
    expect((await many(60)).status).toBe(200)
    expect((await many(65)).json).toMatchObject({
      RemoteException: { message: expect.stringContaining('64 parameters') },
    })
    expect((await ask('GET', served.url, { headers: { 'X-Long': 'y'.repeat(70_000) } })).status).toBe(431)
  })

  test('names of parameters are only names', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__proto__[op]', 'op[]']) {
      const url = webHdfsUrl(served.url, '/', { op: 'GETHOMEDIRECTORY', [name]: 'polluted' })
      expect((await ask('GET', url)).json).toEqual({ Path: '/user/dr.who' })
    }
    expect(Object.keys(Object.prototype)).toEqual([])
    // Of several values the first counts.
    expect(
      (await ask('GET', `${served.url}/webhdfs/v1/?op=GETHOMEDIRECTORY&op=GETSTATUS&user.name=a&user.name=b`)).json,
    ).toEqual({ Path: '/user/a' })
    for (const query of ['op=%ff', '%ff=op', 'op=%', 'op=%zz', 'a=%c0%ae']) {
      expect((await ask('GET', `${served.url}/webhdfs/v1/?${query}`)).status, query).toBe(400)
    }
  })

  test('requests smuggled in one another are refused', async () => {
    const smuggled = 'DELETE /webhdfs/v1/f?op=DELETE HTTP/1.1\r\nHost: localhost\r\n\r\n'
    for (const framing of [
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Content-Length: 5\r\nContent-Length: 6',
      'Content-Length: -1',
      'Content-Length: 5x',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding : chunked',
    ]) {
      const answer = await speak(
        served.port,
        `PUT /webhdfs/v1/f?op=MKDIRS HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n0\r\n\r\n${smuggled}`,
      )
      expect(statusOf(answer), framing).toBe(400)
      expect(answer.match(/HTTP\/1\.1/g)?.length).toBe(1)
    }
  })
})

describe('a server', () => {
  test('open to the network needs a token of 256 bits', async () => {
    served = await serveFresh()
    try {
      const { dfs } = served
      for (const host of ['0.0.0.0', '::', '192.0.2.1', 'files.example']) {
        expect(await outcome(startWebHdfs({ dfs, host })), host).toBe('DFS_BAD_ARGUMENT')
      }
      for (const token of [
        '',
        'short',
        'x'.repeat(42),
        `${'x'.repeat(42)} `,
        `${'x'.repeat(42)}\n`,
        '\u00fc'.repeat(43),
      ]) {
        expect(await outcome(startWebHdfs({ dfs, token })), JSON.stringify(token)).toBe('DFS_BAD_ARGUMENT')
      }
      expect(await outcome(startWebHdfs({ dfs, port: served.port }))).toBe('DFS_IO')
    } finally {
      await served[Symbol.asyncDispose]()
    }
  })
})
