import { resolve } from 'node:path'
import { type DfsConfig, resolveConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { rootNames } from '../base/names.ts'
import type { Address } from '../base/net.ts'
import { processIdentity } from '../base/process-identity.ts'
import { lockRoot, type RootLock } from '../base/root-lock.ts'
import type { Dfs } from '../client/dfs.ts'
import { DfsClient } from '../client/dfs-client.ts'
import type { CareProtocol } from '../client/protocol.ts'
import type { LocatedBlock } from '../client/status.ts'
import { BlockManagement } from '../namenode/blocks/block-management.ts'
import { nextEpoch } from '../namenode/epoch.ts'
import { NamenodeServer } from '../namenode/server.ts'
import { RemoteConnection } from '../remote/connection.ts'
import { makeRoot, readOrFormat } from '../root/format.ts'
import { type NamenodeRun, readOrMakeSecret, removeNamenodeRun, writeNamenodeRun } from '../root/run-file.ts'
import { readSettings } from '../root/settings-file.ts'
import { writeVersionFile } from '../root/version-file.ts'
import { datanodeCall } from '../rpc/datanode-requests.ts'
import { otherBuild } from '../rpc/hello.ts'
import { namenodeCall } from '../rpc/namenode-requests.ts'
import { type Caller, RpcServer } from '../rpc/server.ts'
import { DaemonCare } from './care.ts'
import { DatanodeDesk } from './datanode-desk.ts'
import { DatanodeRegistry } from './datanode-registry.ts'
import { ManagedReplicas } from './managed-replicas.ts'
import { Rounds } from './rounds.ts'

export interface NamenodeOptions {
  readonly env: Env
  readonly root: string
  readonly tuning?: Partial<DfsConfig>
  /** How many datanodes a root that is only now made is laid out for. */
  readonly datanodes?: number
  readonly racks?: number
  readonly address: Address
  /** The owner of the root: whoever runs the namenode. */
  readonly superuser: string
  /** How long a change that comes during the safe mode of a start waits for its end. */
  readonly startWaitMillis?: number
  /** For the log. */
  readonly say: (sentence: string) => void
  /** The journal has failed, or a bug showed: nothing more can be acknowledged. */
  readonly onFatal: (error: unknown) => void
}

const startWaitUsually = 15_000

/** The namenode as a process of its own: what `quern namenode` runs. */
export class NamenodeService {
  readonly #options: NamenodeOptions
  readonly #config: DfsConfig
  readonly #lock: RootLock
  readonly #namenode: NamenodeServer
  readonly #management: BlockManagement
  readonly #care: CareProtocol
  readonly #desk: DatanodeDesk
  readonly #registry: DatanodeRegistry
  readonly #epoch: number
  readonly #token: string
  readonly #rpc: RpcServer
  readonly #rounds: Rounds
  #address: Address | undefined
  #closing: Promise<void> | undefined

  private constructor(parts: {
    options: NamenodeOptions
    config: DfsConfig
    lock: RootLock
    namenode: NamenodeServer
    management: BlockManagement
    registry: DatanodeRegistry
    epoch: number
    token: string
  }) {
    const { options, config, lock, namenode, management, registry, epoch, token } = parts
    const { env } = options
    this.#options = options
    this.#config = config
    this.#lock = lock
    this.#namenode = namenode
    this.#management = management
    this.#registry = registry
    this.#epoch = epoch
    this.#token = token
    this.#desk = new DatanodeDesk(management, registry, env)
    this.#care = new DaemonCare({
      env,
      namenode,
      management,
      desk: this.#desk,
      registry,
      heartbeatMillis: config.heartbeatMillis,
      defaultReplication: config.replication,
    })
    this.#rounds = new Rounds({
      env,
      config,
      directory: rootNames.namenode(options.root),
      namenode,
      management,
      registry,
      client: () => this.client(options.superuser),
      say: options.say,
      onFatal: options.onFatal,
    })
    this.#rpc = new RpcServer({
      env,
      address: options.address,
      token,
      welcome: () => ({
        epoch,
        cluster: registry.cluster,
        chunkBytes: config.chunkBytes,
        packetBytes: config.packetBytes,
        leaseMillis: config.leaseMillis,
        datanodes: registry.datanodes.map(({ id, rack, directory }) => ({ id, rack, directory })),
      }),
      handle: (method, request, caller) => this.#handle(method, request, caller),
      onFault: (error) => options.onFatal(error),
    })
  }

  static async start(options: NamenodeOptions): Promise<NamenodeService> {
    const { env } = options
    const root = resolve(options.root)
    const config = resolveConfig({
      ...(await readSettings(env.disk, root)),
      ...options.tuning,
      ...(options.datanodes === undefined ? {} : { datanodes: options.datanodes }),
      ...(options.racks === undefined ? {} : { racks: options.racks }),
    })
    await makeRoot(root, true, env)
    const lock = await lockRoot(root)
    try {
      const { version, notes } = await readOrFormat(root, config, options.datanodes, env)
      const directory = rootNames.namenode(root)
      await env.disk.makeDirectory(directory)
      const unfinished = !(await env.disk.exists(rootNames.version(root)))
      const token = await readOrMakeSecret(env.disk, root)
      const epoch = await nextEpoch(env.disk, directory)
      const registry = new DatanodeRegistry(env, root, version)
      let management: BlockManagement | undefined
      const namenode = await NamenodeServer.open({
        env,
        directory,
        config,
        unfinished,
        superuser: options.superuser,
        mayChange: () => {
          if (management?.inSafeMode === true) throw safeMode(management.safeMode(env.monotonic()).detail)
        },
        replicas: (state) => {
          management = new BlockManagement({
            blocks: state.blocks,
            policy: {
              wanted: (block) => block.file.attributes.replication,
              whole: (block) => {
                const open = state.open.get(block.file.id)
                return open === undefined || open.sealed
              },
              nextBlock: () => state.nextBlock,
              giveOutBeyond: (block, generation) => {
                state.nextBlock = Math.max(state.nextBlock, block + 1)
                state.nextGeneration = Math.max(state.nextGeneration, generation + 1)
              },
            },
            config,
            random: env.random,
            datanodes: registry.datanodes.map((node) => ({
              id: node.id,
              rack: node.rack,
              directory: node.directory,
              adminState: node.state ?? 'in-service',
            })),
            epoch,
            now: env.monotonic(),
          })
          return new ManagedReplicas(management, env)
        },
      })
      if (management === undefined) throw new TypeError('the namenode was opened without its datanodes')
      namenode.notes.push(...notes)
      if (unfinished) await writeVersionFile(env.disk, root, version)
      const service = new NamenodeService({
        options: { ...options, root },
        config,
        lock,
        namenode,
        management,
        registry,
        epoch,
        token,
      })
      await service.#open()
      return service
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  get address(): Address {
    if (this.#address === undefined) throw new TypeError('the namenode does not listen yet')
    return this.#address
  }

  get epoch(): number {
    return this.#epoch
  }

  /** What is otherwise done every `trashIntervalMinutes`. */
  emptyTrash(): Promise<void> {
    return this.#rounds.emptyTrash()
  }

  isSuperuser(user: string): boolean {
    return this.#namenode.caller(user).superuser
  }

  /** Says where it is to be found; with an HTTP face, where that is. */
  async announce(http?: Address): Promise<void> {
    const { env, root } = this.#options
    const run: NamenodeRun = {
      process: processIdentity(),
      cluster: this.#registry.cluster,
      epoch: this.#epoch,
      rpc: this.address,
      ...(http === undefined ? {} : { http }),
    }
    await writeNamenodeRun(env.disk, root, run)
  }

  /** The file system as this process's own client, for faces beside RPC. */
  client(user: string): Dfs {
    const { env, root } = this.#options
    const connection = RemoteConnection.within({
      env,
      root,
      token: this.#token,
      cluster: {
        chunkBytes: this.#config.chunkBytes,
        packetBytes: this.#config.packetBytes,
        leaseMillis: this.#config.leaseMillis,
        datanodes: this.#registry.datanodes.map(({ id, rack, directory }) => ({ id, rack, directory })),
      },
      namenode: this.#namenode,
      care: this.#care,
    })
    return DfsClient.over(connection, user)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { env, root } = this.#options
    this.#rounds.stop()
    try {
      await removeNamenodeRun(env.disk, root)
      await this.#rpc.close()
      await this.#namenode.close()
    } finally {
      await this.#lock.release()
    }
  }

  async #open(): Promise<void> {
    this.#address = await this.#rpc.listen()
    this.#rounds.start()
  }

  async #handle(method: string, request: unknown, caller: Caller): Promise<unknown> {
    const datanode = datanodeCall(this.#desk, method, request)
    if (datanode !== undefined) return datanode
    // Reading needs no settled replicas; a change waits a moment for the datanodes of a namenode just started.
    if (this.#management.inSafeMode && !readingMethods.has(method)) await this.#settled()
    const { durable } = this.#namenode
    const known = durable.answered(caller)
    if (known !== undefined) {
      await durable.durable()
      return JSON.parse(known) ?? undefined
    }
    if (placingMethods.has(method)) await this.#present()
    const answer = await this.#call(method, request, caller)
    // What comes next names a file or block by its number, which must be nobody else's after a crash.
    if (numberingMethods.has(method)) await durable.durable()
    if (method === 'locate' && someAreNowhere(answer)) return await this.#located(request, caller)
    return answer
  }

  #call(method: string, request: unknown, caller: Caller): Promise<unknown> {
    const { durable } = this.#namenode
    durable.request = caller
    try {
      // Methods decide and journal in the turn in which they are called, so the name is theirs alone.
      const result = namenodeCall({ namespace: this.#namenode, care: this.#care }, method, request)
      if (result === undefined) throw new DfsError('DFS_PROTOCOL', `a namenode has no method ${method}; ${otherBuild}`)
      return result
    } finally {
      durable.request = undefined
    }
  }

  /** Right after a start the datanodes that could take a block may still be on their way. */
  async #present(): Promise<void> {
    const { env } = this.#options
    while (this.#closing === undefined && this.#management.settlingAt(env.monotonic())) await env.sleep(20)
  }

  /** Right after a start the datanodes that hold a block may still be on their way. */
  async #located(request: unknown, caller: Caller): Promise<unknown> {
    const { env } = this.#options
    const until = env.monotonic() + (this.#options.startWaitMillis ?? startWaitUsually)
    for (;;) {
      const last = !this.#management.startingUp || env.monotonic() >= until || this.#closing !== undefined
      const answer = await this.#call('locate', request, caller)
      if (last || !someAreNowhere(answer)) return answer
      await env.sleep(20)
    }
  }

  /** The end of the safe mode of a start, or the time one waits for it. One that a person asked for is not waited for. */
  async #settled(): Promise<void> {
    const { env } = this.#options
    const until = env.monotonic() + (this.#options.startWaitMillis ?? startWaitUsually)
    while (this.#management.inSafeMode && this.#management.startingUp && env.monotonic() < until) {
      if (this.#closing !== undefined) throw new DfsError('DFS_UNREACHABLE', 'the namenode is being stopped')
      await env.sleep(20)
    }
  }
}

const placingMethods: ReadonlySet<string> = new Set(['addBlock', 'moreTargets'])

const numberingMethods: ReadonlySet<string> = new Set(['create', 'createDetached', 'reopen', 'addBlock'])

const someAreNowhere = (answer: unknown): boolean =>
  Array.isArray(answer) && answer.some(({ replicas }: LocatedBlock) => replicas.length === 0)

const readingMethods: ReadonlySet<string> = new Set([
  'find',
  'list',
  'summary',
  'access',
  'locate',
  'status',
  'serverDefaults',
  'snapshotDiff',
  'snapshottableDirectories',
  'snapshots',
  'synced',
  'renewLease',
  'report',
  'reportBad',
  'fsck',
  'safeMode',
  'notes',
])

function safeMode(detail: string): DfsError {
  return new DfsError('DFS_SAFE_MODE', `Name node is in safe mode: nothing can be changed. ${detail}`)
}
