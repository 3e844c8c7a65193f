import { dirname } from 'node:path'
import type { Disk } from '../base/disk.ts'
import { ioError } from '../base/io-error.ts'
import { temporary } from '../base/names.ts'

/** A small file is there with all of `text` or as it was before, whatever happens meanwhile. */
export async function writeWhole(disk: Disk, path: string, text: string, mode?: number): Promise<void> {
  try {
    await disk.remove(temporary(path))
    const file = await disk.open(temporary(path), 'create', mode)
    try {
      await file.write(Buffer.from(text), 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(temporary(path), path)
    await disk.syncDirectory(dirname(path))
  } catch (error) {
    throw ioError(`writing ${path}`, error)
  }
}
