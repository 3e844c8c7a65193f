import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Dfs, DfsError, openDfs } from '../../../dfs/index.ts'
import { openReplicaReader } from '../../../dfs/short-circuit.ts'
import { patterned, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

let dfs: Dfs
const bytes = patterned(1_000_000, 2)
beforeAll(async () => {
  dfs = await openDfs({ root: await temporaryRoot(), blockSize: 150_000 })
  await writeFile(dfs, '/file', bytes)
  await writeFile(dfs, '/empty', Buffer.alloc(0))
})
afterAll(async () => {
  await dfs.close()
  await removeRoots()
})

test('any range from anywhere, in any order, is what was written', async () => {
  const reader = openReplicaReader(await dfs.locate('/file'), { preferNode: 'dn3' })
  expect(reader.length).toBe(bytes.length)
  const target = Buffer.alloc(500_000)
  fc.assert(
    fc.property(fc.nat(1_000_100), fc.nat(300_000), fc.nat(1000), (position, length, offset) => {
      const read = reader.readInto(target, offset, position, length)
      const wanted = bytes.subarray(position, position + length)
      return read === wanted.length && target.subarray(offset, offset + read).equals(wanted)
    }),
    { numRuns: 300 },
  )
  reader.close()
  reader.close()
  expect(() => reader.readInto(target, 0, 0, 1)).toThrow(DfsError)
})

test('an empty file gives nothing, and a request that does not fit its buffer is a programmer’s error', async () => {
  const reader = openReplicaReader(await dfs.locate('/empty'))
  expect(reader.length).toBe(0)
  expect(reader.chunkBytes).toBe(65_536)
  expect(reader.readInto(Buffer.alloc(5), 0, 0, 5)).toBe(0)
  expect(() => reader.readInto(Buffer.alloc(5), 1, 0, 5)).toThrow(RangeError)
  reader.close()
})

describe('the face that workers load', () => {
  test('reaches no more than it needs', async () => {
    const { readFileSync } = await import('node:fs')
    const { dirname, join } = await import('node:path')
    const seen = new Set<string>()
    const follow = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      for (const [, types, from = ''] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export) (type )?[^'";]*from '([^']+)'/gm,
      )) {
        if (types !== undefined) continue
        if (from.startsWith('.')) follow(join(dirname(file), from))
        else expect(['node:fs', 'node:zlib']).toContain(from)
      }
    }
    follow(new URL('../../../dfs/short-circuit.ts', import.meta.url).pathname)
    expect(seen.size).toBe(6)
  })
})
