import { cp, rm } from 'node:fs/promises'
import { expect } from 'vitest'
import { openEmbedded } from '../../dfs/embedded/open.ts'
import { type Dfs, DfsError, openDfs } from '../../dfs/index.ts'
import { FaultyDisk } from './faulty-disk.ts'
import { openFiles, patterned, readAll, strayReplicas, temporaries, temporaryRoot, writeFile } from './harness.ts'

const kept = patterned(150_000, 3)
const fresh = patterned(150_000, 4)
const tuning = { blockSize: 100_000 }

interface Workload {
  readonly name: string
  /** Resolves to true when what it did was acknowledged. */
  run(dfs: Dfs): Promise<void>
  /** What must hold afterwards, on the root opened again by a healthy machine. */
  check(dfs: Dfs, acknowledged: boolean): Promise<void>
}

export const put: Workload = {
  name: 'a put',
  async run(dfs) {
    const writer = await dfs.create('/new/file')
    try {
      for (let i = 0; i < fresh.length; i += 70_000) await writer.write(fresh.subarray(i, i + 70_000))
      await writer.close()
    } catch (error) {
      await writer.abort().catch(() => undefined)
      throw error
    }
  },
  async check(dfs, acknowledged) {
    const found = await dfs.find('/new/file')
    // Not acknowledged may still be there, if the failure came after the deed; then it is whole.
    if (acknowledged || found !== undefined) expect((await readAll(dfs, '/new/file')).equals(fresh)).toBe(true)
    else await writeFile(dfs, '/new/file', fresh)
  },
}

export const checkpoint: Workload = {
  name: 'a checkpoint',
  async run(dfs) {
    await dfs.checkpoint()
  },
  async check(dfs) {
    await dfs.checkpoint()
  },
}

export const publish: Workload = {
  name: 'a job commit',
  async run(dfs) {
    const files: { name: string; file: Awaited<ReturnType<Awaited<ReturnType<Dfs['createDetached']>>['close']>> }[] = []
    for (const name of ['part-r-00000', 'part-r-00001', '_SUCCESS']) {
      const writer = await dfs.createDetached()
      if (name !== '_SUCCESS') await writer.write(fresh.subarray(0, 60_000))
      files.push({ name, file: await writer.close() })
    }
    await dfs.publish('/out', files, { overwrite: true })
  },
  async check(dfs, acknowledged) {
    const names = (await dfs.list('/out')).map(({ path }) => path)
    const whole = ['/out/_SUCCESS', '/out/part-r-00000', '/out/part-r-00001']
    // The old output or the new, nothing between.
    if (acknowledged) expect(names).toEqual(whole)
    else expect([whole, ['/out/old']]).toContainEqual(names)
    for (const path of names) {
      if (path === '/out/part-r-00000') expect((await readAll(dfs, path)).equals(fresh.subarray(0, 60_000))).toBe(true)
    }
  },
}

let template: string | undefined

async function prepared(): Promise<string> {
  template ??= await makeTemplate()
  const root = await temporaryRoot()
  await cp(template, root, { recursive: true })
  return root
}

async function makeTemplate(): Promise<string> {
  const root = await temporaryRoot()
  await using dfs = await openDfs({ root, ...tuning })
  await writeFile(dfs, '/kept', kept)
  await writeFile(dfs, '/out/old', kept)
  return root
}

/** One run with the fault at the given disk call; false once the workload makes fewer calls than that. */
export async function trial(workload: Workload, errorCode: string, call: number, lasting: boolean): Promise<boolean> {
  const root = await prepared()
  const disk = new FaultyDisk()
  const dfs = await openEmbedded({ root }, disk.env, { ...tuning })
  disk.plant({ code: errorCode, call, lasting })
  let acknowledged = true
  try {
    await workload.run(dfs)
  } catch (error) {
    acknowledged = false
    expect(error, `call ${call}`).toBeInstanceOf(DfsError)
    const expected =
      errorCode === 'ENOSPC' ? ['DFS_NO_SPACE', 'DFS_IO'] : ['DFS_NO_SPACE', 'DFS_IO', 'DFS_CORRUPT_REPLICA']
    expect(expected, `call ${call}: ${String(error)}`).toContain(error instanceof DfsError ? error.code : '')
  }
  const reached = disk.calls >= call
  await dfs.close().catch((error: unknown) => expect(error).toBeInstanceOf(DfsError))
  expect(openFiles(root), `open after call ${call}`).toEqual([])
  const again = await openDfs({ root })
  try {
    expect((await readAll(again, '/kept')).equals(kept), `call ${call}`).toBe(true)
    await workload.check(again, acknowledged)
    // What was written short by a failing datanode is made good by the first look, at the latest.
    expect((await again.fsck('/')).corruptBlocks, `call ${call}`).toBe(0)
    expect((await again.fsck('/', { verify: true })).problems, `call ${call}`).toEqual([])
    expect(await temporaries(root), `call ${call}`).toEqual([])
    expect(await strayReplicas(again), `call ${call}`).toEqual([])
  } finally {
    await again.close()
  }
  await rm(root, { recursive: true })
  return reached
}
