import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type DfsConfig, resolveConfig } from '../../../dfs/base/config.ts'
import { type Env, realEnv } from '../../../dfs/base/env.ts'
import { type DatanodeId, datanodeId } from '../../../dfs/base/ids.ts'
import { processIdentity } from '../../../dfs/base/process-identity.ts'
import type { Dfs } from '../../../dfs/client/dfs.ts'
import { DfsClient } from '../../../dfs/client/dfs-client.ts'
import { NamenodeService } from '../../../dfs/daemon/namenode-service.ts'
import { DatanodeService } from '../../../dfs/datanode/service.ts'
import { RemoteConnection } from '../../../dfs/remote/connection.ts'
import { readNamenodeRun, readOrMakeSecret } from '../../../dfs/root/run-file.ts'

const loopback = { host: '127.0.0.1', port: 0 }

/** A namenode and datanodes as services in this process, over real sockets, with times short enough for a test. */
export class Cluster implements AsyncDisposable {
  readonly root: string
  readonly env: Env
  readonly tuning: Partial<DfsConfig>
  readonly datanodes = new Map<string, DatanodeService>()
  readonly log: string[] = []
  /** How long changes wait for a namenode that has just been started. */
  startWaitMillis = 5000
  namenode: NamenodeService | undefined
  readonly #clients: Dfs[] = []

  constructor(root: string, tuning: Partial<DfsConfig> = {}, env: Env = realEnv) {
    this.root = root
    this.env = env
    this.tuning = { heartbeatMillis: 50, staleMillis: 300, deadMillis: 600, replicationRetryMillis: 100, ...tuning }
  }

  static async start(
    root: string,
    datanodes: number,
    tuning: Partial<DfsConfig> = {},
    env: Env = realEnv,
  ): Promise<Cluster> {
    const cluster = new Cluster(root, tuning, env)
    await cluster.startNamenode(datanodes)
    for (let i = 1; i <= datanodes; i++) await cluster.startDatanode(`dn${i}`)
    await cluster.until(async () => (await cluster.live()) === datanodes)
    return cluster
  }

  async startNamenode(datanodes?: number): Promise<void> {
    this.namenode = await NamenodeService.start({
      env: this.env,
      root: this.root,
      tuning: this.tuning,
      ...(datanodes === undefined ? {} : { datanodes }),
      address: loopback,
      superuser: 'root',
      startWaitMillis: this.startWaitMillis,
      say: (sentence) => this.log.push(sentence),
      onFatal: (error) => this.log.push(`fatal: ${String(error)}`),
    })
    await this.namenode.announce()
  }

  /** The namenode ends with what is on its disk at this moment, and another begins with that. */
  async crashNamenode(): Promise<void> {
    const directory = join(this.root, 'namenode')
    await cp(directory, `${directory}.crashed`, { recursive: true })
    await this.namenode?.close()
    await rm(directory, { recursive: true })
    await rename(`${directory}.crashed`, directory)
    await this.startNamenode()
  }

  async startDatanode(id: string, env: Env = this.env): Promise<DatanodeService> {
    const directory = join(this.root, 'datanodes', id)
    await mkdir(directory, { recursive: true })
    const token = await readOrMakeSecret(this.env.disk, this.root)
    const service = await DatanodeService.start({
      env,
      config: resolveConfig(this.tuning),
      directory,
      id: datanodeId(id),
      address: loopback,
      locate: async () => {
        const run = await readNamenodeRun(this.env.disk, this.root)
        return run === undefined ? undefined : { address: run.rpc, token }
      },
      token,
      client: `${id}-${processIdentity()}-${Math.random()}`,
      pid: process.pid,
      say: (sentence) => this.log.push(`${id}: ${sentence}`),
    })
    this.datanodes.set(id, service)
    return service
  }

  async stopDatanode(id: string): Promise<void> {
    await this.datanodes.get(id)?.close()
    this.datanodes.delete(id)
  }

  async client(user = 'root', env: Env = this.env): Promise<Dfs> {
    const dfs = DfsClient.over(await RemoteConnection.open(env, this.root), user)
    this.#clients.push(dfs)
    return dfs
  }

  async live(): Promise<number> {
    const dfs = this.#clients[0] ?? (await this.client())
    return (await dfs.report()).datanodes.filter(({ liveness }) => liveness === 'live').length
  }

  /** Waits for something that has to come about; gives up loudly. */
  async until(condition: () => Promise<boolean>, millis = 10_000): Promise<void> {
    const end = performance.now() + millis
    while (!(await condition())) {
      if (performance.now() > end)
        throw new Error(`it did not come about within ${millis} ms: ${condition.toString()}\n${this.log.join('\n')}`)
      await this.env.sleep(20)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dfs of this.#clients) await dfs.close()
    for (const datanode of this.datanodes.values()) await datanode.close()
    await this.namenode?.close()
  }

  idOf(id: string): DatanodeId {
    return datanodeId(id)
  }
}
