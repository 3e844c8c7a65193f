/** Every request of a client comes two times, at once, later, or to another namenode: answered alike, and done once. */
import { afterAll, expect, test } from 'vitest'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { readOrMakeSecret } from '../../../dfs/root/run-file.ts'
import { FrameChannel } from '../../../dfs/rpc/frame.ts'
import { greet } from '../../../dfs/rpc/hello.ts'
import { patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'
import { FaultyNet } from './faulty-net.ts'
import { framesIn } from './frames.ts'

afterAll(removeRoots)

const bytes = patterned(9000)
const sizes = { blockSize: 4096, chunkBytes: 1024, packetBytes: 2048 }

/** Of what is said to and by the namenode, in frames. */
class Conversation {
  readonly net = new FaultyNet()
  readonly requests: { readonly id: number; readonly m: string; readonly a: unknown }[] = []
  readonly answers = new Map<number, object[]>()
  client = ''

  constructor(cluster: Cluster, twice: boolean) {
    this.net.plan = ({ kind, to, bytes: frames }) => {
      if (to?.port !== cluster.namenode?.address.port || frames.length <= 4) return undefined
      if (kind === 'received') this.#received(JSON.parse(Buffer.from(frames).toString('utf8')))
      if (kind !== 'send') return undefined
      const asked = [...framesIn(frames)]
      for (const frame of asked) this.#sent(frame)
      return twice && asked.every((frame) => 'm' in frame) ? 'twice' : undefined
    }
  }

  #sent(frame: Record<string, unknown>): void {
    const { id, m, a, client } = frame
    if (typeof client === 'string') this.client = client
    if (typeof id === 'number' && typeof m === 'string') this.requests.push({ id, m, a })
  }

  #received(answer: Record<string, unknown>): void {
    const { id } = answer
    if (typeof id === 'number') this.answers.set(id, [...(this.answers.get(id) ?? []), answer])
  }
}

/** Each of these fails, or answers otherwise, when it is done a second time. */
async function change(dfs: Dfs): Promise<void> {
  await dfs.mkdir('/d', { parents: false })
  await writeFile(dfs, '/d/f', bytes, 5000)
  await dfs.rename('/d/f', '/d/g')
  await writeFile(dfs, '/d/gone', bytes.subarray(0, 10))
  expect(await dfs.delete('/d/gone')).toBe(true)
  const detached = await dfs.createDetached()
  await detached.write(bytes)
  const file = await detached.close()
  await dfs.publish('/out', [{ name: 'part', file }], { overwrite: false })
}

/** All there is, and where it lies. */
async function everything(dfs: Dfs): Promise<unknown> {
  const found: unknown[] = []
  for await (const status of dfs.walk('/')) {
    found.push(status, status.kind === 'file' ? (await dfs.locate(status.path)).map(({ block }) => block) : [])
  }
  const { files, blocks, directories } = await dfs.report()
  return { found, files, blocks, directories }
}

const changing: ReadonlySet<string> = new Set([
  'mkdir',
  'create',
  'createDetached',
  'addBlock',
  'complete',
  'rename',
  'delete',
  'publish',
])

test('each request comes twice at once: both are told the same, and nothing is done twice', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 2, sizes)
  const said = new Conversation(cluster, true)
  const dfs = await cluster.client('root', said.net.env)
  await change(dfs)
  const state = await everything(dfs)
  await cluster.until(async () => said.requests.every(({ id }) => said.answers.get(id)?.length === 2))
  expect(new Set(said.requests.map(({ m }) => m))).toEqual(
    new Set([...changing, 'renewLease', 'find', 'list', 'locate', 'report', 'synced']),
  )
  for (const { id, m } of said.requests.filter((request) => changing.has(request.m))) {
    const [first, second] = said.answers.get(id) ?? []
    expect(first, m).not.toHaveProperty('e')
    expect(second, m).toEqual(first)
  }
  expect((await readAll(dfs, '/d/g')).equals(bytes)).toBe(true)
  expect(state).toMatchObject({ files: 2, blocks: 6 })
})

/** Which datanodes take a block may be thought over. */
const withoutTargets = (answer: object | undefined): unknown =>
  JSON.parse(JSON.stringify(answer, (key, value: unknown) => (key === 'targets' ? undefined : value)))

/** One request on a connection of its own, as `client` makes it; gives the answer. */
async function ask(cluster: Cluster, client: string, request: { id: number }): Promise<Record<string, unknown>> {
  const address = cluster.namenode?.address ?? { host: '', port: 0 }
  const frames = new FrameChannel(await cluster.env.net.connect(address, 1000))
  try {
    await greet(frames, 'client', await readOrMakeSecret(cluster.env.disk, cluster.root), { client })
    frames.send(request)
    for (;;) {
      const answer = await frames.receive()
      if (answer['id'] === request.id) return answer
    }
  } finally {
    frames.close()
  }
}

test('each request comes again when others have changed the same: it is told what it was told, and changes nothing', async () => {
  await using cluster = await Cluster.start(await temporaryRoot(), 2, sizes)
  const said = new Conversation(cluster, false)
  const dfs = await cluster.client('root', said.net.env)
  await change(dfs)
  const before = said.requests.length
  const writer = await dfs.create('/open')
  await writer.write(bytes.subarray(0, 4000))
  const opened = said.requests.slice(before)
  // What each would do again it could do now.
  const other = await cluster.client()
  await other.rename('/d/g', '/d/f')
  await writeFile(other, '/d/gone', bytes)
  await other.delete('/out', { recursive: true })
  await other.rename('/d', '/e')
  await other.mkdir('/e/empty')
  const state = await everything(other)
  const repeated = said.requests.filter(({ m }) => changing.has(m))
  expect(new Set(repeated.map(({ m }) => m))).toEqual(changing)
  const repeat = async (when: string): Promise<void> => {
    for (const request of repeated) {
      const answer = await ask(cluster, said.client, request)
      const told = said.answers.get(request.id)?.[0]
      if (request.m !== 'addBlock') expect(answer, `${request.m} ${when}`).toEqual(told)
      // A block is known by its place in the file; a file that is whole takes none, and nobody waits for the answer.
      else if (opened.includes(request)) expect(withoutTargets(answer), when).toEqual(withoutTargets(told))
      else expect(answer, when).toMatchObject({ e: { code: 'DFS_LEASE_LOST' } })
    }
    expect(await everything(other), when).toEqual(state)
  }
  await repeat('to the same namenode')
  await cluster.crashNamenode()
  await cluster.until(async () => (await cluster.live()) === 2)
  await repeat('to one that began with the journal')
  await other.checkpoint()
  await cluster.crashNamenode()
  await cluster.until(async () => (await cluster.live()) === 2)
  await repeat('to one that began with an image')
  await writer.write(bytes.subarray(4000))
  await writer.close()
  expect((await readAll(other, '/open')).equals(bytes)).toBe(true)
  // The same numbers from anybody else are other requests.
  const answer = await ask(cluster, 'somebody else', { ...repeated[0], id: repeated[0]?.id ?? 0 })
  expect(answer).not.toHaveProperty('e')
  expect((await other.stat('/d')).kind).toBe('directory')
})
