import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FileSystem } from '../../../dfs/client/file-system.ts'
import { openFileSystem } from '../../../dfs/index.ts'
import { outcome, patterned, readAll, writeFile } from '../harness.ts'
import { FakeHdfs, refuse } from './fake-hdfs.ts'

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

test('a file goes to the datanode that is named, and comes back whole', async () => {
  const content = patterned(700_000)
  await writeFile(fs, '/a/b/file', content)
  expect(hdfs.tree.get('/a/b/file')?.bytes?.equals(content)).toBe(true)
  const reader = await fs.open('/a/b/file')
  const pieces: Buffer[] = []
  for await (const piece of reader.stream()) pieces.push(Buffer.from(piece))
  expect(Buffer.concat(pieces).equals(content)).toBe(true)
  const target = Buffer.alloc(100)
  expect(await reader.read(target, 699_950)).toBe(50)
  expect(target.subarray(0, 50).equals(content.subarray(699_950))).toBe(true)
  expect(await reader.read(target, 700_000)).toBe(0)
  await reader.close()
  expect(hdfs.ops('datanode')).toEqual(['CREATE', 'OPEN', 'OPEN'])
})

test('an empty file, and names that a URL has to spell out', async () => {
  for (const name of ['/empty', '/a b', '/100%', '/ä?#&=+;,', '/%2e%2e', '/π/日本']) {
    await writeFile(fs, name, Buffer.from(name === '/empty' ? '' : name))
    expect(hdfs.content(name)).toBe(name === '/empty' ? '' : name)
    expect(await read(name)).toBe(name === '/empty' ? '' : name)
    expect((await fs.stat(name)).path).toBe(name)
  }
})

test('a file is not to be seen before it is whole, and replaces what stood there in one step', async () => {
  hdfs.put('/f', 'old')
  const writer = await fs.create('/f', { overwrite: true })
  await writer.write(Buffer.alloc(300_000, 'n'))
  expect(hdfs.content('/f')).toBe('old')
  await writer.close()
  expect(hdfs.content('/f')).toBe('n'.repeat(300_000))
  expect([...hdfs.tree.keys()]).toEqual(['/', '/f'])
  expect(hdfs.asked.find(({ op }) => op === 'RENAME')?.params.get('renameoptions')).toBe('OVERWRITE')
})

test('a writer that is given up leaves nothing, and what stood there', async () => {
  hdfs.put('/f', 'old')
  const writer = await fs.create('/f', { overwrite: true })
  await writer.write(Buffer.alloc(300_000))
  await writer.abort()
  await writer.abort()
  expect([...hdfs.tree.keys()]).toEqual(['/', '/f'])
  expect(hdfs.content('/f')).toBe('old')
  expect(await outcome(writer.write(Buffer.alloc(1)))).toBe('DFS_CLOSED')
})

test('what can not be cleared away is told', async () => {
  const writer = await fs.create('/f')
  await writer.write(Buffer.alloc(300_000))
  hdfs.failNext('namenode', 'DELETE', (_, __, response) =>
    refuse(response, 403, 'SafeModeException', 'Safe mode is ON'),
  )
  await writer.abort()
  expect(fs.notes).toEqual([expect.stringMatching(/half of a file is left there .*Safe mode is ON/)])
})

test('an append that is given up is cut back to what stood there', async () => {
  hdfs.put('/f', 'one')
  const more = await fs.append('/f')
  await more.write(Buffer.from(' two'))
  await more.close()
  expect(hdfs.content('/f')).toBe('one two')
  const other = await fs.append('/f')
  await other.write(Buffer.alloc(300_000))
  await vi.waitFor(() => expect(hdfs.content('/f')?.length).toBe(300_007))
  await other.abort()
  expect(hdfs.content('/f')).toBe('one two')
})

