/** A stream reads the next piece while the last is being used: nobody may notice but by the clock. */
import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Dfs, openDfs } from '../../../dfs/index.ts'
import { outcome, patterned, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

const pieceBytes = 1024 * 1024
const bytes = patterned(5 * pieceBytes + 12_345, 3)
let dfs: Dfs

beforeEach(async () => {
  dfs = await openDfs({ root: await temporaryRoot(), datanodes: 1, replication: 1, blockSize: 2 * pieceBytes })
  await writeFile(dfs, '/file', bytes, pieceBytes)
})
afterEach(() => dfs.close())
afterAll(removeRoots)

describe('a stream', () => {
  test('gives the same bytes from wherever to wherever, each piece good until the next is asked for', async () => {
    for (const [start, end] of [
      [0, bytes.length],
      [1, bytes.length],
      [pieceBytes - 1, 3 * pieceBytes + 1],
      [3 * pieceBytes, 3 * pieceBytes],
      [bytes.length - 5, bytes.length + 100],
    ] as const) {
      const reader = await dfs.open('/file')
      let position: number = start
      for await (const piece of reader.stream({ start, end })) {
        // Time for what is read ahead to be there: it must not lie in this piece.
        await new Promise((resolve) => setTimeout(resolve, 5))
        expect(Buffer.compare(piece, bytes.subarray(position, position + piece.length))).toBe(0)
        position += piece.length
      }
      expect(position).toBe(Math.min(end, bytes.length))
      await reader.close()
    }
  })

  test('that is left in the middle lets its reader be closed', async () => {
    const reader = await dfs.open('/file')
    for await (const piece of reader.stream()) {
      expect(piece.length).toBe(pieceBytes)
      break
    }
    await reader.close()
    expect(await outcome(reader.read(Buffer.alloc(1), 0))).toBe('DFS_CLOSED')
  })

  test('tells of bytes that nobody has any more when it comes to them, not before', async () => {
    const [, second] = await dfs.locate('/file')
    for (const { dataFile } of second?.replicas ?? []) rmSync(dataFile)
    const reader = await dfs.open('/file')
    let read = 0
    const reading = async (): Promise<void> => {
      for await (const piece of reader.stream()) read += piece.length
    }
    expect(await outcome(reading())).toBe('DFS_NO_REPLICA')
    expect(read).toBe(2 * pieceBytes)
    // Who stops before has all that was asked for.
    for await (const piece of reader.stream({ end: 2 * pieceBytes })) read -= piece.length
    expect(read).toBe(0)
    await reader.close()
  })
})
