/** Datanodes that fall silent while a file is written through them, connections that break, bits that flip on the way. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { outcome, patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'
import { chainOf, FaultyNet, type NetEvent, type NetFault } from './faulty-net.ts'

afterAll(removeRoots)

const bytes = patterned(60_000)
const sizes = { blockSize: 65_536, chunkBytes: 4096, packetBytes: 8192, replicationRetryMillis: 50 }

interface Writing extends AsyncDisposable {
  readonly cluster: Cluster
  readonly dfs: Dfs
  readonly net: FaultyNet
  /** Each datanode's own. */
  readonly nets: Map<number, FaultyNet>
}

/** Four datanodes, and a writer whose network and theirs can be broken. */
async function opened(): Promise<Writing> {
  const cluster = new Cluster(await temporaryRoot(), sizes)
  await cluster.startNamenode(4)
  const nets = new Map<number, FaultyNet>()
  for (const id of ['dn1', 'dn2', 'dn3', 'dn4']) {
    const net = new FaultyNet()
    const { address } = await cluster.startDatanode(id, net.env)
    nets.set(address.port, net)
  }
  await cluster.until(async () => (await cluster.live()) === 4)
  const net = new FaultyNet()
  const dfs = await cluster.client('root', net.env)
  const end = async (): Promise<void> => {
    for (const each of nets.values()) each.resume()
    await cluster[Symbol.asyncDispose]()
  }
  return { cluster, dfs, net, nets, [Symbol.asyncDispose]: end }
}

const isPacket = ({ kind, bytes: sent }: NetEvent): boolean => kind === 'send' && sent.length > 4096
const isEnd = ({ kind, bytes: sent }: NetEvent): boolean => kind === 'send' && sent.length === 16 && sent[0] === 0x45

/** The datanode at a place of the first chain is stopped when the writer does the `nth` thing of a kind. */
async function silentAt(place: number, isMoment: (event: NetEvent) => boolean, nth: number): Promise<void> {
  await using writing = await opened()
  const { cluster, dfs, net, nets } = writing
  let chain: number[] | undefined
  let met = 0
  net.plan = (event) => {
    chain ??= chainOf(event)
    const silent = nets.get(chain?.[place] ?? -1)
    if (silent !== undefined && isMoment(event) && ++met === nth) silent.stop()
    return undefined
  }
  await writeFile(dfs, '/f', bytes, 8192)
  expect(met).toBeGreaterThanOrEqual(nth)
  expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
  await cluster.until(async () => (await dfs.locate('/f')).every(({ replicas }) => replicas.length === 3))
  expect([...nets.values()].filter(({ stopped }) => stopped).length).toBe(1)
}

describe.concurrent('a datanode that falls silent: the write goes on without it, the file is replicated again', () => {
  test('as it is asked, at any place of the chain', async () => {
    await Promise.all([0, 1, 2].map((place) => silentAt(place, (event) => chainOf(event) !== undefined, 1)))
  })

  test('in the middle of a block, at any place of the chain', async () => {
    await Promise.all([0, 1, 2].map((place) => silentAt(place, isPacket, 3)))
  })

  test('as the block is committed, at any place of the chain', async () => {
    await Promise.all([0, 1, 2].map((place) => silentAt(place, isEnd, 1)))
  })
})

/** Writes a file while the writer's network does what `plan` says, and gives the outcome. */
async function written(plan: (event: NetEvent) => NetFault): Promise<{ result: string | undefined; whole: boolean }> {
  await using writing = await opened()
  const { cluster, dfs, net } = writing
  net.plan = plan
  const result = await outcome(writeFile(dfs, '/f', bytes, 8192))
  net.plan = () => undefined
  if (result !== 'ok') {
    expect(await outcome(dfs.stat('/f'))).toBe('DFS_NOT_FOUND')
    return { result, whole: false }
  }
  await cluster.until(async () => (await dfs.locate('/f')).every(({ replicas }) => replicas.length === 3))
  expect((await dfs.fsck('/', { verify: true })).healthy).toBe(true)
  return { result, whole: (await readAll(dfs, '/f')).equals(bytes) }
}

const once = (isMoment: (event: NetEvent) => boolean, fault: NetFault): ((event: NetEvent) => NetFault) => {
  let met = false
  return (event) => {
    if (met || !isMoment(event)) return undefined
    met = true
    return fault
  }
}

describe('on the way to the first datanode', () => {
  test('a bit of a packet flips: it is found, the write goes on', async () => {
    let packets = 0
    const second = once((event) => isPacket(event) && ++packets === 3, 'flip')
    expect(await written(second)).toEqual({ result: 'ok', whole: true })
  })

  test('a bit of every packet flips: the write is refused, nothing is there', async () => {
    expect(await written((event) => (isPacket(event) ? 'flip' : undefined))).toEqual({
      result: 'DFS_NO_SPACE',
      whole: false,
    })
  })

  test('the word that a block is committed is lost: it is asked for again', async () => {
    const committed = ({ kind, to, bytes: got }: NetEvent): boolean =>
      kind === 'received' && to !== undefined && got.length === 16 && got[0] === 0x43
    expect(await written(once(committed, 'cut'))).toEqual({ result: 'ok', whole: true })
  })
})
