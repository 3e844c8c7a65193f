import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import type { DfsConfig } from '../base/config.ts'
import { realEnv } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { startWebHdfs, type WebHdfsServer } from '../webhdfs/server/serve.ts'
import { NamenodeService } from './namenode-service.ts'

export interface NamenodeProcessOptions {
  readonly root: string
  readonly tuning?: Partial<DfsConfig>
  readonly datanodes?: number
  readonly racks?: number
  /** Where datanodes and clients ask; a loopback address if not given. */
  readonly host?: string
  readonly port?: number
  /** Where WebHDFS is served; a loopback address if not given. */
  readonly httpHost?: string
  /** Undefined: HDFS's own, or any if that is taken. */
  readonly httpPort?: number
  /** What WebHDFS's requests have to bring; needed where it is open to the network. */
  readonly httpToken?: string
  /** Further names that WebHDFS goes by. */
  readonly httpNames?: readonly string[]
  readonly version?: string
  readonly say: (sentence: string) => void
}

export interface RunningNamenode {
  readonly rpc: string
  readonly http: string
  /** Resolves when it can not go on; with the reason. */
  readonly failed: Promise<unknown>
  close(): Promise<void>
}

/** HDFS's port for the namenode's web face. */
export const usualHttpPort = 9870

/** Runs the namenode of a root in this process, with WebHDFS beside it. */
export async function runNamenode(options: NamenodeProcessOptions): Promise<RunningNamenode> {
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<unknown>((settle) => {
    fail = settle
  })
  const service = await NamenodeService.start({
    env: realEnv,
    root: resolve(options.root),
    ...(options.tuning === undefined ? {} : { tuning: options.tuning }),
    ...(options.datanodes === undefined ? {} : { datanodes: options.datanodes }),
    ...(options.racks === undefined ? {} : { racks: options.racks }),
    address: { host: options.host ?? '127.0.0.1', port: options.port ?? 0 },
    superuser: userInfo().username,
    say: options.say,
    onFatal: fail,
  })
  try {
    const web = await webHdfs(service, options)
    await service.announce(web.address)
    return {
      rpc: `${service.address.host}:${service.address.port}`,
      http: web.url,
      failed,
      close: async () => {
        await web.close()
        await service.close()
      },
    }
  } catch (error) {
    await service.close()
    throw error
  }
}

async function webHdfs(service: NamenodeService, options: NamenodeProcessOptions): Promise<WebHdfsServer> {
  const { httpHost, httpPort, httpToken, httpNames, version, say } = options
  const start = (port: number): Promise<WebHdfsServer> =>
    startWebHdfs({
      dfs: service.client(userInfo().username),
      port,
      ...(httpHost === undefined ? {} : { host: httpHost }),
      ...(httpToken === undefined ? {} : { token: httpToken }),
      ...(httpNames === undefined ? {} : { names: httpNames }),
      ...(version === undefined ? {} : { version }),
      isSuperuser: (user) => service.isSuperuser(user),
      onError: (error) => say(`WebHDFS: ${error instanceof Error ? error.message : String(error)}`),
    })
  if (httpPort !== undefined) return await start(httpPort)
  try {
    return await start(usualHttpPort)
  } catch (error) {
    if (!(error instanceof DfsError) || error.code !== 'DFS_IO') throw error
    say(`port ${usualHttpPort} is taken; WebHDFS is served on another`)
    return await start(0)
  }
}
