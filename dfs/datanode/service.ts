import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import pLimit from 'p-limit'
import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { type DatanodeId, datanodeId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { type BlockKey, blockNames } from '../base/names.ts'
import type { Address } from '../base/net.ts'
import { DiskBlockStore } from '../block/disk-block-store.ts'
import type { Endpoint } from '../rpc/client.ts'
import type { HeartbeatCommands } from '../rpc/datanode-protocol.ts'
import { ReplicasBeingWritten } from './being-written.ts'
import { sendReplica } from './copy-replica.ts'
import { Datanode } from './datanode.ts'
import { type DatanodeIdentityFile, readIdentity, writeIdentity } from './identity.ts'
import { NamenodeLink } from './namenode-link.ts'
import { ReplicaIndex } from './replica-index.ts'
import { Scrubber } from './scrubber.ts'
import { Throttle } from './throttle.ts'
import { TransferServer } from './transfer-server.ts'
import { Volume, type VolumeState } from './volume.ts'

export interface DatanodeOptions {
  readonly env: Env
  readonly config: DfsConfig
  readonly directory: string
  /** Which one of the root's this is, where that is known before the namenode is asked. */
  readonly id?: DatanodeId
  readonly rack?: string
  readonly address: Address
  /** Where the namenode is now, and the secret. */
  readonly locate: () => Promise<Endpoint | undefined>
  readonly token: string
  readonly client: string
  readonly pid: number
  /** The DFS that the root is of, where that is known before the namenode is asked. */
  readonly cluster?: string
  /** Its directory was gone, or another, and what else has to be in it is to be made again. */
  readonly onReplaced?: () => Promise<void>
  /** For the log. */
  readonly say: (sentence: string) => void
}

/** One directory served to the network: what `quern datanode` runs. */
export class DatanodeService {
  readonly #options: DatanodeOptions
  readonly #store: DiskBlockStore
  readonly #index = new ReplicaIndex()
  readonly #link: NamenodeLink
  readonly #datanode: Datanode
  readonly #writing: ReplicasBeingWritten
  readonly #server: TransferServer
  readonly #volume: Volume
  readonly #scrubber: Scrubber
  readonly #throttle: Throttle
  readonly #copies: ReturnType<typeof pLimit>
  readonly #stop = new AbortController()
  readonly #work = new Set<Promise<void>>()
  #deleting: Promise<void> = Promise.resolve()
  #identity: DatanodeIdentityFile | undefined
  #cluster: string | undefined
  #epoch: number
  #id: DatanodeId
  #uuid: string
  #address: Address | undefined
  #failure: string | undefined
  #running: Promise<void> | undefined

  private constructor(options: DatanodeOptions, store: DiskBlockStore, identity: DatanodeIdentityFile | undefined) {
    const { env, config, directory, token } = options
    this.#options = options
    this.#store = store
    this.#identity = identity
    this.#cluster = identity?.cluster
    this.#epoch = identity?.epoch ?? 0
    this.#uuid = identity?.uuid ?? randomUUID()
    this.#id = identity?.id ?? options.id ?? unnamed
    this.#volume = new Volume(env.disk, directory, dirname(directory))
    this.#throttle = new Throttle(env, config.replicationBytesPerSecond)
    this.#copies = pLimit(config.replicationStreamsPerNode)
    this.#link = new NamenodeLink({
      env,
      locate: options.locate,
      client: options.client,
      index: this.#index,
      welcomed: (fields) => this.#welcomed(fields),
    })
    const self = this
    const named = {
      get id() {
        return self.#id
      },
      rack: options.rack ?? '',
      directory,
    }
    this.#datanode = new Datanode(named, store, this.#link)
    this.#writing = new ReplicasBeingWritten(this.#datanode, env)
    const copying = { env, token, chunkBytes: config.chunkBytes, packetBytes: config.packetBytes }
    this.#server = new TransferServer({
      ...copying,
      datanode: this.#datanode,
      writing: this.#writing,
      onFault: (error) =>
        options.say(`a fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    })
    this.#scrubber = new Scrubber({
      env,
      datanode: this.#datanode,
      index: this.#index,
      link: this.#link,
      throttle: new Throttle(env, config.scrubBytesPerSecond),
    })
  }

  static async start(options: DatanodeOptions): Promise<DatanodeService> {
    const { env, directory, config } = options
    const identity = await readIdentity(env, directory)
    if (identity !== undefined && options.cluster !== undefined && identity.cluster !== options.cluster) {
      throw fenced(directory, identity.cluster, options.cluster)
    }
    if (identity !== undefined && options.id !== undefined && identity.id !== options.id) {
      throw new DfsError('DFS_BAD_ARGUMENT', `${directory} belongs to datanode ${identity.id}, not ${options.id}`)
    }
    const store = await DiskBlockStore.open(env.disk, directory, config.chunkBytes)
    const service = new DatanodeService(options, store, identity)
    await service.#load((await store.sweep()).replicas)
    service.#address = await service.#server.listen(options.address)
    service.#running = service.#run()
    return service
  }

  get id(): DatanodeId {
    return this.#id
  }

  get address(): Address {
    if (this.#address === undefined) throw new TypeError('the datanode does not listen yet')
    return this.#address
  }

  /** Ends what it does; replicas being written are dropped. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#scrubber.stop()
    await this.#server.close()
    this.#link.close()
    await this.#running
    await Promise.allSettled([...this.#work])
    await this.#writing.close()
  }

  /** Everything that is there is known, with its length. */
  async #load(replicas: readonly BlockKey[]): Promise<void> {
    const { env, directory } = this.#options
    this.#index.clear()
    for (const [i, key] of replicas.entries()) {
      const path = blockNames.data(directory, key)
      try {
        this.#index.add(key, await env.disk.fileSize(path))
      } catch (error) {
        throw ioError(`looking at ${path}`, error)
      }
      if (i % 10_000 === 9999) await env.sleep(0)
    }
  }

  async #run(): Promise<void> {
    const { env, config, say } = this.#options
    void this.#track(this.#scrubber.run(config.scrubPeriodMillis))
    let said = ''
    while (!this.#stop.signal.aborted) {
      const began = env.monotonic()
      try {
        if (!this.#link.registered) await this.#register()
        await this.#beat()
        said = ''
      } catch (error) {
        if (this.#stop.signal.aborted) break
        if (!(error instanceof DfsError)) throw error
        // It is tried again with the next heartbeat, and would be said as often.
        if (error.message !== said) say(error.message)
        said = error.message
      }
      const rest = config.heartbeatMillis - (env.monotonic() - began)
      await env.sleep(Math.max(10, rest), this.#stop.signal)
    }
  }

  async #register(): Promise<void> {
    const { directory, rack, pid, say, env } = this.#options
    const known = this.#identity?.id ?? this.#options.id
    const state = await this.#volume.look()
    const registered = await this.#link.register({
      ...(state.kind === 'well' ? { space: { capacity: state.space.capacity, free: state.space.free } } : {}),
      ...(known === undefined ? {} : { id: known }),
      ...(rack === undefined ? {} : { rack }),
      directory,
      address: this.address,
      pid,
      uuid: this.#uuid,
    })
    this.#id = registered.id
    await this.#keepIdentity(env, directory)
    // What the last session ordered stops here: a namenode counts on what the report says.
    await this.#deleting
    await this.#link.fullReport()
    say(`registered as ${registered.id} with ${this.#index.size} replicas`)
  }

  async #keepIdentity(env: Env, directory: string): Promise<void> {
    const cluster = this.#cluster
    if (cluster === undefined) throw new DfsError('DFS_PROTOCOL', 'the namenode did not name its cluster')
    const old = this.#identity
    const identity = { cluster, id: this.#id, uuid: this.#uuid, epoch: this.#epoch }
    const same = old?.id === identity.id && old.uuid === identity.uuid && old.epoch === identity.epoch
    if (same && old.cluster === cluster) return
    await writeIdentity(env, directory, identity)
    this.#identity = identity
  }

  /** Refuses a namenode that must not be obeyed. */
  #welcomed({ cluster, epoch }: Record<string, unknown>): void {
    if (typeof cluster !== 'string' || typeof epoch !== 'number') {
      throw new DfsError('DFS_PROTOCOL', 'the namenode named neither its cluster nor its epoch')
    }
    const { directory } = this.#options
    if (this.#cluster !== undefined && this.#cluster !== cluster) {
      throw fenced(directory, this.#cluster, cluster)
    }
    if (epoch < this.#epoch) {
      throw new DfsError(
        'DFS_FENCED',
        `a namenode of epoch ${epoch} is of the past: epoch ${this.#epoch} has been obeyed`,
      )
    }
    this.#cluster = cluster
    this.#epoch = epoch
  }

  async #beat(): Promise<void> {
    const { env } = this.#options
    const state = await this.#look()
    const sentAt = env.monotonic()
    const { session } = this.#link
    const commands = await this.#link.heartbeat({
      ...(state.kind === 'well' ? { capacity: state.space.capacity, free: state.space.free } : {}),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      used: this.#index.bytes,
      writers: this.#writing.size,
    })
    if (commands === undefined) return
    if (commands.report) await this.#link.fullReport()
    this.#obey(commands, sentAt, session)
    await this.#writing.sweep()
  }

  async #look(): Promise<VolumeState> {
    const { say, env, config, directory } = this.#options
    const state = await this.#volume.look()
    if (state.kind === 'well') {
      if (this.#failure !== undefined) {
        say(`${directory} is there again`)
        // Not swept: what is being written is there as well.
        await this.#load(await this.#store.list())
        await this.#link.fullReport()
      }
      this.#failure = undefined
    } else if (state.kind === 'emptied' || state.kind === 'replaced') {
      say(`${state.detail}; what it lacks comes from the others`)
      this.#uuid = randomUUID()
      await DiskBlockStore.open(env.disk, directory, config.chunkBytes)
      await this.#load(await this.#store.list())
      await this.#keepIdentity(env, directory)
      await this.#options.onReplaced?.()
      await this.#link.fullReport()
    } else {
      if (this.#failure === undefined) say(state.detail)
      this.#failure = state.detail
    }
    return state
  }

  #obey(commands: HeartbeatCommands, sentAt: number, session: number | undefined): void {
    for (const copy of commands.copies) this.#background(() => this.#copies(() => this.#copy(copy)))
    if (commands.deletions.length > 0) {
      const before = this.#deleting
      const validUntil = sentAt + commands.deletionsValidMillis
      this.#deleting = this.#track(before.then(() => this.#delete(commands.deletions, validUntil, session)))
    }
    for (const key of commands.verify) this.#background(async () => void (await this.#scrubber.verify(key)))
    const { scrub } = commands
    if (scrub !== undefined) this.#background(() => this.#scrubber.all(scrub))
  }

  #background(action: () => Promise<void>): void {
    void this.#track(action())
  }

  #track(task: Promise<void>): Promise<void> {
    const tracked = task
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#options.say(error instanceof Error ? error.message : String(error))
      })
      .finally(() => this.#work.delete(tracked))
    this.#work.add(tracked)
    return tracked
  }

  async #delete(keys: readonly BlockKey[], validUntil: number, session: number | undefined): Promise<void> {
    for (const key of keys) {
      // A process that was stopped meanwhile must not delete what has become the last replica, nor what another session counts on.
      if (this.#options.env.monotonic() > validUntil || this.#link.session !== session) return
      if (this.#stop.signal.aborted) return
      await this.#datanode.deleteReplica(key)
    }
  }

  async #copy({ key, length, targets }: HeartbeatCommands['copies'][number]): Promise<void> {
    const [first, ...rest] = targets
    if (first === undefined || this.#stop.signal.aborted) return
    const { env, token, config } = this.#options
    const parts = { env, token, chunkBytes: config.chunkBytes, packetBytes: config.packetBytes }
    const ids = targets.map(({ id }) => id)
    try {
      const reader = await this.#datanode.openReplica(key)
      try {
        if (reader.length !== length) throw new DfsError('DFS_CORRUPT_REPLICA', `it is ${reader.length} bytes long`)
        const read = (target: Uint8Array, position: number): Promise<number> => reader.read(target, position)
        const take = (bytes: number): Promise<void> => this.#throttle.take(bytes)
        const { failed } = await sendReplica(parts, key, length, [first, ...rest], read, take)
        if (failed.length === 0) return
        const reason = failed.map(({ datanode, message }) => `${datanode}: ${message}`).join('; ')
        await this.#link.copyFailed(
          key,
          failed.map(({ datanode }) => datanode),
          reason,
        )
      } finally {
        await reader.close()
      }
    } catch (error) {
      const own = error instanceof DfsError && (error.code === 'DFS_CORRUPT_REPLICA' || error.code === 'DFS_NOT_FOUND')
      if (own) await this.#scrubber.verify(key)
      await this.#link.copyFailed(key, ids, error instanceof Error ? error.message : String(error))
    }
  }
}

const fenced = (directory: string, cluster: string, asked: string): DfsError =>
  new DfsError(
    'DFS_FENCED',
    `${directory} belongs to the DFS ${cluster}, and the namenode is of ${asked}: its replicas stay as they are`,
  )

/** Until the namenode has given one. */
const unnamed = datanodeId('')
