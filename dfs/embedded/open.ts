import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { type DfsConfig, resolveConfig } from '../base/config.ts'
import { errorCode } from '../base/disk.ts'
import { type Env, realEnv } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { type BlockKey, identityName, rootNames } from '../base/names.ts'
import { lockRoot, type RootLock } from '../base/root-lock.ts'
import { DiskBlockStore } from '../block/disk-block-store.ts'
import type { Dfs, OpenOptions } from '../client/dfs.ts'
import { DfsClient } from '../client/dfs-client.ts'
import { Datanode } from '../datanode/datanode.ts'
import { skipTo } from '../namenode/numbers.ts'
import { NamenodeServer } from '../namenode/server.ts'
import { directoryOf, makeRoot, readOrFormat } from '../root/format.ts'
import { readSettings } from '../root/settings-file.ts'
import { type RootVersion, writeVersionFile } from '../root/version-file.ts'
import { EmbeddedConnection } from './connection.ts'
import { EmbeddedReplicas } from './embedded-replicas.ts'
import { ReplicationMonitor } from './replication-monitor.ts'

/**
 * Opens the DFS under `options.root` in this process, alone: DFS_LOCKED if another holds it, DFS_UNKNOWN_VERSION if a newer
 * program wrote it, DFS_CORRUPT_METADATA if its journal is damaged. A root that is not there is made unless
 * `create` is false (DFS_NOT_FOUND). What writers that died have left behind is gone when this resolves.
 */
export function openDfs(options: OpenOptions): Promise<Dfs> {
  return openEmbedded(options, realEnv)
}

/** `openDfs` with the machine passed in, and with the settings that are no option of the command line. */
export async function openEmbedded(options: OpenOptions, env: Env, tuning: Partial<DfsConfig> = {}): Promise<Dfs> {
  const root = resolve(options.root)
  const config = resolveConfig({ ...(await readSettings(env.disk, root)), ...tuning, ...settings(options) })
  await makeRoot(root, options.create ?? true, env)
  const lock = joined([await lockRoot(root)])
  try {
    const { version, notes } = await readOrFormat(root, config, options.datanodes, env)
    await lockDatanodes(root, version, lock, env)
    const full = { ...config, datanodes: version.datanodes.length }
    const user = options.user ?? userInfo().username
    const connection = await start(root, full, version, lock, env, { notes, user })
    return DfsClient.over(connection, user)
  } catch (error) {
    await lock.release()
    throw errorCode(error) === undefined ? error : ioError(`opening the DFS at ${root}`, error)
  }
}

function settings({ datanodes, racks, blockSize, replication }: OpenOptions): Partial<DfsConfig> {
  return {
    ...(datanodes === undefined ? {} : { datanodes }),
    ...(racks === undefined ? {} : { racks }),
    ...(blockSize === undefined ? {} : { blockSize }),
    ...(replication === undefined ? {} : { replication }),
  }
}

/** Locks that are released together. */
function joined(locks: RootLock[]): RootLock & { add(more: RootLock): void } {
  return {
    add: (more) => locks.push(more),
    release: async () => {
      for (const lock of locks.splice(0).reverse()) await lock.release()
    },
  }
}

/**
 * Datanodes that were ever processes of their own may be so now, with their namenode gone: then nothing may be opened here.
 * DFS_LOCKED says who runs.
 */
async function lockDatanodes(
  root: string,
  version: RootVersion,
  lock: ReturnType<typeof joined>,
  { disk }: Env,
): Promise<void> {
  const separate = await Promise.all(
    version.datanodes.map((node) => disk.exists(join(directoryOf(root, node), identityName))),
  )
  for (const [index, node] of version.datanodes.entries()) {
    if (separate[index] !== true) continue
    const directory = directoryOf(root, node)
    try {
      lock.add(await lockRoot(directory))
    } catch (error) {
      if (!(error instanceof DfsError) || error.code !== 'DFS_LOCKED') throw error
      throw new DfsError(
        'DFS_LOCKED',
        `datanode ${node.id} of ${root} runs, but no namenode: start it with quern dfs start, or end both with quern dfs stop`,
        { cause: error },
      )
    }
  }
}

