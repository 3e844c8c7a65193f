import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FileSystem } from '../../../dfs/client/file-system.ts'
import { outcome, patterned, readAll, writeFile } from '../harness.ts'
import { FakeHdfs, json, refuse } from './fake-hdfs.ts'

let hdfs: FakeHdfs
let fs: FileSystem

beforeEach(async () => {
  hdfs = await FakeHdfs.start()
  fs = await hdfs.client()
})

afterEach(async () => {
  await fs.close()
  await hdfs.stop()
})

const read = async (path: string, range?: { start?: number; end?: number }): Promise<string> =>
  (await readAll(fs, path, range)).toString()

test('a read goes on from where its connection broke', async () => {
  const content = patterned(400_000)
  hdfs.put('/f', content)
  let broken = 0
  hdfs.fault = ({ at, op, params }, _, response) => {
    if (at !== 'datanode' || op !== 'OPEN' || broken === 5) return false
    broken++
    const offset = Number(params.get('offset'))
    response.writeHead(200, { 'content-length': content.length - offset })
    response.write(content.subarray(offset, offset + 60_000), () => response.destroy())
    return true
  }
  const reader = await fs.open('/f')
  const pieces: Buffer[] = []
  for await (const piece of reader.stream()) pieces.push(Buffer.from(piece))
  expect(Buffer.concat(pieces).equals(content)).toBe(true)
  expect(broken).toBe(5)
})

test('a read whose connection breaks again and again without a byte fails', async () => {
  hdfs.put('/f', 'content')
  hdfs.failNext('datanode', 'OPEN', (_, __, response) => response.destroy(), Number.POSITIVE_INFINITY)
  await expect(read('/f')).rejects.toMatchObject({ code: 'DFS_UNREACHABLE', message: expect.stringContaining('/f') })
  hdfs.failNext('datanode', 'OPEN', (_, __, response) => response.end(), Number.POSITIVE_INFINITY)
  await expect(read('/f')).rejects.toMatchObject({ code: 'DFS_IO', message: expect.stringContaining('ended at') })
})

test('a file that was replaced while its read was broken is not patched together from two', async () => {
  hdfs.put('/f', Buffer.alloc(200_000, 'a'))
  hdfs.failNext('datanode', 'OPEN', (_, __, response) => {
    response.writeHead(200, { 'content-length': 200_000 })
    response.write(Buffer.alloc(100_000, 'a'), () => {
      hdfs.put('/f', Buffer.alloc(200_000, 'b'))
      response.destroy()
    })
  })
  await expect(read('/f')).rejects.toMatchObject({ code: 'DFS_IO', message: expect.stringContaining('was changed') })
})

test('more than was asked for is not taken', async () => {
  hdfs.put('/f', '0123456789')
  hdfs.failNext('datanode', 'OPEN', (_, __, response) => response.end('2345 and so on'))
  expect(await read('/f', { start: 2, end: 6 })).toBe('2345')
})

test('only what may be repeated is repeated', async () => {
  hdfs.put('/f', 'x')
  hdfs.failNext('namenode', 'GETFILESTATUS', (_, __, response) => response.destroy(), 2)
  expect((await fs.stat('/f')).length).toBe(1)
  expect(hdfs.ops().filter((op) => op === 'GETFILESTATUS')).toHaveLength(3)
  hdfs.failNext('namenode', 'RENAME', (_, __, response) => response.destroy())
  await expect(fs.rename('/f', '/g')).rejects.toMatchObject({
    code: 'DFS_UNREACHABLE',
    message: expect.stringContaining('whether it was done is not known'),
  })
  hdfs.failNext('namenode', 'DELETE', (_, __, response) => response.destroy())
  expect(await outcome(fs.delete('/f'))).toBe('DFS_UNREACHABLE')
  expect(hdfs.ops().filter((op) => op === 'RENAME' || op === 'DELETE')).toHaveLength(2)
})

test('a server that is starting, or stands by, is asked again', async () => {
  hdfs.put('/f', 'x')
  for (const exception of ['RetriableException', 'StandbyException']) {
    hdfs.failNext('namenode', 'GETFILESTATUS', (_, __, response) => refuse(response, 403, exception, 'not now'), 2)
    expect((await fs.stat('/f')).length).toBe(1)
  }
  hdfs.failNext('namenode', 'GETFILESTATUS', (_, __, response) => {
    response.writeHead(503)
    response.end('<html>busy</html>')
  })
  expect((await fs.stat('/f')).length).toBe(1)
  hdfs.failNext('namenode', 'GETFILESTATUS', (_, __, response) => refuse(response, 403, 'SafeModeException', 'on'))
  expect(await outcome(fs.stat('/f'))).toBe('DFS_SAFE_MODE')
})

