/** Whoever comes to the ports of the namenode and of a datanode without being of this DFS, or garbles: refused, and service goes on. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Address } from '../../../dfs/base/net.ts'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { readOrMakeSecret } from '../../../dfs/root/run-file.ts'
import { protocolVersion } from '../../../dfs/rpc/hello.ts'
import { patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'
import { frame } from './frames.ts'

let cluster: Cluster
let dfs: Dfs
let token = ''

beforeAll(async () => {
  cluster = await Cluster.start(await temporaryRoot(), 2, { chunkBytes: 4096, packetBytes: 8192 })
  dfs = await cluster.client()
  await writeFile(dfs, '/f', patterned(10_000))
  token = await readOrMakeSecret(cluster.env.disk, cluster.root)
})

afterAll(async () => {
  // Nothing of all that was a fault of the daemons themselves.
  expect(cluster.log.filter((line) => /fault|fatal/.test(line))).toEqual([])
  await cluster[Symbol.asyncDispose]()
  await removeRoots()
})

/** Sends pieces, and gives what comes back until the other side closes, or `millis` are over. */
function exchange(
  address: Address,
  pieces: readonly Buffer[],
  millis = 1500,
): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const got: Buffer[] = []
    const socket: Socket = connect(address)
    const end = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text: Buffer.concat(got).toString('latin1'), closed })
    }
    const timer = setTimeout(() => end(false), millis)
    socket.on('data', (chunk) => {
      got.push(chunk)
      if (Buffer.concat(got).includes('"id":2,')) end(false)
    })
    socket.on('error', () => end(true))
    socket.on('close', () => end(true))
    for (const piece of pieces) socket.write(piece)
  })
}

const hello = (fields: object): Buffer =>
  frame({ quern: 'dfs', version: protocolVersion, purpose: 'client', token, client: 'x', ...fields })
const huge = (): Buffer => Buffer.from([0xff, 0xff, 0xff, 0x7f])

