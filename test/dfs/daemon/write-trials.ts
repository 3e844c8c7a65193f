import { expect } from 'vitest'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { outcome, patterned, readAll, temporaryRoot, writeFile } from '../harness.ts'
import { Cluster } from './cluster.ts'
import { chainOf, FaultyNet } from './faulty-net.ts'

const bytes = patterned(40_000)
const sizes = { blockSize: 24_576, chunkBytes: 4096, packetBytes: 8192, replicationRetryMillis: 50 }

/**
 * Writes a file of two blocks again and again over four datanodes; each time members of the first chain die at another step
 * of what the writer does on the network: connecting, each packet, each acknowledgement, commit. Gives how many steps there are.
 */
export async function dieAtEachStep(
  positions: (step: number) => readonly number[],
  stride: number,
  judge: (dfs: Dfs, path: string, outcome: string | undefined) => Promise<void>,
): Promise<number> {
  await using cluster = await Cluster.start(await temporaryRoot(), 4, sizes)
  const net = new FaultyNet()
  const dfs = await cluster.client('root', net.env)
  for (let step = 0; ; step += stride) {
    const path = `/f${step}`
    let steps = 0
    let chain: number[] = []
    const victims: string[] = []
    net.plan = async (event) => {
      const toDatanode = [...cluster.datanodes.values()].some(({ address }) => address.port === event.to?.port)
      if (!toDatanode) return undefined
      const asked = chainOf(event)
      if (asked !== undefined && chain.length === 0) chain = asked
      if (event.kind === 'connect' && chain.length === 0 && event.to !== undefined) chain = []
      if (steps++ !== step) return undefined
      const ports = positions(step).map((position) => chain[position] ?? event.to?.port)
      for (const [id, { address }] of [...cluster.datanodes]) {
        if (!ports.includes(address.port)) continue
        victims.push(id)
        await cluster.stopDatanode(id)
      }
      return undefined
    }
    const result = await outcome(writeFile(dfs, path, bytes, 8192))
    net.plan = () => undefined
    if (victims.length === 0 && steps <= step) {
      expect(result).toBe('ok')
      return step
    }
    await judge(dfs, path, result)
    for (const id of victims) await cluster.startDatanode(id)
    await cluster.until(async () => (await cluster.live()) === 4)
    await cluster.until(async () => (await dfs.report()).underReplicated === 0)
  }
}

/** It went on: the file is whole. */
export async function isWhole(dfs: Dfs, path: string, result: string | undefined): Promise<void> {
  expect(`${path} ${result}`).toBe(`${path} ok`)
  expect((await readAll(dfs, path)).equals(bytes), path).toBe(true)
}

/** It is whole, or was refused and is not there. */
export async function isWholeOrNot(dfs: Dfs, path: string, result: string | undefined): Promise<void> {
  if (result === 'ok') return await isWhole(dfs, path, result)
  expect(['DFS_NO_SPACE', 'DFS_UNREACHABLE']).toContain(result)
  expect(await outcome(dfs.stat(path))).toBe('DFS_NOT_FOUND')
}
