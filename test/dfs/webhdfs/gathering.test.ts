/** A body that a socket cuts into small pieces costs the writer no more calls, and the collector no more buffers, than large ones. */
import { createServer, type IncomingMessage, request } from 'node:http'
import { expect, test } from 'vitest'
import { Gathering } from '../../../dfs/webhdfs/server/gathering.ts'
import { patterned } from '../harness.ts'

const MiB = 1024 * 1024

/** What `take` does with a request whose body is sent as `pieces`. */
async function received<T>(
  pieces: readonly Uint8Array[],
  take: (incoming: IncomingMessage) => Promise<T>,
  { leave = false } = {},
): Promise<T> {
  const server = createServer()
  const taken = new Promise<T>((resolve, reject) => {
    server.on('request', (incoming, response) => {
      take(incoming)
        .then(resolve, reject)
        .finally(() => response.end())
    })
  })
  // A test that waits for it handles it; until then it must not end the run.
  taken.catch(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const outgoing = request({ port, host: '127.0.0.1', method: 'PUT' })
  outgoing.on('error', () => undefined)
  try {
    for (const piece of pieces) await new Promise((resolve) => outgoing.write(piece, resolve))
    if (leave) outgoing.destroy()
    else outgoing.end()
    return await taken
  } finally {
    outgoing.destroy()
    server.closeAllConnections()
    server.close()
  }
}

async function drained(incoming: IncomingMessage, lengths: number[]): Promise<Buffer> {
  const gathering = new Gathering(incoming, 5000)
  const all: Buffer[] = []
  try {
    for (let piece = await gathering.next(); piece !== undefined; piece = await gathering.next()) {
      lengths.push(piece.length)
      all.push(Buffer.from(piece))
    }
  } finally {
    gathering.stop()
  }
  return Buffer.concat(all)
}

test('small pieces of a socket are given out as large ones, in order and whole', async () => {
  const content = patterned(3 * MiB + 12_345)
  for (const step of [50_001, 700_000, content.length]) {
    const pieces = Array.from({ length: Math.ceil(content.length / step) }, (_, i) =>
      content.subarray(i * step, (i + 1) * step),
    )
    const lengths: number[] = []
    const got = await received(pieces, (incoming) => drained(incoming, lengths))
    expect(got.equals(content)).toBe(true)
    expect(lengths).toEqual([MiB, MiB, MiB, 12_345])
  }
})

test('a body of nothing, of a byte, and of exactly one piece ends', async () => {
  for (const length of [0, 1, MiB]) {
    const lengths: number[] = []
    const content = patterned(length)
    expect((await received([content], (incoming) => drained(incoming, lengths))).equals(content)).toBe(true)
    expect(lengths).toEqual(length === 0 ? [] : [length])
  }
})

test('a client is held up while a piece is being dealt with: no more than one is gathered meanwhile', async () => {
  const content = patterned(6 * MiB)
  const pieces = Array.from({ length: 96 }, (_, i) => content.subarray(i * 65_536, (i + 1) * 65_536))
  let came = 0
  const got = await received(pieces, async (incoming) => {
    // First, as the memory of what was gathered is given back.
    incoming.on('data', (chunk: Uint8Array) => {
      came += chunk.length
    })
    const gathering = new Gathering(incoming, 5000)
    const first = Buffer.from((await gathering.next()) ?? '')
    // The second is there, and the request is left alone until it is asked for.
    while (!incoming.isPaused()) await new Promise((resolve) => setImmediate(resolve))
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(came).toBeGreaterThanOrEqual(2 * MiB)
    expect(came).toBeLessThan(2 * MiB + 65_536)
    gathering.stop()
    incoming.resume()
    return first
  })
  expect(got.equals(content.subarray(0, MiB))).toBe(true)
})

test('a client that leaves in the middle, or had left before, is an error and no end', async () => {
  const lengths: number[] = []
  const left = received([patterned(100_000)], (incoming) => drained(incoming, lengths), { leave: true })
  await expect(left).rejects.toThrow(/aborted|left before the end/)
  expect(lengths).toEqual([])
  const gone = received([patterned(10)], async (incoming) => {
    incoming.destroy()
    return await drained(incoming, lengths)
  })
  await expect(gone).rejects.toThrow('left before the end')
})