const refused: readonly [name: string, pieces: () => readonly Buffer[], says: string][] = [
  ['no token', () => [hello({ token: undefined })], 'DFS_UNAUTHORIZED'],
  ['a wrong token', () => [hello({ token: 'f'.repeat(64) })], 'DFS_UNAUTHORIZED'],
  ['a token that is no text', () => [hello({ token: { length: 64 } })], 'DFS_UNAUTHORIZED'],
  ['an older version', () => [hello({ version: 1 })], 'version 1 of quern'],
  ['a newer version', () => [hello({ version: protocolVersion + 1 })], `version ${protocolVersion + 1} of quern`],
  [
    'a newer version that has another token, or none',
    () => [frame({ quern: 'dfs', version: protocolVersion + 1, more: [1] })],
    'DFS_UNKNOWN_VERSION',
  ],
  ['a version that is no number', () => [hello({ version: { valueOf: 2 } })], 'version unknown of quern'],
  ['another protocol', () => [hello({ quern: 'x' })], 'DFS_PROTOCOL'],
  ['no object', () => [frame('[1,2]')], 'DFS_PROTOCOL'],
  ['no JSON', () => [frame('{"quern')], 'DFS_PROTOCOL'],
  ['HTTP', () => [Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')], 'DFS_PROTOCOL'],
  ['a hello of two gigabytes', () => [huge()], 'DFS_PROTOCOL'],
  ['a hello over its bound', () => [frame(JSON.stringify({ x: 'y'.repeat(20_000) }))], 'DFS_PROTOCOL'],
]

const ports: readonly [name: string, address: () => Address][] = [
  ['namenode', () => cluster.namenode?.address ?? { host: '', port: 0 }],
  ['datanode', () => cluster.datanodes.get('dn1')?.address ?? { host: '', port: 0 }],
]

describe.each(ports)('the port of the %s', (_, address) => {
  test.each(refused)('refuses %s', async (_name, pieces, says) => {
    const { text, closed } = await exchange(address(), pieces())
    expect(closed).toBe(true)
    expect(text).toContain(says)
  })

  test('goes on when connections break off at every byte of a hello', async () => {
    const whole = hello({})
    await Promise.all(
      Array.from({ length: whole.length }, (_unused, at) => exchange(address(), [whole.subarray(0, at)], 20)),
    )
    expect((await readAll(dfs, '/f')).equals(patterned(10_000))).toBe(true)
  })
})

describe('with the right token', () => {
  const rpc = (...requests: Buffer[]): Promise<{ text: string; closed: boolean }> =>
    exchange(cluster.namenode?.address ?? { host: '', port: 0 }, [hello({}), ...requests], 300)

  test.each([
    ['a method there is not', { id: 1, m: 'constructor', a: {} }, 'has no method'],
    ['a method of no name', { id: 1, m: '__proto__', a: {} }, 'has no method'],
    ['a request of no shape', { id: 1, m: 'find', a: null }, 'malformed'],
    ['a request of another shape', { id: 1, m: 'mkdir', a: { user: 'x', path: 7, parents: true } }, 'malformed'],
    [
      'a heartbeat of nobody',
      { id: 1, m: 'heartbeat', a: { node: 99, session: 1, used: 0, writers: 0, reported: 0 } },
      '"register":true',
    ],
    [
      'a report that is no list',
      { id: 1, m: 'fullReport', a: { node: 0, session: 1, sequence: 1, replicas: 'AAAA' } },
      'DFS_PROTOCOL',
    ],
    ['a path that is too long', { id: 1, m: 'find', a: { user: 'x', path: `/${'x'.repeat(9000)}` } }, 'malformed'],
  ])('the namenode refuses %s, and the connection goes on', async (_name, request, says) => {
    const { text } = await rpc(frame(request), frame({ id: 2, m: 'find', a: { user: 'root', path: '/f' } }))
    expect(text).toContain(says)
    expect(text).toContain('"id":2,"r":')
  })

  test('the namenode ends a connection whose frame is over the bound, without making room for it', async () => {
    const before = process.memoryUsage().arrayBuffers
    expect((await rpc(huge())).closed).toBe(true)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
  })

  const write = (fields: object): Buffer =>
    hello({
      purpose: 'write',
      block: 999_999,
      generation: 999_999,
      chunkBytes: 4096,
      targets: [],
      resumeAt: 0,
      ...fields,
    })
  const packet = (kind: number, bytes: number, position: number, rest = Buffer.alloc(0)): Buffer => {
    const head = Buffer.alloc(16)
    head.writeUInt32LE(kind, 0)
    head.writeUInt32LE(bytes, 4)
    head.writeBigUInt64LE(BigInt(position), 8)
    return Buffer.concat([head, rest])
  }

  test.each<[string, () => readonly Buffer[], string]>([
    ['an unknown purpose', () => [hello({ purpose: 'eval' })], 'no use for'],
    ['a write of other chunks', () => [write({ chunkBytes: 1 })], 'checksums of 1 bytes'],
    [
      'a write to nowhere',
      () => [write({ targets: [{ id: 'dn9', address: { host: '127.0.0.1', port: 1 } }] })],
      '"datanode":"dn9"',
    ],
    ['a write that goes on with what is not there', () => [write({ resumeAt: 4096 })], 'DFS_NOT_FOUND'],
    ['a negative block', () => [write({ block: -1 })], 'malformed'],
    ['a packet of two gigabytes', () => [write({}), packet(0x44, 0x7fff_ffff, 0)], 'DFS_PROTOCOL'],
    ['a packet out of place', () => [write({}), packet(0x44, 1, 7, Buffer.alloc(5))], 'not at 0'],
    ['a packet in memory that is not shared', () => [write({}), packet(0x53, 1, 0, Buffer.alloc(4))], 'not shared'],
    ['a packet in a slot that there is not', () => [write({}), packet(0xff53, 1, 0, Buffer.alloc(4))], 'DFS_PROTOCOL'],
    ['an offer of memory that is no JSON', () => [write({}), packet(0x4d, 2, 0, Buffer.from('{x'))], 'no JSON'],
    ['an offer of memory of no size', () => [write({}), packet(0x4d, 2, 0, Buffer.from('{}'))], 'without saying what'],
    ['an offer of memory over its bound', () => [write({}), packet(0x4d, 0x20_0000, 0)], 'DFS_PROTOCOL'],
    ['a packet of another kind', () => [write({}), packet(0x5a, 0, 0)], 'unknown packet'],
    [
      'bytes that fail their checksum',
      () => [write({}), packet(0x44, 1, 0, Buffer.from([1, 2, 3, 4, 5]))],
      'DFS_CORRUPT_REPLICA',
    ],
    ['an end before all is there', () => [write({}), packet(0x45, 0, 10)], 'DFS_PROTOCOL'],
    ['a read of what is not there', () => [hello({ purpose: 'read', block: 999_999, generation: 1 })], 'DFS_NOT_FOUND'],
    [
      'a finish of what is not there',
      () => [hello({ purpose: 'finish', block: 999_999, generation: 1, length: 5 })],
      'DFS_NOT_FOUND',
    ],
    [
      'a copy of what is not there',
      () => [
        hello({
          purpose: 'copy',
          block: 999_999,
          generation: 1,
          length: 5,
          target: { id: 'dn2', address: { host: '127.0.0.1', port: 1 } },
        }),
      ],
      'DFS_NOT_FOUND',
    ],
  ])('a datanode refuses %s', async (_name, pieces, says) => {
    const { text, closed } = await exchange(cluster.datanodes.get('dn1')?.address ?? { host: '', port: 0 }, pieces())
    expect(text).toContain(says)
    expect(closed).toBe(true)
  })

  test('a read beyond the end of a replica is refused', async () => {
    const [block] = await dfs.locate('/f')
    const ask = Buffer.alloc(16)
    ask.writeBigUInt64LE(9_999n, 0)
    ask.writeUInt32LE(100, 8)
    const address = block?.replicas[0]?.address ?? { host: '', port: 0 }
    const pieces = [hello({ purpose: 'read', block: block?.block, generation: block?.generation }), ask]
    expect((await exchange(address, pieces)).text).toContain('DFS_PROTOCOL')
  })
})
