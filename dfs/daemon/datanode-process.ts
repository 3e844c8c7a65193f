import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type DfsConfig, resolveConfig } from '../base/config.ts'
import { realEnv } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { datanodeId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { rootNames } from '../base/names.ts'
import { processIdentity } from '../base/process-identity.ts'
import { lockRoot } from '../base/root-lock.ts'
import { DatanodeService } from '../datanode/service.ts'
import { directoryOf } from '../root/format.ts'
import { readNamenodeRun, readSecret } from '../root/run-file.ts'
import { readSettings } from '../root/settings-file.ts'
import { readVersionFile } from '../root/version-file.ts'

export interface DatanodeProcessOptions {
  readonly root: string
  /** Which of the root's datanodes; undefined for a new one. */
  readonly id?: string
  /** Where its replicas are; in the root if not given. */
  readonly directory?: string
  readonly rack?: string
  readonly host?: string
  readonly port?: number
  readonly tuning?: Partial<DfsConfig>
  readonly say: (sentence: string) => void
}

export interface RunningDatanode {
  readonly address: string
  readonly directory: string
  close(): Promise<void>
}

/** Runs one datanode of a root in this process. It waits for the namenode as long as that takes. */
export async function runDatanode(options: DatanodeProcessOptions): Promise<RunningDatanode> {
  const root = resolve(options.root)
  const { disk } = realEnv
  const directory = await directoryFor(root, options)
  const token = await readSecret(disk, root)
  if (token === undefined) {
    throw new DfsError(
      'DFS_NOT_FOUND',
      `no namenode was ever started at ${root}; start one first: quern dfs start, or quern namenode`,
    )
  }
  try {
    await mkdir(directory, { recursive: true })
  } catch (error) {
    throw ioError(`making ${directory}`, error)
  }
  const lock = await lockRoot(directory)
  try {
    const version = await readVersionFile(disk, root)
    const service = await DatanodeService.start({
      env: realEnv,
      config: resolveConfig({ ...(await readSettings(disk, root)), ...options.tuning }),
      directory,
      ...(options.id === undefined ? {} : { id: datanodeId(options.id) }),
      ...(options.rack === undefined ? {} : { rack: options.rack }),
      address: { host: options.host ?? '127.0.0.1', port: options.port ?? 0 },
      locate: async () => {
        const run = await readNamenodeRun(disk, root)
        return run === undefined ? undefined : { address: run.rpc, token }
      },
      token,
      client: `datanode ${processIdentity()}`,
      pid: process.pid,
      ...(version === undefined ? {} : { cluster: version.cluster }),
      onReplaced: () => lock.renew(),
      say: options.say,
    })
    return {
      address: `${service.address.host}:${service.address.port}`,
      directory,
      close: async () => {
        await service.close()
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function directoryFor(root: string, { id, directory }: DatanodeProcessOptions): Promise<string> {
  if (id !== undefined && !/^dn\d{1,4}$/.test(id)) {
    throw new DfsError('DFS_BAD_ARGUMENT', `a datanode is called dn1, dn2 …, not ${id}`)
  }
  const version = await readVersionFile(realEnv.disk, root)
  const known = version?.datanodes.find((node) => node.id === id)
  if (known !== undefined) return directoryOf(root, known)
  if (directory !== undefined) return resolve(directory)
  const numbers = version?.datanodes.map((node) => Number(node.id.slice(2))) ?? []
  return rootNames.datanode(root, id ?? `dn${Math.max(0, ...numbers) + 1}`)
}
