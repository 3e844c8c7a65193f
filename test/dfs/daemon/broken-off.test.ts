/** Connections that break off in the middle of what was being said: nothing of them is left at the other side, which goes on. */
import { readdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Env, realEnv } from '../../../dfs/base/env.ts'
import { type Address, type Channel, realNet } from '../../../dfs/base/net.ts'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { readOrMakeSecret } from '../../../dfs/root/run-file.ts'
import { FrameChannel } from '../../../dfs/rpc/frame.ts'
import { greet, type Purpose } from '../../../dfs/rpc/hello.ts'
import { patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'
import { frame } from './frames.ts'

/** What a process holds for others: their connections, and what it does for them by the clock. */
class Held {
  readonly open = new Set<Channel>()
  timers = 0
  /** Milliseconds that have passed besides the real ones. */
  later = 0

  get env(): Env {
    return {
      ...realEnv,
      net: {
        connect: realNet.connect,
        listen: (address, onChannel) =>
          realNet.listen(address, (channel) => {
            this.open.add(channel)
            channel.onEnd(() => this.open.delete(channel))
            onChannel(channel)
          }),
      },
      monotonic: () => realEnv.monotonic() + this.later,
      every: (millis, action) => {
        this.timers++
        const stop = realEnv.every(millis, action)
        let stopped = false
        return () => {
          if (!stopped) this.timers--
          stopped = true
          stop()
        }
      },
    }
  }

  get counted(): readonly number[] {
    return [this.open.size, this.timers]
  }
}

const namenode = new Held()
const datanode = new Held()
const bytes = patterned(10_000)
let cluster: Cluster
let dfs: Dfs
let token = ''

beforeAll(async () => {
  cluster = new Cluster(await temporaryRoot(), { chunkBytes: 4096, packetBytes: 8192 }, namenode.env)
  await cluster.startNamenode(1)
  await cluster.startDatanode('dn1', datanode.env)
  await cluster.until(async () => (await cluster.live()) === 1)
  dfs = await cluster.client('root', realEnv)
  await writeFile(dfs, '/f', bytes)
  await cluster.until(async () => datanode.open.size === 0)
  token = await readOrMakeSecret(cluster.env.disk, cluster.root)
})

afterAll(async () => {
  expect(cluster.log.filter((line) => /fault|fatal/.test(line))).toEqual([])
  await cluster[Symbol.asyncDispose]()
  await removeRoots()
})

/** Says hello, then `rest`, and is gone. */
async function breakOff(address: Address | undefined, purpose: Purpose, fields: object, rest: Buffer): Promise<void> {
  const channel = await realNet.connect(address ?? { host: '', port: 0 }, 1000)
  await greet(new FrameChannel(channel), purpose, token, fields)
  if (rest.length > 0) await channel.send(rest)
  channel.close()
}

const request = frame({ id: 1, m: 'mkdir', a: { user: 'root', path: '/half', parents: true } })

test('behind a hello, in the middle of a request: the namenode frees the connection, does nothing, and goes on', async () => {
  const before = namenode.counted
  for (let at = 0; at < request.length; at += 3) {
    await breakOff(cluster.namenode?.address, 'client', { client: `half-${at}` }, request.subarray(0, at))
  }
  await cluster.until(async () => namenode.counted.join() === before.join())
  expect(await dfs.find('/half')).toBeUndefined()
  expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
  // One that came to its end is done, whether its client stayed for the answer or not.
  await breakOff(cluster.namenode?.address, 'client', { client: 'whole' }, request)
  await cluster.until(async () => (await dfs.find('/half')) !== undefined)
  await cluster.until(async () => namenode.counted.join() === before.join())
})

test('behind a hello, in the middle of a packet: the datanode keeps what came for a minute, then nothing is left', async () => {
  const blocks = join(cluster.root, 'datanodes', 'dn1')
  const files = async (): Promise<string[]> => (await readdir(blocks, { recursive: true })).sort()
  const before = { files: await files(), descriptors: readdirSync('/proc/self/fd').length, held: datanode.counted }
  const write = { block: 999_999, generation: 999_999, chunkBytes: 4096, targets: [], resumeAt: 0 }
  const packet = Buffer.alloc(16 + 4 + 4096)
  packet.writeUInt32LE(0x44, 0)
  packet.writeUInt32LE(4096, 4)
  for (const [nth, at] of [0, 1, 15, 16, 19, 20, 4000].entries()) {
    const fields = { ...write, block: write.block + nth }
    await breakOff(cluster.datanodes.get('dn1')?.address, 'write', fields, packet.subarray(0, at))
  }
  await cluster.until(async () => datanode.counted.join() === before.held.join())
  // Its writer might come back over another chain.
  expect((await files()).length).toBeGreaterThan(before.files.length)
  datanode.later += 61_000
  await cluster.until(async () => (await files()).join() === before.files.join())
  await cluster.until(async () => readdirSync('/proc/self/fd').length <= before.descriptors)
  expect((await readAll(dfs, '/f')).equals(bytes)).toBe(true)
  await writeFile(dfs, '/g', bytes)
  expect((await readAll(dfs, '/g')).equals(bytes)).toBe(true)
})
