import { resolve } from 'node:path'
import { realEnv } from '../base/env.ts'
import type { Address } from '../base/net.ts'
import { isAlive, pidOf } from '../base/process-identity.ts'
import { lockHolder } from '../base/root-lock.ts'
import { directoryOf } from '../root/format.ts'
import { readNamenodeRun, readSecret } from '../root/run-file.ts'
import { readVersionFile } from '../root/version-file.ts'

/** A process of a DFS that runs in the background, or in somebody's foreground. */
export interface DfsProcess {
  readonly name: string
  readonly pid: number
  /** Tells it from another that gets its number later. */
  readonly identity: string
}

export interface RunningProcesses {
  readonly namenode: (DfsProcess & { readonly rpc: Address; readonly http?: Address }) | undefined
  readonly datanodes: readonly DfsProcess[]
  /** Datanodes of the root that do not run. */
  readonly absent: readonly string[]
  /** A namenode was started here before: its datanodes know what they need without it. */
  readonly everStarted: boolean
}

/** What runs of the DFS at `root`. Nothing is asked of it: who holds which directory is looked up. */
export async function findProcesses(root: string): Promise<RunningProcesses> {
  const at = resolve(root)
  const run = await readNamenodeRun(realEnv.disk, at)
  const version = await readVersionFile(realEnv.disk, at)
  const datanodes: DfsProcess[] = []
  const absent: string[] = []
  for (const node of version?.datanodes ?? []) {
    const identity = await lockHolder(directoryOf(at, node))
    const pid = identity === undefined ? undefined : pidOf(identity)
    if (identity === undefined || pid === undefined) absent.push(node.id)
    else datanodes.push({ name: node.id, pid, identity })
  }
  const everStarted = (await readSecret(realEnv.disk, at)) !== undefined
  const pid = run === undefined ? undefined : pidOf(run.process)
  if (run === undefined || pid === undefined) return { namenode: undefined, datanodes, absent, everStarted }
  const { rpc, http, process: identity } = run
  return {
    namenode: { name: 'namenode', pid, identity, rpc, ...(http === undefined ? {} : { http }) },
    datanodes,
    absent,
    everStarted,
  }
}

/** Asks a process to end, and ends it when it does not within `patienceMillis`. True if it had to be ended. */
export async function endProcess({ pid, identity }: DfsProcess, patienceMillis: number): Promise<boolean> {
  const until = realEnv.monotonic() + patienceMillis
  if (isAlive(identity)) process.kill(pid, 'SIGTERM')
  while (isAlive(identity)) {
    if (realEnv.monotonic() > until) {
      process.kill(pid, 'SIGKILL')
      return true
    }
    await realEnv.sleep(20)
  }
  return false
}