async function start(
  root: string,
  config: DfsConfig,
  version: RootVersion,
  lock: RootLock,
  env: Env,
  { notes, user }: { notes: readonly string[]; user: string },
): Promise<EmbeddedConnection> {
  const { disk } = env
  const directory = rootNames.namenode(root)
  await makeDirectory(env, directory)
  const unfinished = !(await disk.exists(rootNames.version(root)))
  const descriptors = version.datanodes.map((node) => ({ ...node, directory: directoryOf(root, node) }))
  let replicas: EmbeddedReplicas | undefined
  const namenode = await NamenodeServer.open({
    env,
    directory,
    config,
    unfinished,
    superuser: userInfo().username,
    maker: user,
    replicas: (state) => {
      replicas = new EmbeddedReplicas(state, descriptors, env)
      return replicas
    },
  })
  try {
    if (replicas === undefined) throw new TypeError('the namenode was opened without its replicas')
    namenode.notes.push(...notes)
    // The lock is ours, so whoever was writing is gone.
    await namenode.abandonWriters(() => true)
    const datanodes = await openDatanodes(root, config, namenode, replicas, env)
    if (unfinished) await writeVersionFile(disk, root, version)
    const monitor = new ReplicationMonitor(namenode, replicas, datanodes, config)
    replicas.attach(monitor)
    monitor.inBackground('restoring replication', () => monitor.repairAll())
    return new EmbeddedConnection({ root, lock, env, config, namenode, replicas, datanodes, monitor })
  } catch (error) {
    await namenode.close()
    throw error
  }
}

async function makeDirectory({ disk }: Env, path: string): Promise<void> {
  try {
    await disk.makeDirectory(path)
  } catch (error) {
    throw ioError(`making ${path}`, error)
  }
}

/** A datanode that can't be opened is left out: the others have its blocks. */
async function openDatanodes(
  root: string,
  config: DfsConfig,
  namenode: NamenodeServer,
  replicas: EmbeddedReplicas,
  { disk }: Env,
): Promise<Map<DatanodeId, Datanode>> {
  const datanodes = new Map<DatanodeId, Datanode>()
  const opened = await Promise.allSettled(
    replicas.descriptors.map(async (descriptor) => {
      const store = await DiskBlockStore.open(disk, descriptor.directory, config.chunkBytes)
      const datanode = new Datanode(descriptor, store, replicas)
      return { datanode, found: (await datanode.report()).replicas }
    }),
  )
  for (const [index, { id }] of replicas.descriptors.entries()) {
    const outcome = opened[index]
    try {
      if (outcome?.status !== 'fulfilled') throw outcome?.reason
      await register(outcome.value.datanode, outcome.value.found, namenode, replicas)
      datanodes.set(id, outcome.value.datanode)
    } catch (error) {
      if (!(error instanceof DfsError)) throw error
      replicas.markDown(id)
      namenode.notes.push(`datanode ${id} can not be used: ${error.message}`)
    }
  }
  if (datanodes.size === 0) {
    throw new DfsError('DFS_IO', `no datanode of ${root} can be used: ${namenode.notes.join('; ')}`)
  }
  return datanodes
}

/** The full block report: replicas of blocks that no file has are deleted. */
async function register(
  datanode: Datanode,
  found: readonly BlockKey[],
  namenode: NamenodeServer,
  replicas: EmbeddedReplicas,
): Promise<void> {
  let ahead = 0
  const { nextBlock } = namenode.state
  for (const key of found) {
    if (replicas.received(datanode.id, key)) continue
    // A block's record is durable before a replica has its name. One that the namespace has yet to number means that the
    // namespace is older than the data, so the data stays.
    if (key.block >= nextBlock) {
      ahead++
      skipTo(namenode.state, key)
    } else await datanode.deleteReplica(key)
  }
  if (ahead === 0) return
  namenode.notes.push(
    `${datanode.directory} holds ${ahead} replicas newer than the namespace; they were kept. Was an old namenode directory restored?`,
  )
}
