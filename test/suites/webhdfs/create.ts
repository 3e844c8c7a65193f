import { describe, expect, test } from 'vitest'
import { patterned } from '../../dfs/harness.ts'
import { ask } from '../../dfs/webhdfs/raw-http.ts'
import { EXISTS, ILLEGAL, NOT_FOUND, UNSUPPORTED, type WebHdfsCase } from './case.ts'

/** CREATE, in two steps and in one. */
export function createSuite({ base, fresh, op, ok, write, read, fails }: WebHdfsCase): void {
  describe('CREATE', () => {
    test('redirects to the host and port that the client used, with an empty body', async () => {
      const path = fresh()
      const { host } = new URL(base())
      const parameters = { overwrite: 'true', permission: '600' }
      const { status: code, headers, bytes } = await op('PUT', path, 'CREATE', parameters)
      expect(code).toBe(307)
      expect(headers['content-length']).toBe('0')
      expect(bytes.length).toBe(0)
      const location = new URL(headers.location ?? '')
      expect(location.origin).toBe(`http://${host}`)
      expect(location.pathname).toBe(`/webhdfs/v1${path}`)
      expect(Object.fromEntries(location.searchParams)).toMatchObject({ op: 'CREATE', ...parameters })
      // Nothing is there before the second step.
      await fails(op('GET', path, 'GETFILESTATUS'), 404, NOT_FOUND, /does not exist/)
      const second = await ask('PUT', location.href, { body: 'hello' })
      expect(second.status).toBe(201)
      expect(second.headers.location).toBe(`webhdfs://${host}${path}`)
      expect(second.headers['content-length']).toBe('0')
      expect(await read(path)).toBe('hello')
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { permission: '600', length: 5 } })
    })

    test('goes by the name in the Host header, whatever name of this machine that is', async () => {
      const { port } = new URL(base())
      for (const host of [
        `localhost:${port}`,
        `127.0.0.1:${port}`,
        `[::1]:${port}`,
        'localhost',
        `LocalHost:${port}`,
      ]) {
        const { headers } = await op('PUT', fresh(), 'CREATE', {}, { headers: { Host: host } })
        expect(headers.location).toMatch(new RegExp(`^http://${host.replaceAll(/[.[\]]/g, '\\$&')}/webhdfs/v1/`))
      }
    })

    test('with noredirect tells the location in JSON', async () => {
      const path = fresh()
      const answer = await op('PUT', path, 'CREATE', { noredirect: 'true' })
      expect(answer.status).toBe(200)
      expect(answer.headers['content-type']).toBe('application/json')
      const { Location: location } = answer.json as { Location: string }
      expect(location).not.toContain('noredirect')
      expect((await ask('PUT', location, { body: 'x' })).status).toBe(201)
      expect(await read(path)).toBe('x')
    })

    test('takes the bytes at once from a client that sends them at once', async () => {
      const path = fresh()
      expect((await op('PUT', path, 'CREATE', {}, { body: 'at once' })).status).toBe(201)
      expect(await read(path)).toBe('at once')
      const chunked = fresh()
      const headers = { 'Transfer-Encoding': 'chunked' }
      const sent = await op('PUT', chunked, 'CREATE', {}, { headers, body: 'in chunks' })
      expect(sent.status).toBe(201)
      expect(await read(chunked)).toBe('in chunks')
    })

    test('makes an empty file of an empty second step', async () => {
      const path = fresh()
      await write(path, '')
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { length: 0, type: 'FILE' } })
      expect(await read(path)).toBe('')
    })

    test('keeps bytes as they are, over many blocks', async () => {
      const path = fresh()
      const bytes = patterned(300_000)
      await write(path, bytes, { blocksize: 65_536, replication: 1 })
      const answer = await op('GET', path, 'OPEN', { step: 'data' })
      expect(answer.bytes.equals(bytes)).toBe(true)
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({
        FileStatus: { length: 300_000, blockSize: 65_536, replication: 1, permission: '644' },
      })
    })

    test('of what is there fails without overwrite, and replaces with it', async () => {
      const path = fresh()
      await write(path, 'one')
      await fails(op('PUT', path, 'CREATE', { step: 'data' }, { body: 'two' }), 403, EXISTS, /already exists/)
      expect(await read(path)).toBe('one')
      await write(path, 'two', { overwrite: 'true' })
      expect(await read(path)).toBe('two')
      await write(path, 'three', { createflag: 'create,overwrite' })
      expect(await read(path)).toBe('three')
    })

    test('on a directory says that it exists as one', async () => {
      await fails(op('PUT', '/open', 'CREATE', { step: 'data', overwrite: 'true' }), 403, EXISTS, /as a directory/)
    })

    test('makes the directories above, unless told not to', async () => {
      const path = fresh()
      await write(`${path}/a/b`, 'x')
      const answer = op('PUT', `${path}/c/d`, 'CREATE', { step: 'data', createparent: 'false' }, { body: 'x' })
      await fails(answer, 404, NOT_FOUND, /c/)
    })

    test('refuses what it can not be asked', async () => {
      const refused: readonly (readonly [Record<string, string>, RegExp])[] = [
        [
          { overwrite: 'maybe' },
          /^Invalid value for webhdfs parameter "overwrite": Failed to parse "maybe" to Boolean\.$/,
        ],
        [{ replication: '0' }, /"replication": Invalid parameter range: replication = 0 < 1/],
        [{ replication: '70000' }, /"replication": Failed to parse "70000" as a radix-10 short integer\./],
        [{ blocksize: '-1' }, /"blocksize": Invalid parameter range: blocksize = -1 < 1/],
        [{ blocksize: '9223372036854775808' }, /"blocksize": Failed to parse "9223372036854775808" as a radix-10 long/],
        [{ buffersize: '0' }, /"buffersize": Invalid parameter range/],
        [{ permission: '888' }, /"permission": Failed to parse "888" as a radix-8 short integer\./],
        [{ permission: '2000' }, /"permission": Invalid parameter range: permission = 2000 > 1777/],
        [{ createflag: 'create,nonsense' }, /"createflag": "nonsense" is none of/],
        [{ noredirect: '1' }, /"noredirect": Failed to parse "1" to Boolean/],
      ]
      for (const [parameters, says] of refused) {
        await fails(op('PUT', fresh(), 'CREATE', parameters), 400, ILLEGAL, says)
      }
      await fails(op('PUT', fresh(), 'CREATE', { createflag: 'append' }), 400, UNSUPPORTED, /op=APPEND/)
    })
  })
}
