/** Threads that read ahead: nobody may notice but by the clock. They are there in the compiled install only. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dfs } from '../../../dfs/index.ts'
import { patterned, removeRoots, temporaryRoot } from '../harness.ts'

const compiled: typeof import('../../../dfs/index.ts') = await import(
  new URL('../../../dist/dfs/index.js', import.meta.url).href
)
const { VerifyingThreads }: typeof import('../../../dfs/client/verifying-threads.ts') = await import(
  new URL('../../../dist/dfs/client/verifying-threads.js', import.meta.url).href
)

const MiB = 1024 * 1024
/** Long enough for threads, and not a whole number of anything. */
const bytes = patterned(40 * MiB + 12_345, 5)
let dfs: Dfs

beforeAll(async () => {
  dfs = await compiled.openDfs({
    root: await temporaryRoot(),
    datanodes: 2,
    replication: 2,
    blockSize: 7 * MiB + 65_536,
  })
  for (const path of ['/good', '/bad', '/lost']) {
    const writer = await dfs.create(path)
    await writer.write(bytes)
    await writer.close()
  }
})
afterAll(async () => {
  await dfs.close()
  await removeRoots()
})

/** Whether every piece was what was written; takes as long about each that the next are there before it. */
async function streamed(path: string, start = 0, end = bytes.length): Promise<number> {
  const reader = await dfs.open(path)
  let position = start
  try {
    for await (const piece of reader.stream({ start, end, threads: 2 })) {
      await new Promise((resolve) => setTimeout(resolve, 2))
      if (Buffer.compare(piece, bytes.subarray(position, position + piece.length)) !== 0) {
        throw new Error(`other bytes in the piece of ${piece.length} at ${position}`)
      }
      position += piece.length
    }
  } finally {
    await reader.close()
  }
  return position
}

function flip(path: string, at: number): void {
  const file = readFileSync(path)
  file[at] = (file[at] ?? 0) ^ 1
  writeFileSync(path, file)
}

describe('a stream read by threads', () => {
  test('is what was written, from any place to any other', async () => {
    for (const [start, end] of [
      [0, bytes.length],
      [1, bytes.length],
      [2 * MiB - 1, bytes.length - 1],
      [bytes.length - 33 * MiB, bytes.length],
    ] as const) {
      expect(await streamed('/good', start, end)).toBe(end)
    }
  })

  test('passes over a replica that was changed, and tells of it once', async () => {
    const [, , block] = await dfs.locate('/bad')
    const [first] = block?.replicas ?? []
    if (block === undefined || first === undefined) throw new Error('no replica')
    for (const at of [100, 3 * MiB, 6 * MiB]) flip(first.dataFile, at)
    const before = dfs.incidents.length
    expect(await streamed('/bad')).toBe(bytes.length)
    const met = dfs.incidents.slice(before)
    expect(met.map(({ block, datanode, reason }) => ({ block, datanode, reason }))).toEqual([
      { block: block.block, datanode: first.datanode, reason: 'corrupt' },
    ])
    await dfs.repairsDone()
  })

  test('tells of bytes that nobody has any more when it comes to them', async () => {
    const [, , , block] = await dfs.locate('/lost')
    for (const { dataFile } of block?.replicas ?? []) rmSync(dataFile)
    const reader = await dfs.open('/lost')
    let read = 0
    const reading = async (): Promise<void> => {
      for await (const piece of reader.stream({ threads: 2 })) read += piece.length
    }
    await expect(reading()).rejects.toMatchObject({ code: 'DFS_NO_REPLICA' })
    expect(read).toBeLessThanOrEqual(block?.offset ?? 0)
    expect(read).toBeGreaterThan((block?.offset ?? 0) - 2 * MiB)
    await reader.close()
  })

  test('may be left in the middle', async () => {
    const reader = await dfs.open('/good')
    for await (const piece of reader.stream({ threads: 2 })) {
      expect(Buffer.compare(piece, bytes.subarray(0, piece.length))).toBe(0)
      break
    }
    await reader.close()
  })
})

describe('the threads', () => {
  const started = async (blocks: Parameters<typeof VerifyingThreads.start>[0]['blocks']) => {
    const threads = await VerifyingThreads.start({ blocks, threads: 1, buffers: 1, pieceBytes: MiB, onBad: () => {} })
    if (threads === undefined) throw new Error('dist has no threads')
    return threads
  }

  /** Asks until a thread is up and answers, which may be no. */
  async function filled(threads: Awaited<ReturnType<typeof started>>, position: number): Promise<boolean> {
    for (let i = 0; i < 200; i++) {
      if (await threads.read(0, position, MiB)) return true
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return false
  }

  test('leave what they were reading to the caller when they end', async () => {
    const threads = await started(await dfs.locate('/good'))
    expect(await filled(threads, MiB)).toBe(true)
    expect(Buffer.compare(threads.buffers[0] ?? Buffer.alloc(0), bytes.subarray(MiB, 2 * MiB))).toBe(0)
    const asked = Promise.all([threads.read(0, 0, MiB), threads.close()])
    expect(await Promise.race([asked.then(([answer]) => typeof answer), timeout()])).toBe('boolean')
    expect(await threads.read(0, 0, MiB)).toBe(false)
  })

  test('are done without when they can not start', async () => {
    const blocks = JSON.parse('[null]')
    const threads = await started(blocks)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await threads.read(0, 0, MiB)).toBe(false)
    await threads.close()
  })
})

const timeout = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('nothing'), 10_000))
