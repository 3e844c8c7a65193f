/** Packets that lie in shared memory instead of going through a socket: nobody may notice but by the clock. */
import { readdirSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type Env, realEnv } from '../../../dfs/base/env.ts'
import { realSharedMemory, type SharedMemory, type SharedSegment } from '../../../dfs/base/shared-memory.ts'
import { patterned, readAll, removeRoots, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'

const MiB = 1024 * 1024
const bytes = patterned(9 * MiB + 4321, 23)
let cluster: Cluster | undefined

afterEach(async () => {
  await cluster?.[Symbol.asyncDispose]()
  cluster = undefined
})
afterAll(removeRoots)

/** Counts what goes through it, and does to it what a test asks for. */
class WatchedMemory implements SharedMemory {
  laid = 0
  taken = 0
  opened = 0
  refuseOpening = false
  exhaustedAfter = Number.POSITIVE_INFINITY
  flipAt = -1

  create(size: number): SharedSegment | undefined {
    return this.#watched(realSharedMemory.create(size))
  }

  open(name: string, size: number): SharedSegment | undefined {
    return this.refuseOpening ? undefined : this.#watched(realSharedMemory.open(name, size))
  }

  #watched(segment: SharedSegment | undefined): SharedSegment | undefined {
    if (segment === undefined) return undefined
    this.opened++
    let closed = false
    return {
      name: segment.name,
      write: (data, at) => {
        if (this.laid >= this.exhaustedAfter) throw Object.assign(new Error('no more of it'), { code: 'ENOSPC' })
        segment.write(data, at)
        if (this.laid++ === this.flipAt) segment.write(Uint8Array.of((data[17] ?? 0) ^ 1), at + 17)
      },
      read: (target, at) => {
        this.taken++
        segment.read(target, at)
      },
      seal: () => segment.seal(),
      close: () => {
        if (!closed) this.opened--
        closed = true
        segment.close()
      },
    }
  }
}

const segments = (): string[] => readdirSync('/dev/shm').filter((name) => /^quern-[0-9a-f]{32}$/.test(name))

async function put(memory: SharedMemory): Promise<{ cluster: Cluster; read: Buffer }> {
  const env: Env = { ...realEnv, sharedMemory: memory }
  cluster = await Cluster.start(
    await temporaryRoot(),
    2,
    { replication: 2, blockSize: 4 * MiB, packetBytes: MiB / 4 },
    env,
  )
  const dfs = await cluster.client()
  await writeFile(dfs, '/file', bytes, MiB / 4)
  return { cluster, read: await readAll(dfs, '/file') }
}

describe('a file written through a chain on one machine', () => {
  test('lies in memory between each two, and leaves none of it behind', async () => {
    const before = segments()
    const memory = new WatchedMemory()
    const { cluster, read } = await put(memory)
    expect(read.equals(bytes)).toBe(true)
    // Each hop lays as many as the next one takes.
    expect(memory.laid).toBeGreaterThan(6)
    expect(memory.taken).toBe(memory.laid)
    await cluster.until(async () => memory.opened === 0)
    expect(segments().filter((name) => !before.includes(name))).toEqual([])
  })

  test.each<[string, (memory: WatchedMemory) => void, number]>([
    ['the other side can not open it', (memory) => (memory.refuseOpening = true), 0],
    ['it is used up at once', (memory) => (memory.exhaustedAfter = 0), 0],
    ['it is used up in the middle', (memory) => (memory.exhaustedAfter = 3), 3],
  ])('goes through sockets where %s', async (_name, plan, laid) => {
    const memory = new WatchedMemory()
    plan(memory)
    const { cluster, read } = await put(memory)
    expect(read.equals(bytes)).toBe(true)
    expect(memory.laid).toBe(laid)
    await cluster.until(async () => memory.opened === 0)
  })

  test('goes through sockets where the system has none', async () => {
    const { read } = await put({ create: () => undefined, open: () => undefined })
    expect(read.equals(bytes)).toBe(true)
  })

  test('is checked as ever: a bit that turns in memory is not stored', async () => {
    const memory = new WatchedMemory()
    memory.flipAt = 2
    const { cluster, read } = await put(memory)
    expect(memory.laid).toBeGreaterThan(memory.flipAt)
    expect(read.equals(bytes)).toBe(true)
    const dfs = await cluster.client()
    await cluster.until(async () => (await dfs.fsck('/')).healthy)
  })
})

describe('shared memory', () => {
  test.each(['../../etc/hostname', 'quern-', `quern-${'0'.repeat(31)}g`, `../shm/quern-${'0'.repeat(32)}`, ''])(
    'is not looked for under %j',
    (name) => {
      expect(realSharedMemory.open(name, 0)).toBeUndefined()
    },
  )

  test('is not opened when it is of another size, or sealed, and is what the other has written', () => {
    const made = realSharedMemory.create(3 * 4096)
    if (made === undefined) throw new Error('this system has no /dev/shm')
    expect(realSharedMemory.open(made.name, 4096)).toBeUndefined()
    const opened = realSharedMemory.open(made.name, 3 * 4096)
    made.seal()
    opened?.seal()
    expect(realSharedMemory.open(made.name, 3 * 4096)).toBeUndefined()
    made.write(bytes.subarray(0, 8192), 4096)
    const target = Buffer.alloc(8192)
    opened?.read(target, 4096)
    expect(target.equals(bytes.subarray(0, 8192))).toBe(true)
    // Beyond its end there is nothing, and nobody waits for it.
    opened?.read(target, 2 * 4096)
    for (const segment of [made, made, opened]) segment?.close()
  })
})
