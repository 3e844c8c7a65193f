import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { type DfsConfig, resolveConfig } from '../base/config.ts'
import { errorCode } from '../base/disk.ts'
import { type Env, realEnv } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { type DatanodeId, datanodeId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { parseMetadataName, rootNames } from '../base/names.ts'
import { lockRoot } from '../base/root-lock.ts'
import { DiskBlockStore } from '../block/disk-block-store.ts'
import type { Dfs, OpenOptions } from '../client/dfs.ts'
import { DfsClient } from '../client/dfs-client.ts'
import { Datanode } from '../datanode/datanode.ts'
import { rackOf } from '../namenode/placement.ts'
import { NamenodeServer } from '../namenode/server.ts'
import { EmbeddedConnection } from './connection.ts'
import { EmbeddedReplicas } from './embedded-replicas.ts'
import { ReplicationMonitor } from './replication-monitor.ts'
import { type RootVersion, readVersionFile, writeVersionFile } from './version-file.ts'

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
  const config = resolveConfig({ ...tuning, ...settings(options) })
  await makeRoot(root, options.create ?? true, env)
  const lock = await lockRoot(root)
  try {
    const { version, notes } = await readOrFormat(root, config, options, env)
    const full = { ...config, datanodes: version.datanodes.length }
    const connection = await start(root, full, version, lock, env, notes)
    return DfsClient.over(connection, options.user ?? userInfo().username)
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

async function makeRoot(root: string, create: boolean, { disk }: Env): Promise<void> {
  try {
    if (!create && !(await disk.exists(rootNames.version(root)))) {
      throw new DfsError('DFS_NOT_FOUND', `there is no DFS at ${root}`)
    }
    await disk.makeDirectory(root)
  } catch (error) {
    throw ioError(`opening the DFS at ${root}`, error)
  }
}

async function readOrFormat(
  root: string,
  config: DfsConfig,
  options: OpenOptions,
  { disk }: Env,
): Promise<{ version: RootVersion; notes: string[] }> {
  const found = await readVersionFile(disk, root)
  if (found === undefined) {
    await refuseOrphanedMetadata(root, disk)
    const version = { datanodes: layOut(config.datanodes, config.racks) }
    return { version, notes: [] }
  }
  const asked = options.datanodes ?? found.datanodes.length
  if (asked === found.datanodes.length) return { version: found, notes: [] }
  if (asked < found.datanodes.length) {
    const note = `${asked} datanodes were asked for, but ${root} has ${found.datanodes.length}; it keeps them`
    return { version: found, notes: [note] }
  }
  // Those there are keep their racks: their replicas were placed by them.
  const added = layOut(asked, config.racks).slice(found.datanodes.length)
  const version = { datanodes: [...found.datanodes, ...added] }
  await writeVersionFile(disk, root, version)
  return { version, notes: [`datanodes ${added.map(({ id }) => id).join(', ')} were added`] }
}

function layOut(datanodes: number, racks: number): { id: DatanodeId; rack: string }[] {
  return Array.from({ length: datanodes }, (_, index) => ({
    id: datanodeId(`dn${index + 1}`),
    rack: rackOf(index, datanodes, racks),
  }))
}

/** A root whose version file was lost must not be formatted over. A journal that was only just begun is none. */
async function refuseOrphanedMetadata(root: string, disk: Env['disk']): Promise<void> {
  const directory = rootNames.namenode(root)
  if (!(await disk.exists(directory))) return
  const names = await disk.list(directory)
  const used = names.map(parseMetadataName).find((name) => name !== undefined && name.txid > 1)
  if (used === undefined) return
  throw new DfsError(
    'DFS_CORRUPT_METADATA',
    `${root} has a namespace but no VERSION file; restore that file, or use another root`,
  )
}

async function start(
  root: string,
  config: DfsConfig,
  version: RootVersion,
  lock: Awaited<ReturnType<typeof lockRoot>>,
  env: Env,
  notes: readonly string[],
): Promise<EmbeddedConnection> {
  const { disk } = env
  const directory = rootNames.namenode(root)
  await makeDirectory(env, directory)
  const unfinished = !(await disk.exists(rootNames.version(root)))
  const descriptors = version.datanodes.map(({ id, rack }) => ({
    id,
    rack,
    directory: rootNames.datanode(root, id),
  }))
  let replicas: EmbeddedReplicas | undefined
  const namenode = await NamenodeServer.open({
    env,
    directory,
    config,
    unfinished,
    superuser: userInfo().username,
    replicas: (state) => {
      replicas = new EmbeddedReplicas(state, descriptors, env.random)
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
    return new EmbeddedConnection({ root, lock, config, namenode, replicas, datanodes, monitor })
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
  for (const { id, rack, directory } of replicas.descriptors) {
    try {
      const store = await DiskBlockStore.open(disk, directory, config.chunkBytes)
      const datanode = new Datanode({ id, rack, directory }, store, replicas)
      await register(datanode, namenode, replicas)
      datanodes.set(id, datanode)
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
async function register(datanode: Datanode, namenode: NamenodeServer, replicas: EmbeddedReplicas): Promise<void> {
  const found = await datanode.report()
  let ahead = 0
  for (const key of found.replicas) {
    if (replicas.received(datanode.id, key)) continue
    // A block's record is durable before a replica has its name. One that the namespace has yet to number means that the
    // namespace is older than the data, so the data stays.
    if (key.block >= namenode.state.nextBlock) ahead++
    else await datanode.deleteReplica(key)
  }
  if (ahead === 0) return
  namenode.notes.push(
    `${datanode.directory} holds ${ahead} replicas newer than the namespace; they were kept. Was an old namenode directory restored?`,
  )
}