test('what stands in the way is told before a byte is sent', async () => {
  hdfs.put('/f', 'x')
  hdfs.mkdir('/d')
  expect(await outcome(fs.create('/f'))).toBe('DFS_EXISTS')
  expect(await outcome(fs.create('/d', { overwrite: true }))).toBe('DFS_IS_DIRECTORY')
  expect(await outcome(fs.create('/no/f', { parents: false }))).toBe('DFS_NOT_FOUND')
  expect(await outcome(fs.append('/no'))).toBe('DFS_NOT_FOUND')
  expect(await outcome(fs.append('/d'))).toBe('DFS_IS_DIRECTORY')
  expect(await outcome(fs.open('/d'))).toBe('DFS_IS_DIRECTORY')
  expect(await outcome(fs.open('/no'))).toBe('DFS_NOT_FOUND')
  expect(await outcome(fs.mkdir('/d'))).toBe('DFS_EXISTS')
  expect(await outcome(fs.mkdir('/no/d'))).toBe('DFS_NOT_FOUND')
  expect(hdfs.ops('datanode')).toEqual([])
})

test.each([0, 1, 2, 100])('a directory is listed whole in pieces of %i', async (batch) => {
  hdfs.batch = batch
  const names = ['b', 'a', 'ab', 'z', 'é', 'c d', '10']
  for (const name of names) hdfs.put(`/dir/${name}`, name)
  const listed = await fs.list('/dir')
  expect(listed.map(({ path }) => path)).toEqual(['10', 'a', 'ab', 'b', 'c d', 'z', 'é'].map((name) => `/dir/${name}`))
  expect(await fs.list('/dir/a')).toMatchObject([{ path: '/dir/a', kind: 'file', length: 1, permission: 0o644 }])
  const walked: string[] = []
  for await (const { path } of fs.walk('/')) walked.push(path)
  expect(walked.slice(0, 3)).toEqual(['/', '/dir', '/dir/10'])
  expect((await fs.glob('/d*/{a*,z}')).map(({ path }) => path)).toEqual(['/dir/a', '/dir/ab', '/dir/z'])
  expect(await fs.glob('/dir/none')).toEqual([])
})

test('the token goes to the server that was named and to no other', async () => {
  hdfs.put('/f', 'x')
  const env = { QUERN_WEBHDFS_TOKEN: 'secret' }
  await using guarded = await hdfs.client({ env })
  const reader = await guarded.open('/f')
  await reader.read(Buffer.alloc(1), 0)
  const writer = await guarded.create('/g')
  await writer.close()
  for (const { at, headers, params } of hdfs.asked) {
    expect(headers.authorization).toBe(at === 'namenode' ? 'Bearer secret' : undefined)
    expect(params.get('user.name')).toBe('ada')
  }
  expect(hdfs.ops('datanode')).toEqual(['OPEN', 'CREATE'])
})

test("an HDFS's delegation token stands in for the user", async () => {
  await using guarded = await hdfs.client({ env: { QUERN_WEBHDFS_DELEGATION: 'JQAIaG9y' } })
  await guarded.find('/f')
  expect(hdfs.asked[0]?.params.get('delegation')).toBe('JQAIaG9y')
  expect(hdfs.asked[0]?.params.has('user.name')).toBe(false)
})

test('who needs another key is told which', async () => {
  const refused = (challenge: string) =>
    hdfs.failNext('namenode', 'GETFILESTATUS', (_, __, response) => {
      response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'text/html' })
      response.end('<html>Authentication required</html>')
    })
  refused('Negotiate')
  await expect(fs.stat('/f')).rejects.toMatchObject({ code: 'DFS_UNAUTHORIZED', message: /Kerberos/ })
  refused('Bearer')
  await expect(fs.stat('/f')).rejects.toMatchObject({ code: 'DFS_UNAUTHORIZED', message: /QUERN_WEBHDFS_TOKEN/ })
})

