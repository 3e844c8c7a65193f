import { cp, rm } from 'node:fs/promises'
import { expect } from 'vitest'
import { openEmbedded } from '../../dfs/embedded/open.ts'
import { DfsError, openDfs } from '../../dfs/index.ts'
import { FaultyDisk } from './faulty-disk.ts'
import { openFiles, patterned, readAll, strayReplicas, temporaries, temporaryRoot, writeFile } from './harness.ts'

export const bytes = patterned(250_000, 6)

/** A root with two files of three blocks, one of them in the image and one in the journal. */
export async function prepared(): Promise<string> {
  const root = await temporaryRoot()
  await using dfs = await openDfs({ root, blockSize: 100_000 })
  await writeFile(dfs, '/first', bytes)
  await dfs.checkpoint()
  await writeFile(dfs, '/second', bytes)
  return root
}

export const openings = [
  ['an existing root', 'once'],
  ['an existing root', 'for ever'],
  ['a new root', 'once'],
  ['a new root', 'for ever'],
] as const

/** Opens a root with a disk that fails at one call, for every `stride`th call; gives the last of them, which was not reached any more. */
export async function failWhileOpening(
  which: 'an existing root' | 'a new root',
  lasting: 'once' | 'for ever',
  stride: number,
): Promise<number> {
  const existing = which === 'an existing root' ? await prepared() : undefined
  let reached = true
  let call = 1 - stride
  while (reached) {
    call += stride
    const root = await temporaryRoot()
    if (existing !== undefined) await cp(existing, root, { recursive: true })
    const disk = new FaultyDisk()
    disk.plant({ code: 'EIO', call, lasting: lasting === 'for ever' })
    try {
      const dfs = await openEmbedded({ root }, disk.env)
      disk.heal()
      if (existing !== undefined) expect((await readAll(dfs, '/second')).equals(bytes), `call ${call}`).toBe(true)
      await dfs.close()
    } catch (error) {
      expect(error, `call ${call}`).toBeInstanceOf(DfsError)
    }
    expect(openFiles(root), `open after call ${call}`).toEqual([])
    reached = disk.log.length > 0
    const again = await openDfs({ root })
    await writeFile(again, '/third', bytes)
    for (const path of existing === undefined ? ['/third'] : ['/first', '/second', '/third']) {
      expect((await readAll(again, path)).equals(bytes), `${path} after call ${call}`).toBe(true)
    }
    await again.fsck('/')
    expect((await again.fsck('/', { verify: true })).problems, `call ${call}`).toEqual([])
    expect(await strayReplicas(again), `call ${call}`).toEqual([])
    await again.close()
    expect(await temporaries(root), `call ${call}`).toEqual([])
    await rm(root, { recursive: true })
  }
  return call
}
