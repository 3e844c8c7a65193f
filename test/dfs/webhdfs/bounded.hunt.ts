import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import { patterned, removeRoots } from '../harness.ts'
import { webHdfsUrl } from './raw-http.ts'
import { serveFresh, superuser } from './served.ts'

afterAll(removeRoots)

const MB = 1_000_000
const PIECE = patterned(1 * MB)
const PIECES = 200

/** The most this process, server and client together, had in memory while `action` ran, over what it had before. */
async function growth(action: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 10)
  await action()
  clearInterval(watch)
  return most - before
}

function upload(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'PUT' }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    let left = PIECES
    const more = (): void => {
      while (left > 0) {
        left--
        if (!sent.write(PIECE)) {
          sent.once('drain', more)
          return
        }
      }
      sent.end()
    }
    more()
  })
}

/** SHA-256 of what came; `pauseMs` after each 8 MB, as a slow client does. */
function download(url: string, pauseMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, (response) => {
      const hash = createHash('sha256')
      let since = 0
      response.on('data', (piece: Buffer) => {
        hash.update(piece)
        since += piece.length
        if (pauseMs === 0 || since < 8 * MB) return
        since = 0
        response.pause()
        setTimeout(() => response.resume(), pauseMs)
      })
      response.on('error', reject)
      response.on('end', () => resolve(hash.digest('hex')))
    })
    asked.on('error', reject)
    asked.end()
  })
}

describe('memory', () => {
  test('stays as it is while 200 MB go in and out, to quick and slow clients', async () => {
    await using served = await serveFresh()
    const url = (op: string, path: string): string =>
      webHdfsUrl(served.url, path, { op, step: 'data', 'user.name': superuser })
    const expected = createHash('sha256')
    for (let i = 0; i < PIECES; i++) expected.update(PIECE)
    const sum = expected.digest('hex')
    // Whatever Node makes once is there.
    await upload(url('CREATE', '/warm'))
    await download(url('OPEN', '/warm'), 0)

    const into = await growth(async () => {
      expect(await Promise.all([upload(url('CREATE', '/a')), upload(url('CREATE', '/b'))])).toEqual([201, 201])
    })
    const out = await growth(async () => {
      const sums = await Promise.all([download(url('OPEN', '/a'), 0), download(url('OPEN', '/b'), 50)])
      expect(sums).toEqual([sum, sum])
    })
    expect(into / MB).toBeLessThan(64)
    expect(out / MB).toBeLessThan(64)
  }, 300_000)
})