test.each([
  ['FileNotFoundException', 404, 'File does not exist: /f', 'DFS_NOT_FOUND'],
  ['FileNotFoundException', 404, 'Path is not a file: /f', 'DFS_IS_DIRECTORY'],
  ['AccessControlException', 403, 'Permission denied: user=ada', 'DFS_PERMISSION'],
  ['ParentNotDirectoryException', 403, '/f is not a directory', 'DFS_NOT_DIRECTORY'],
  ['PathIsNotEmptyDirectoryException', 403, '/f is non empty', 'DFS_NOT_EMPTY'],
  ['NSQuotaExceededException', 403, 'The NameSpace quota is exceeded', 'DFS_NAME_QUOTA'],
  ['DSQuotaExceededException', 403, 'The DiskSpace quota is exceeded', 'DFS_SPACE_QUOTA'],
  ['SnapshotException', 403, 'Directory is not a snapshottable directory', 'DFS_SNAPSHOT'],
  ['AlreadyBeingCreatedException', 403, 'lease', 'DFS_BEING_WRITTEN'],
  ['IOException', 403, 'File /f could only be written to 0 of the 1 minReplication nodes.', 'DFS_NO_SPACE'],
  ['IllegalArgumentException', 400, 'Invalid value for webhdfs parameter "op": no', 'DFS_UNSUPPORTED'],
  ['IllegalArgumentException', 400, 'Invalid value for webhdfs parameter "offset": no', 'DFS_BAD_ARGUMENT'],
  ['UnsupportedOperationException', 400, 'no', 'DFS_UNSUPPORTED'],
  ['SecurityException', 401, 'Failed to obtain user group information', 'DFS_UNAUTHORIZED'],
  ['SomethingElse', 500, 'whatever', 'DFS_IO'],
])('%s (%i, %s) is %s', async (exception, status, message, code) => {
  const answer = (_: unknown, __: unknown, response: import('node:http').ServerResponse): void =>
    refuse(response, status, exception, `${message}\n\tat org.apache.hadoop.Frame`)
  hdfs.failNext('namenode', 'CHECKACCESS', answer)
  await expect(fs.access('/f', 'r')).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('a server that redirects nobody is written to directly', async () => {
  hdfs.fault = ({ at, op, path, params }, request, response) => {
    if (at !== 'namenode' || (op !== 'CREATE' && op !== 'OPEN')) return false
    if (op === 'OPEN') {
      response.end(hdfs.content(path)?.slice(Number(params.get('offset'))))
      return true
    }
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      hdfs.put(path, Buffer.concat(pieces))
      response.writeHead(201).end()
    })
    return true
  }
  await writeFile(fs, '/f', Buffer.from('direct'))
  expect(hdfs.content('/f')).toBe('direct')
  expect(await read('/f')).toBe('direct')
  expect(hdfs.ops('datanode')).toEqual([])
})

test('an abort of the command ends what is under way and still clears up', async () => {
  const controller = new AbortController()
  await using interrupted = await hdfs.client({ signal: controller.signal })
  const writer = await interrupted.create('/f')
  await writer.write(Buffer.alloc(300_000))
  hdfs.failNext('namenode', 'GETFILESTATUS', () => controller.abort(new Error('interrupted')))
  await expect(interrupted.stat('/g')).rejects.toThrow()
  await writer.abort()
  expect([...hdfs.tree.keys()]).toEqual(['/'])
})

test('close ends readers and writers, and later calls are refused', async () => {
  hdfs.put('/f', Buffer.alloc(1_000_000))
  const reader = await fs.open('/f')
  const writer = await fs.create('/g')
  await writer.write(Buffer.alloc(300_000))
  await fs.close()
  await fs.close()
  expect(await outcome(reader.read(Buffer.alloc(10), 0))).toBe('DFS_CLOSED')
  expect(await outcome(fs.stat('/f'))).toBe('DFS_CLOSED')
  expect([...hdfs.tree.keys()]).toEqual(['/', '/f'])
})

test.each([
  'webhdfs://',
  'webhdfs:///path',
  'webhdfs://ada@host/path',
  'webhdfs://host:0/x',
  'webhdfs://host:70000/x',
  'webhdfs://ho st/x',
  'webhdfs://host:9870x/',
  'http://host/x',
])('%s is no address of a file system', async (url) => {
  expect(await outcome(openFileSystem(url, { user: 'ada' }))).toBe('DFS_BAD_PATH')
})

test('a name that does not exist is told once', async () => {
  await using nowhere = await openFileSystem('webhdfs://quern-test.invalid:9870', { user: 'ada', timing: { pause: 1 } })
  await expect(nowhere.stat('/')).rejects.toMatchObject({ code: 'DFS_UNREACHABLE', message: /quern-test\.invalid/ })
})
