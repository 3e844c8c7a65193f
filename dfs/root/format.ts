import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { datanodeId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { parseMetadataName, rootNames } from '../base/names.ts'
import { rackOf } from '../namenode/placement.ts'
import { type RootDatanode, type RootVersion, readVersionFile, writeVersionFile } from './version-file.ts'

/** What there has to be before a namenode can be opened, embedded or as a daemon. */

/** DFS_NOT_FOUND where there is no DFS and none is to be made. */
export async function makeRoot(root: string, create: boolean, { disk }: Env): Promise<void> {
  try {
    if (!create && !(await disk.exists(rootNames.version(root)))) {
      throw new DfsError('DFS_NOT_FOUND', `there is no DFS at ${root}`)
    }
    await disk.makeDirectory(root)
  } catch (error) {
    throw ioError(`opening the DFS at ${root}`, error)
  }
}

/** The version file, with the datanodes asked for; of a root that is only now made, it is written when all else is there. */
export async function readOrFormat(
  root: string,
  config: Pick<DfsConfig, 'datanodes' | 'racks'>,
  wanted: number | undefined,
  { disk }: Env,
): Promise<{ version: RootVersion; notes: string[] }> {
  const found = await readVersionFile(disk, root)
  if (found === undefined) {
    await refuseOrphanedMetadata(root, disk)
    const version = { cluster: crypto.randomUUID(), datanodes: layOut(config.datanodes, config.racks) }
    return { version, notes: [] }
  }
  const asked = wanted ?? found.datanodes.length
  if (asked === found.datanodes.length) return { version: found, notes: [] }
  if (asked < found.datanodes.length) {
    const note = `${asked} datanodes were asked for, but ${root} has ${found.datanodes.length}; it keeps them`
    return { version: found, notes: [note] }
  }
  // Those there are keep their racks: their replicas were placed by them.
  const added = layOut(asked, config.racks).slice(found.datanodes.length)
  const version = { cluster: found.cluster, datanodes: [...found.datanodes, ...added] }
  await writeVersionFile(disk, root, version)
  return { version, notes: [`datanodes ${added.map(({ id }) => id).join(', ')} were added`] }
}

export function layOut(datanodes: number, racks: number): RootDatanode[] {
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

/** Where a datanode's replicas are. */
export const directoryOf = (root: string, { id, directory }: RootDatanode): string =>
  directory ?? rootNames.datanode(root, id)
