import { rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { DfsReader, DfsWriter } from '../../../dfs/client/file-system.ts'
import type { Dfs } from '../../../dfs/index.ts'
import { patterned, removeRoots, strayReplicas, temporaries, writeFile } from '../harness.ts'
import { ask, speak, webHdfsUrl } from './raw-http.ts'
import { instead, type Served, serveFresh, superuser, until } from './served.ts'

afterAll(removeRoots)

let served: Served | undefined
afterEach(async () => {
  await served?.[Symbol.asyncDispose]()
  served = undefined
})

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
const target = (path: string, op: string): string => `/webhdfs/v1${path}?op=${op}&step=data&user.name=${superuser}`

/** A connection whose request has been sent, and how it ends. */
async function begin(
  port: number,
  lines: string,
): Promise<{ socket: Socket; heard: () => string; closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', (piece: Buffer) => {
    heard += piece.toString('latin1')
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  await new Promise<void>((resolve) => socket.write(lines, () => resolve()))
  return { socket, heard: () => heard, closed }
}

/** Counts what was opened and not yet closed. */
function watched(): { wrap: (dfs: Dfs) => Dfs; open: Set<DfsReader | DfsWriter>; begun: () => number } {
  const open = new Set<DfsReader | DfsWriter>()
  let begun = 0
  return {
    open,
    begun: () => begun,
    wrap: (dfs) =>
      instead(dfs, {
        open: async (path: string) => {
          const reader = await dfs.open(path)
          begun++
          open.add(reader)
          const close = reader.close.bind(reader)
          reader.close = async () => {
            open.delete(reader)
            await close()
          }
          return reader
        },
        create: async (path: string, options: object) => {
          const writer = await dfs.create(path, options)
          begun++
          open.add(writer)
          const over =
            (end: () => Promise<void>): (() => Promise<void>) =>
            async () => {
              await end()
              open.delete(writer)
            }
          return {
            write: writer.write.bind(writer),
            close: over(() => writer.close()),
            abort: over(() => writer.abort()),
          }
        },
      }),
  }
}

async function nothingIsLeft({ dfs, root }: Served): Promise<void> {
  expect(await dfs.list('/')).toEqual([])
  expect(await temporaries(root)).toEqual([])
  expect(await strayReplicas(dfs)).toEqual([])
}

describe('an upload', () => {
  test('whose client leaves is dropped whole', async () => {
    const { wrap, open, begun } = watched()
    served = await serveFresh({}, wrap)
    for (const framing of ['Content-Length: 1000000', 'Transfer-Encoding: chunked']) {
      const already = begun()
      const client = await begin(
        served.port,
        `PUT ${target('/f', 'CREATE')} HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n${framing.startsWith('T') ? '10000\r\n' : ''}${'x'.repeat(65_536)}`,
      )
      await until(() => begun() > already)
      client.socket.destroy()
      await until(() => open.size === 0)
      await nothingIsLeft(served)
    }
  })

  test('whose client falls silent is dropped whole, and its connection closed', async () => {
    served = await serveFresh({ limits: { idleMs: 50 } })
    const client = await begin(
      served.port,
      `PUT ${target('/f', 'CREATE')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`,
    )
    await client.closed
    await served.server.close()
    await nothingIsLeft(served)
  })

  test('that goes on in small pieces may take longer than the silence that is allowed', async () => {
    served = await serveFresh({ limits: { idleMs: 400, headersTimeoutMs: 100 } })
    const client = await begin(
      served.port,
      `PUT ${target('/f', 'CREATE')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 10\r\n\r\n`,
    )
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => setTimeout(resolve, 60))
      client.socket.write('x')
    }
    await client.closed
    expect(statusOf(client.heard())).toBe(201)
    expect((await served.dfs.stat('/f')).length).toBe(10)
  })

  test('with a broken body is refused, and dropped whole', async () => {
    served = await serveFresh()
    for (const body of ['5\r\nhello\r\nnonsense\r\n', 'ffffffffffffffff\r\n', '-1\r\n', '5;\r\nhel']) {
      await speak(
        served.port,
        `PUT ${target('/f', 'CREATE')} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
        300,
      )
    }
    await served.server.close()
    await nothingIsLeft(served)
  })

  test('that waits for 100 Continue is redirected before it sends, and told to go on where it is due', async () => {
    served = await serveFresh()
    const headers = 'Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'
    const first = await speak(
      served.port,
      `PUT ${target('/f', 'CREATE').replace('&step=data', '')} HTTP/1.1\r\n${headers}`,
      400,
    )
    expect(statusOf(first)).toBe(307)
    expect(first).toContain('Connection: close')
    const second = await begin(served.port, `PUT ${target('/f', 'CREATE')} HTTP/1.1\r\nConnection: close\r\n${headers}`)
    await until(() => second.heard().startsWith('HTTP/1.1 100 Continue'))
    second.socket.write('hello')
    await second.closed
    expect(second.heard()).toContain('HTTP/1.1 201 Created')
    // What can not be is told before the bytes are asked for.
    const again = await speak(served.port, `PUT ${target('/f', 'CREATE')} HTTP/1.1\r\n${headers}`, 400)
    expect(statusOf(again)).toBe(403)
    const other = await speak(
      served.port,
      `PUT ${target('/f', 'CREATE')} HTTP/1.1\r\n${headers.replace('100-continue', 'magic')}`,
      400,
    )
    expect(statusOf(other)).toBe(417)
  })

  test('that the DFS refuses half-way is told why, and dropped whole', async () => {
    const full = new Error('no')
    served = await serveFresh({ onError: () => undefined }, (dfs) =>
      instead(dfs, {
        create: async (path: string) => {
          const writer = await dfs.create(path)
          return { ...bound(writer), write: () => Promise.reject(full) }
        },
      }),
    )
    const url = webHdfsUrl(served.url, '/f', { op: 'CREATE', step: 'data', 'user.name': superuser })
    const answer = await ask('PUT', url, { body: Buffer.alloc(1_000_000) })
    expect(answer.status).toBe(500)
    await nothingIsLeft(served)
  })
})

const bound = (writer: DfsWriter): DfsWriter => ({
  write: (bytes) => writer.write(bytes),
  close: () => writer.close(),
  abort: () => writer.abort(),
})

describe('a body that nobody wants', () => {
  test('is let pass up to a bound, and the answer comes', async () => {
    served = await serveFresh({ limits: { unwantedBytesMax: 100_000, unwantedMs: 60_000 } })
    const small = await speak(
      served.port,
      `PUT ${target('/d', 'MKDIRS')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 50000\r\n\r\n${'x'.repeat(50_000)}`,
    )
    expect(statusOf(small)).toBe(200)
    expect(small.match(/HTTP\/1\.1/g)?.length).toBe(1)
    const endless = await begin(
      served.port,
      `PUT ${target('/d', 'MKDIRS')} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const more = setInterval(() => endless.socket.write(piece), 1)
    await endless.closed
    clearInterval(more)
    expect(statusOf(endless.heard())).toBe(200)
  })

  test('is not waited for', async () => {
    served = await serveFresh({ limits: { unwantedMs: 50 } })
    const client = await begin(
      served.port,
      `PUT ${target('/d', 'MKDIRS')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n`,
    )
    await client.closed
    expect(statusOf(client.heard())).toBe(200)
  })
})

describe('a download', () => {
  const GET = (path: string): string => `GET ${target(path, 'OPEN')} HTTP/1.1\r\nHost: localhost\r\n\r\n`

  test('whose client leaves, or takes nothing for too long, is ended', async () => {
    const { wrap, open, begun } = watched()
    served = await serveFresh({ limits: { idleMs: 100 } }, wrap)
    // More than the buffers of the two ends of a connection hold.
    await writeFile(served.dfs, '/f', patterned(24_000_000), 1_000_000)
    const leaving = await begin(served.port, GET('/f'))
    await until(() => begun() === 1)
    leaving.socket.destroy()
    await until(() => open.size === 0)
    const deaf = await begin(served.port, GET('/f'))
    deaf.socket.pause()
    await until(() => begun() === 2)
    await until(() => open.size === 0)
    deaf.socket.resume()
    await deaf.closed
    expect(deaf.heard().length).toBeLessThan(24_000_000)
  })

  test('of a file that can not be read says so, at the start; in the middle it breaks off', async () => {
    const errors: unknown[] = []
    served = await serveFresh({ onError: (error) => errors.push(error) })
    const writer = await served.dfs.create('/f', { blockSize: 65_536, replication: 1 })
    await writer.write(patterned(4_000_000))
    await writer.close()
    const blocks = await served.dfs.locate('/f')
    const remove = async (index: number): Promise<void> => {
      for (const { dataFile } of blocks[index]?.replicas ?? []) await rm(dataFile)
    }
    await remove(blocks.length - 1)
    const url = webHdfsUrl(served.url, '/f', { op: 'OPEN', step: 'data', 'user.name': superuser })
    await expect(ask('GET', url)).rejects.toThrow(/aborted|socket hang up|ECONNRESET/)
    expect(errors).toEqual([expect.objectContaining({ code: 'DFS_NO_REPLICA' })])
    await remove(0)
    const answer = await ask('GET', url)
    expect(answer.status).toBe(403)
    expect(answer.json).toMatchObject({
      RemoteException: { javaClassName: 'org.apache.hadoop.hdfs.BlockMissingException' },
    })
  })
})

describe('connections', () => {
  test('that never end their headers are closed', async () => {
    served = await serveFresh({ limits: { headersTimeoutMs: 50 } })
    const starts = ['', 'G', 'GET /healthz HTTP/1.1\r\n', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n']
    const clients = await Promise.all(starts.map((start) => begin((served as Served).port, start)))
    // A byte now and then does not help.
    const drip = setInterval(() => clients[3]?.socket.write('X-A: b\r\n'), 10)
    await Promise.all(clients.map(({ closed }) => closed))
    clearInterval(drip)
    for (const { heard } of clients) expect(heard()).not.toContain('200 OK')
  })

  test('over the bound are refused, the others go on', async () => {
    served = await serveFresh({ limits: { connectionsMax: 3 } })
    const { port } = served
    const held = await Promise.all([1, 2, 3].map(() => begin(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')))
    for (const { heard } of held) await until(() => heard().includes('ok\n'))
    const refused = await begin(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await refused.closed
    expect(refused.heard()).toBe('')
    held[0]?.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await held[0]?.closed
    expect(held[0]?.heard().match(/ok\n/g)?.length).toBe(2)
    for (const { socket } of held) socket.destroy()
  })

  test('with several requests at once answer them in order', async () => {
    served = await serveFresh()
    await served.dfs.mkdir('/a')
    const one = (op: string, path: string, more = '') =>
      `GET /webhdfs/v1${path}?op=${op} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
    const heard = await speak(
      served.port,
      one('LISTSTATUS', '/') + one('GETHOMEDIRECTORY', '/') + one('GETFILESTATUS', '/none', 'Connection: close\r\n'),
    )
    expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404'])
  })
})

describe('a server that is closed', () => {
  test('drops what does not end, and says so no second time', async () => {
    const { wrap, open } = watched()
    served = await serveFresh({ limits: { closeMs: 20 } }, wrap)
    const client = await begin(
      served.port,
      `PUT ${target('/f', 'CREATE')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx`,
    )
    await until(() => open.size === 1)
    await Promise.all([served.server.close(), served.server.close()])
    expect(open.size).toBe(0)
    await client.closed
    await nothingIsLeft(served)
  })
})

describe('an error that nobody foresaw', () => {
  test('is told to the server, and to the client only as one', async () => {
    const errors: unknown[] = []
    const secret = new TypeError('the secret path /root/.ssh')
    served = await serveFresh({ onError: (error) => errors.push(error) }, (dfs) =>
      instead(dfs, { summary: () => Promise.reject(secret) }),
    )
    const answer = await ask('GET', webHdfsUrl(served.url, '/', { op: 'GETCONTENTSUMMARY' }))
    expect(answer.status).toBe(500)
    expect(answer.json).toMatchObject({
      RemoteException: { exception: 'RuntimeException', javaClassName: 'java.lang.RuntimeException' },
    })
    expect(answer.text).not.toContain('secret')
    expect(errors).toEqual([secret])
  })
})