test('a datanode that nobody reaches is left out when the place is asked for anew', async () => {
  const dead = hdfs.datanode
  hdfs.failNext('namenode', 'CREATE', ({ path, params }, _, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:1/webhdfs/v1${path}?${params}` })
    response.end()
  })
  await writeFile(fs, '/f', Buffer.from('content'))
  expect(dead).toBe(hdfs.datanode)
  expect(hdfs.content('/f')).toBe('content')
  const again = hdfs.asked.filter(({ at, op }) => at === 'namenode' && op === 'CREATE').at(-1)
  expect(again?.params.get('excludedatanodes')).toBe('127.0.0.1:1')
})

test('the message for an unreachable datanode says whose word it was', async () => {
  hdfs.put('/f', 'x')
  await hdfs.stopDatanode()
  await expect(read('/f')).rejects.toMatchObject({
    code: 'DFS_UNREACHABLE',
    message: expect.stringMatching(/ECONNREFUSED.*sends there for the data/),
  })
})

test.each([
  ['file:///etc/passwd', /only http and https/],
  ['gopher://127.0.0.1/', /only http and https/],
  ['http://[bad', /no address/],
  ['', /no address/],
  [undefined, /no address/],
])('a redirect to %s is not followed', async (location, why) => {
  hdfs.put('/f', 'x')
  const fault = (_: unknown, __: unknown, response: import('node:http').ServerResponse): void => {
    response.writeHead(307, location === undefined ? {} : { location })
    response.end()
  }
  hdfs.failNext('namenode', 'OPEN', fault)
  await expect(read('/f')).rejects.toMatchObject({ code: 'DFS_PROTOCOL', message: expect.stringMatching(why) })
  hdfs.failNext('namenode', 'CREATE', fault)
  await expect(fs.create('/g')).rejects.toMatchObject({ code: 'DFS_PROTOCOL', message: expect.stringMatching(why) })
  expect(hdfs.ops('datanode')).toEqual([])
})

test('a redirect whose body breaks off is a redirect nevertheless', async () => {
  hdfs.put('/f', 'content')
  hdfs.failNext('namenode', 'OPEN', (_, __, response) => {
    response.writeHead(307, { location: `http://${hdfs.datanode}/webhdfs/v1/f?op=OPEN`, 'content-length': 1000 })
    response.write('half of', () => response.destroy())
  })
  expect(await read('/f')).toBe('content')
})

test('a second redirect is not followed, nor any other kind', async () => {
  hdfs.put('/f', 'x')
  const round = (_: unknown, __: unknown, response: import('node:http').ServerResponse): void => {
    response.writeHead(307, { location: `http://${hdfs.datanode}/webhdfs/v1/f?op=OPEN` })
    response.end()
  }
  hdfs.failNext('datanode', 'OPEN', round, Number.POSITIVE_INFINITY)
  expect(await outcome(read('/f'))).toBe('DFS_PROTOCOL')
  expect(hdfs.ops('datanode')).toEqual(['OPEN'])
  hdfs.failNext('datanode', 'CREATE', round, Number.POSITIVE_INFINITY)
  expect(await outcome(writeFile(fs, '/g', Buffer.from('x')))).toBe('DFS_PROTOCOL')
  hdfs.failNext('namenode', 'GETFILESTATUS', (_, __, response) => {
    response.writeHead(302, { location: `http://${hdfs.datanode}/` })
    response.end()
  })
  expect(await outcome(fs.stat('/f'))).toBe('DFS_PROTOCOL')
})

