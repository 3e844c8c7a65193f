import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import WebHDFS from 'webhdfs'
import { patterned, readAll, removeRoots } from '../harness.ts'
import { type Served, serveFresh, superuser } from './served.ts'

afterAll(removeRoots)

let served: Served
let client: ReturnType<typeof WebHDFS.createClient>
beforeEach(async () => {
  served = await serveFresh()
  client = WebHDFS.createClient({ host: '127.0.0.1', port: served.port, user: superuser, path: '/webhdfs/v1' })
})
afterEach(() => served[Symbol.asyncDispose]())

/** A call of the package as a promise. */
function done(call: (callback: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) =>
    call((error) => {
      if (error === undefined || error === null) resolve()
      else reject(error)
    }),
  )
}

function given<T>(call: (callback: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, value) => {
      if (error === null) resolve(value)
      else reject(error)
    }),
  )
}

describe("npm's webhdfs, a client written by others,", () => {
  test('makes directories, writes, appends, reads, lists, renames, changes rights and deletes', async () => {
    await done((callback) => client.mkdir('/a', '0750', callback))
    await done((callback) => client.writeFile('/a/f', 'hello ', {}, callback))
    await done((callback) => client.appendFile('/a/f', 'world', {}, callback))
    expect((await readAll(served.dfs, '/a/f')).toString()).toBe('hello world')
    expect(await given<Buffer>((callback) => client.readFile('/a/f', callback))).toEqual(Buffer.from('hello world'))

    const files = await given<{ pathSuffix: string; type: string }[]>((callback) => client.readdir('/a', callback))
    expect(files).toMatchObject([{ pathSuffix: 'f', type: 'FILE', length: 11, permission: '755' }])
    expect(await given((callback) => client.stat('/a', callback))).toMatchObject({
      permission: '750',
      type: 'DIRECTORY',
    })

    await done((callback) => client.rename('/a/f', '/a/g', callback))
    await done((callback) => client.chmod('/a/g', '0600', callback))
    await done((callback) => client.chown('/a/g', 'ada', 'staff', callback))
    expect(await given((callback) => client.stat('/a/g', callback))).toMatchObject({
      permission: '600',
      owner: 'ada',
      group: 'staff',
    })
    await done((callback) => client.unlink('/a/g', false, callback))
    expect(await new Promise((resolve) => client.exists('/a/g', resolve))).toBe(false)
    await done((callback) => client.rmdir('/a', true, callback))
    expect(await served.dfs.list('/')).toEqual([])
  })

  test('streams in and out, a part too', async () => {
    const bytes = patterned(3_000_000)
    await done((callback) => client.writeFile('/f', bytes, {}, callback))
    expect((await readAll(served.dfs, '/f')).equals(bytes)).toBe(true)
    const part: Buffer[] = []
    const stream = client.createReadStream('/f', { offset: 1_000_000, length: 500_000 })
    stream.on('data', (piece: Buffer) => part.push(piece))
    await new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject))
    expect(Buffer.concat(part).equals(bytes.subarray(1_000_000, 1_500_000))).toBe(true)
  })

  test('is told what went wrong', async () => {
    await expect(given((callback) => client.stat('/none', callback))).rejects.toThrow('File does not exist: /none')
    await done((callback) => client.mkdir('/a/b', '0755', callback))
    await expect(done((callback) => client.unlink('/a', false, callback))).rejects.toThrow(/not empty|non empty/)
    const other = WebHDFS.createClient({ host: '127.0.0.1', port: served.port, user: 'eve', path: '/webhdfs/v1' })
    await expect(done((callback) => other.mkdir('/a/c', '0755', callback))).rejects.toThrow(/[Pp]ermission denied/)
    await expect(done((callback) => other.writeFile('/a/c', 'x', {}, callback))).rejects.toThrow(/[Pp]ermission denied/)
  })
})
