import { combinedChunks } from '../base/crc-combination.ts'
import type { Disk } from '../base/disk.ts'
import type { LocatedBlock, ReplicaLocation } from '../client/status.ts'
import { checksumFileBytesMax, decodeChecksumFile } from './format.ts'

/**
 * The CRC-32 of a block's content, put together from those of its chunks in the replica's checksum file. Undefined where
 * that can not be had: no such file here, a damaged one, not all of the data beside it. Who reads the replica is told why.
 */
export async function contentChecksum(
  disk: Disk,
  block: LocatedBlock,
  { dataFile, checksumFile }: ReplicaLocation,
): Promise<number | undefined> {
  let file: Buffer
  try {
    if ((await disk.fileSize(dataFile)) !== block.length) return undefined
    file = await disk.readFile(checksumFile, checksumFileBytesMax)
  } catch {
    // Of another machine, or somebody else's: reading the content says what there is to say.
    return undefined
  }
  const checksums = decodeChecksumFile(file, block.block, block.generation)
  if (typeof checksums === 'string' || checksums.length !== block.length) return undefined
  return combinedChunks(checksums.sums, checksums.chunkBytes, checksums.length)
}
