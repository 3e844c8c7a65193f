import { type Disk, errorCode } from '../base/disk.ts'
import { ioError } from '../base/io-error.ts'
import { blockNames } from '../base/names.ts'
import type { DiskBlockStore } from '../block/disk-block-store.ts'
import type { ReplicaIndex } from './replica-index.ts'

/**
 * Brings what is known of a directory into line with what is in it, should somebody else have put files there or taken
 * some away: HDFS's directory scanner. True if there was a difference.
 */
export async function scanDirectory(
  disk: Disk,
  directory: string,
  store: DiskBlockStore,
  index: ReplicaIndex,
): Promise<boolean> {
  // What this process itself adds or deletes meanwhile is none of the scan's business.
  const before = new Map([...index.all()].map(({ key }) => [`${key.block} ${key.generation}`, key]))
  let changed = false
  for (const key of await store.list()) {
    if (before.delete(`${key.block} ${key.generation}`)) continue
    if (index.lengthOf(key.block, key.generation) !== undefined) continue
    const path = blockNames.data(directory, key)
    try {
      index.add(key, await disk.fileSize(path))
    } catch (error) {
      // Deleted since it was listed.
      if (errorCode(error) === 'ENOENT') continue
      throw ioError(`looking at ${path}`, error)
    }
    changed = true
  }
  for (const key of before.values()) if (index.remove(key)) changed = true
  return changed
}
