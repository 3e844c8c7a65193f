import { join } from 'node:path'
import type { Disk } from '../base/disk.ts'
import { DfsError } from '../base/errors.ts'
import { ioError } from '../base/io-error.ts'
import { epochName, temporary } from '../base/names.ts'

/**
 * The epoch rises with every start of the namenode, and is durable before it is told to anyone: whoever has obeyed one
 * refuses those before. The file holds it as decimal text.
 */
export async function nextEpoch(disk: Disk, directory: string): Promise<number> {
  const path = join(directory, epochName)
  try {
    const before = (await disk.exists(path)) ? parseEpoch(path, await disk.readFile(path, 100)) : 0
    await disk.remove(temporary(path))
    const file = await disk.open(temporary(path), 'create')
    try {
      await file.write(Buffer.from(`${before + 1}\n`), 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(temporary(path), path)
    await disk.syncDirectory(directory)
    return before + 1
  } catch (error) {
    throw ioError(`beginning a new epoch in ${path}`, error)
  }
}

function parseEpoch(path: string, bytes: Buffer): number {
  const text = bytes.toString('latin1').trim()
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new DfsError(
    'DFS_CORRUPT_METADATA',
    `${path} is damaged; write into it a number higher than the epoch in every datanode's DATANODE file`,
  )
}
