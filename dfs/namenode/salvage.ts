import { basename, join } from 'node:path'
import type { Disk } from '../base/disk.ts'
import { ioError } from '../base/io-error.ts'
import { parseMetadataName } from '../base/names.ts'
import { headerBytes } from './frame.ts'
import { Journal } from './journal.ts'
import { DamagedMetadata, recoverNamespace } from './storage.ts'

/** Behind the name of what is set aside. Such a file is looked at by nobody. */
const setAside = '.damaged'

/**
 * Makes a damaged namespace one that can be opened, by giving up what can not be read: the journal ends before its first
 * damaged record, and what is behind it, and damaged images, are set aside under another name. Gives a sentence about each;
 * none where nothing was damaged. For a person who has decided so: what is given up was acknowledged once.
 */
export async function salvage(disk: Disk, directory: string): Promise<string[]> {
  const said: string[] = []
  // Each round sets aside at least one file, or cuts one, so this ends.
  for (;;) {
    try {
      const { journal } = await recoverNamespace(disk, directory)
      await journal.close()
      return said
    } catch (error) {
      if (!(error instanceof DamagedMetadata)) throw error
      try {
        said.push(...(await giveUp(disk, directory, error)))
      } catch (failure) {
        throw ioError(`setting aside ${error.file}`, failure)
      }
    }
  }
}

async function giveUp(disk: Disk, directory: string, { file, offset }: DamagedMetadata): Promise<string[]> {
  const parsed = parseMetadataName(basename(file))
  if (parsed === undefined) throw new TypeError(`${file} is no image and no journal`)
  if (parsed.kind === 'image') return [await renameAside(disk, file)]
  const said: string[] = []
  // The last first: killed in between, the next try finds the same damage.
  const later = (await disk.list(directory))
    .map((name) => ({ name, parsed: parseMetadataName(name) }))
    .filter(({ parsed: other }) => other !== undefined && other.txid > parsed.txid)
    .sort((a, b) => (b.parsed?.txid ?? 0) - (a.parsed?.txid ?? 0))
  for (const { name } of later) said.push(await renameAside(disk, join(directory, name)))
  if (!(await disk.exists(file))) {
    await (await Journal.create(disk, directory, parsed.txid - 1)).close()
    return [...said, `${file} was missing: a new journal begins there`]
  }
  if (offset < headerBytes) return [...said, await renameAside(disk, file)]
  return [...said, await cutAside(disk, file, offset)]
}

async function renameAside(disk: Disk, file: string): Promise<string> {
  const aside = await freeName(disk, file)
  await disk.rename(file, aside)
  return `${file} was set aside as ${basename(aside)}`
}

async function cutAside(disk: Disk, file: string, offset: number): Promise<string> {
  const source = await disk.open(file, 'append')
  try {
    const size = await source.size()
    const aside = await freeName(disk, file)
    const copy = await disk.open(aside, 'create')
    try {
      const rest = Buffer.alloc(size - offset)
      await source.read(rest, offset)
      await copy.write(rest, 0)
      await copy.sync()
    } finally {
      await copy.close()
    }
    await source.truncate(offset)
    await source.sync()
    return `${file} ends at offset ${offset} now; the ${size - offset} bytes behind it were set aside as ${basename(aside)}`
  } finally {
    await source.close()
  }
}

async function freeName(disk: Disk, file: string): Promise<string> {
  for (let n = 0; ; n++) {
    const name = n === 0 ? file + setAside : `${file}${setAside}.${n}`
    if (!(await disk.exists(name))) return name
  }
}
