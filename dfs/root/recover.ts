import { resolve } from 'node:path'
import { realEnv } from '../base/env.ts'
import { rootNames } from '../base/names.ts'
import { lockRoot } from '../base/root-lock.ts'
import { salvage } from '../namenode/salvage.ts'
import { makeRoot } from './format.ts'

/** Gives up what can not be read of the namespace at `root`; a sentence about each file. DFS_LOCKED while it is in use. */
export async function recoverRoot(root: string): Promise<string[]> {
  const at = resolve(root)
  await makeRoot(at, false, realEnv)
  const lock = await lockRoot(at)
  try {
    return await salvage(realEnv.disk, rootNames.namenode(at))
  } finally {
    await lock.release()
  }
}
