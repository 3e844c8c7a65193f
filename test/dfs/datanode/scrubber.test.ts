import { describe, expect, test } from 'vitest'
import { realEnv } from '../../../dfs/base/env.ts'
import { DfsError, type DfsErrorCode } from '../../../dfs/base/errors.ts'
import { blockId, datanodeId, generationStamp } from '../../../dfs/base/ids.ts'
import { ReplicaIndex } from '../../../dfs/datanode/replica-index.ts'
import { Scrubber } from '../../../dfs/datanode/scrubber.ts'

const key = { block: blockId(1), generation: generationStamp(2) }

/** What the scrubber says of a replica of 5 bytes; `reading` is what happens while it reads. */
async function said(reading: (index: ReplicaIndex) => void, held = true): Promise<string[]> {
  const told: string[] = []
  const index = new ReplicaIndex()
  if (held) index.add(key, 5)
  const scrubber = new Scrubber({
    env: realEnv,
    index,
    datanode: { id: datanodeId('dn1'), verifyReplica: async () => reading(index) },
    throttle: { take: async () => {} },
    link: {
      session: 1,
      verified: async () => void told.push('verified'),
      bad: async () => void told.push('bad'),
      deleted: async () => void told.push('deleted'),
      scrubbed: async () => {},
    },
  })
  await scrubber.verify(key)
  return told
}

const fails = (code: DfsErrorCode) => (): never => {
  throw new DfsError(code, code)
}

describe('a replica that was read from end to end', () => {
  test('is said to be well, bad or gone, as it was found', async () => {
    expect(await said(() => {})).toEqual(['verified'])
    expect(await said(fails('DFS_CORRUPT_REPLICA'))).toEqual(['bad'])
    expect(await said(fails('DFS_IO'))).toEqual(['bad'])
    expect(await said(fails('DFS_NOT_FOUND'))).toEqual(['deleted'])
    expect(await said(() => {}, false)).toEqual(['deleted'])
  })

  test('and deleted meanwhile is not said to be well: what is said last is believed', async () => {
    expect(await said((index) => void index.remove(key))).toEqual([])
  })

  test('and found bad, but deleted and copied anew meanwhile, is not said to be bad', async () => {
    const replaced = (index: ReplicaIndex): never => {
      index.add(key, 5)
      return fails('DFS_CORRUPT_REPLICA')()
    }
    expect(await said(replaced)).toEqual([])
  })
})