test.each<[string, (response: import('node:http').ServerResponse) => void, string]>([
  ['no JSON', (response) => response.end('<html>'), 'DFS_PROTOCOL'],
  ['nothing', (response) => response.end(), 'DFS_PROTOCOL'],
  ['other JSON', (response) => json(response, { hello: [] }), 'DFS_PROTOCOL'],
  ['null', (response) => json(response, null), 'DFS_PROTOCOL'],
  ['a negative length', (response) => json(response, { FileStatus: { length: -1 } }), 'DFS_PROTOCOL'],
  ['a page and 404', (response) => response.writeHead(404).end('<html>'), 'DFS_PROTOCOL'],
  ['a page and 403', (response) => response.writeHead(403).end('<html>'), 'DFS_PERMISSION'],
  ['half a JSON and 400', (response) => response.writeHead(400).end('{"RemoteException":'), 'DFS_PROTOCOL'],
])('%s where a status was due', async (_, answer, code) => {
  hdfs.failNext('namenode', 'GETFILESTATUS', (_asked, _request, response) => answer(response))
  expect(await outcome(fs.stat('/f'))).toBe(code)
})

test('words of a server come to a terminal without control characters', async () => {
  hdfs.failNext('namenode', 'CHECKACCESS', (_, __, response) =>
    refuse(response, 403, 'AccessControlException', 'a\u001b[31m\u202eb'),
  )
  await expect(fs.access('/f', 'r')).rejects.toMatchObject({ message: expect.stringMatching(/^a\?\[31m\?b /) })
})

test.each(['..', '.', 'a/b', '/etc/passwd', 'a\0b'])('a listing with the name %j is refused', async (pathSuffix) => {
  hdfs.put('/d/f', 'x')
  hdfs.failNext('namenode', 'LISTSTATUS_BATCH', (_, __, response) => {
    const status = { ...(JSON.parse('{}') as object), pathSuffix, type: 'FILE', length: 0, owner: '', group: '' }
    const whole = { ...status, permission: '644', replication: 1, blockSize: 1, modificationTime: 0, accessTime: 0 }
    json(response, {
      DirectoryListing: { partialListing: { FileStatuses: { FileStatus: [whole] } }, remainingEntries: 0 },
    })
  })
  await expect(fs.list('/d')).rejects.toMatchObject({ code: 'DFS_PROTOCOL', message: /pathSuffix/ })
})

test('an answer without end is left, and memory stays as it is', async () => {
  let sent = 0
  hdfs.failNext('namenode', 'GETHOMEDIRECTORY', (_, __, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 20, ' '))) sent++
    }
    response.on('drain', more)
    more()
  })
  await expect(fs.home()).rejects.toMatchObject({ code: 'DFS_PROTOCOL', message: /more than/ })
  expect(sent).toBeLessThan(200)
})

test('a server that falls silent is left, whatever it was to do', async () => {
  await using hasty = await hdfs.client({ timing: { silence: 400, attempts: 2, pause: 1 } })
  hdfs.put('/f', Buffer.alloc(100_000))
  const never = Number.POSITIVE_INFINITY
  hdfs.failNext('namenode', 'GETFILESTATUS', () => undefined, never)
  await expect(hasty.stat('/f')).rejects.toMatchObject({ code: 'DFS_UNREACHABLE', message: /no answer within/ })
  expect(hdfs.ops()).toEqual(['GETFILESTATUS'])
  hdfs.failNext('datanode', 'OPEN', (_, __, response) => response.flushHeaders(), never)
  const reader = await hasty.open('/f')
  await expect(reader.read(Buffer.alloc(10), 0)).rejects.toMatchObject({
    code: 'DFS_UNREACHABLE',
    message: /nothing came/,
  })
  hdfs.failNext('datanode', 'CREATE', (_, request) => request.pause(), never)
  const writer = await hasty.create('/g')
  const full = async (): Promise<void> => {
    for (let i = 0; i < 1000; i++) await writer.write(Buffer.alloc(1 << 20))
  }
  await expect(full()).rejects.toMatchObject({ code: 'DFS_UNREACHABLE', message: /nothing was taken/ })
  await writer.abort()
})

test('a refusal in the middle of the bytes is what the writer says', async () => {
  hdfs.failNext('datanode', 'CREATE', (_, request, response) => {
    request.once('data', () => refuse(response, 403, 'DSQuotaExceededException', 'The DiskSpace quota is exceeded'))
    request.resume()
  })
  const writer = await fs.create('/f')
  const full = async (): Promise<void> => {
    for (let i = 0; i < 1000; i++) await writer.write(Buffer.alloc(1 << 20))
  }
  expect(await outcome(full())).toBe('DFS_SPACE_QUOTA')
  expect(await outcome(writer.close())).toBe('DFS_SPACE_QUOTA')
  await writer.abort()
})
