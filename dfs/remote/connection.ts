import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { datanodeId } from '../base/ids.ts'
import { processIdentity } from '../base/process-identity.ts'
import type { BlockReader } from '../block/block-store.ts'
import { contentChecksum } from '../block/content-checksum.ts'
import { openReplicaFiles } from '../block/disk-block-store.ts'
import type { Connection, Incident } from '../client/connection.ts'
import type { CareProtocol, LostReplica, NamespaceProtocol, ReplicaAccess } from '../client/protocol.ts'
import type { BadReplica, LocatedBlock, ReplicaLocation } from '../client/status.ts'
import { readNamenodeRun, readSecret } from '../root/run-file.ts'
import { type Endpoint, RpcClient } from '../rpc/client.ts'
import { remoteNamenode } from '../rpc/remote-namenode.ts'
import { ChainPipeline } from '../transfer/chain-pipeline.ts'
import { RemoteReplica } from '../transfer/remote-replica.ts'

/** What a client has to know of the DFS it talks to. */
export interface ClusterFacts {
  readonly chunkBytes: number
  readonly packetBytes: number
  readonly leaseMillis: number
  readonly datanodes: Connection['datanodes']
}

/** How long a request waits for a namenode that is away, e.g. being started anew. */
const patienceMillis = 30_000
const leaseRenewMillis = 10_000

let clients = 0

/** The way to daemons: requests to the namenode, blocks to and from datanodes, replicas' files where they can be read directly. */
export class RemoteConnection implements Connection {
  readonly root: string
  readonly datanodes: Connection['datanodes']
  readonly namenode: NamespaceProtocol
  readonly care: CareProtocol
  readonly access: ReplicaAccess
  readonly holder: string
  readonly chunkBytes: number
  readonly packetBytes: number
  readonly incidents: Incident[] = []
  readonly notes: string[] = []
  readonly #rpc: RpcClient | undefined
  readonly #stopRenewing: () => void
  readonly #reports = new Set<Promise<void>>()
  #writers = 0

  private constructor(parts: {
    env: Env
    root: string
    holder: string
    token: () => Promise<string>
    cluster: ClusterFacts
    namenode: NamespaceProtocol
    care: CareProtocol
    rpc?: RpcClient
  }) {
    const { env, root, holder, token, cluster, namenode, care, rpc } = parts
    this.root = root
    this.holder = holder
    this.datanodes = cluster.datanodes
    this.chunkBytes = cluster.chunkBytes
    this.packetBytes = cluster.packetBytes
    this.namenode = namenode
    this.care = care
    this.#rpc = rpc
    this.access = {
      openPipeline: async (server, allocated, options) =>
        ChainPipeline.open(env, await token(), server, allocated, options),
      openReplica: (block, location) => openReplica(env, token, block, location),
      contentChecksum: (block, location) => contentChecksum(env.disk, block, location),
    }
    this.#stopRenewing = env.every(Math.min(leaseRenewMillis, cluster.leaseMillis / 3), () => {
      if (this.#writers > 0) this.#background(this.namenode.renewLease({ holder }))
    })
  }

  /** A client in the namenode's own process. */
  static within(parts: {
    env: Env
    root: string
    token: string
    cluster: ClusterFacts
    namenode: NamespaceProtocol
    care: CareProtocol
  }): RemoteConnection {
    return new RemoteConnection({ ...parts, token: async () => parts.token, holder: newHolder() })
  }

  /** DFS_UNREACHABLE when no namenode answers. */
  static async open(env: Env, root: string): Promise<RemoteConnection> {
    const locate = async (): Promise<Endpoint | undefined> => {
      const run = await readNamenodeRun(env.disk, root)
      const token = await readSecret(env.disk, root)
      return run === undefined || token === undefined ? undefined : { address: run.rpc, token }
    }
    let cluster: ClusterFacts | undefined
    const holder = newHolder()
    const rpc = new RpcClient({
      env,
      locate,
      purpose: 'client',
      client: holder,
      patienceMillis,
      server: `the namenode of ${root}`,
      onWelcome: (fields) => {
        cluster = factsOf(fields)
      },
    })
    const namenode = remoteNamenode(rpc)
    try {
      await namenode.renewLease({ holder })
    } catch (error) {
      rpc.close()
      throw error
    }
    if (cluster === undefined) throw new TypeError('a request was answered before the hello')
    const token = async (): Promise<string> => {
      const secret = await readSecret(env.disk, root)
      if (secret === undefined)
        throw new DfsError('DFS_UNREACHABLE', `the DFS at ${root} has no secret: it does not run`)
      return secret
    }
    return new RemoteConnection({ env, root, holder, token, cluster, namenode, care: namenode, rpc })
  }

  met(bad: BadReplica): void {
    this.incidents.push({ ...bad, repaired: false })
    this.#background(this.care.reportBad({ replicas: [bad], wait: false }))
  }

  lost({ block, datanode, path, error }: LostReplica, file: string): void {
    const detail = `${file} was written without it: ${error instanceof Error ? error.message : String(error)}`
    this.incidents.push({ block, datanode, path, reason: 'io', detail, repaired: false })
  }

  short(why: string): void {
    if (!this.notes.includes(why)) this.notes.push(why)
  }

  writerBegun(): void {
    this.#writers++
  }

  writerOver(): void {
    this.#writers--
  }

  /** The namenode has been told; the repair goes on without this process. */
  async repairsDone(): Promise<void> {
    await Promise.all([...this.#reports])
  }

  async close(): Promise<void> {
    this.#stopRenewing()
    await this.repairsDone()
    this.#rpc?.close()
  }

  /** What fails here is tried again by whoever finds the same next, or ends in the failure of a request that is waited for. */
  #background(task: Promise<void>): void {
    const tracked = task
      .catch((error: unknown) => this.short(error instanceof Error ? error.message : String(error)))
      .finally(() => this.#reports.delete(tracked))
    this.#reports.add(tracked)
  }
}

const newHolder = (): string => `${processIdentity()}#${++clients}`

/** A reader on the datanode's machine takes the replica's files; another, or one who may not read them, asks the datanode. */
async function openReplica(
  env: Env,
  token: () => Promise<string>,
  block: LocatedBlock,
  location: ReplicaLocation,
): Promise<BlockReader> {
  try {
    return await openReplicaFiles(env.disk, location, block)
  } catch (error) {
    const unreadable = error instanceof DfsError && (error.code === 'DFS_IO' || error.code === 'DFS_NOT_FOUND')
    if (!unreadable || location.address === undefined) throw error
    return await RemoteReplica.open(env, await token(), location.address, block)
  }
}

function factsOf(fields: Record<string, unknown>): ClusterFacts {
  const { chunkBytes, packetBytes, leaseMillis, datanodes } = fields
  const sizes = typeof chunkBytes === 'number' && typeof packetBytes === 'number'
  if (!sizes || typeof leaseMillis !== 'number' || !Array.isArray(datanodes)) {
    throw new DfsError('DFS_PROTOCOL', 'the namenode did not describe its DFS')
  }
  return {
    chunkBytes,
    packetBytes,
    leaseMillis,
    datanodes: datanodes.map((node: { id?: unknown; rack?: unknown; directory?: unknown }) => ({
      id: datanodeId(String(node.id)),
      rack: String(node.rack),
      directory: String(node.directory),
    })),
  }
}
