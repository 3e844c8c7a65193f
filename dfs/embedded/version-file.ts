import { checksum } from '../base/checksum.ts'
import { limits } from '../base/config.ts'
import type { Disk } from '../base/disk.ts'
import { DfsError } from '../base/errors.ts'
import { type DatanodeId, datanodeId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { rootNames, temporary } from '../base/names.ts'

/**
 * The file that makes a directory a root: one line of JSON,
 *
 *   {"format":"quern-dfs","version":1,"datanodes":[{"id":"dn1","rack":"rack-1"},…],"checksum":<CRC-32 of the line without this>}
 *
 * It is written last when a root is made, so a root without it was never finished.
 */
export interface RootVersion {
  readonly datanodes: readonly { readonly id: DatanodeId; readonly rack: string }[]
}

const format = 'quern-dfs'
export const rootVersion = 1

/** Undefined where there is none. */
export async function readVersionFile(disk: Disk, root: string): Promise<RootVersion | undefined> {
  const path = rootNames.version(root)
  if (!(await disk.exists(path))) return undefined
  let text: string
  try {
    text = (await disk.readFile(path, 64 * 1024)).toString('utf8')
  } catch (error) {
    throw ioError(`reading ${path}`, error)
  }
  const fields = parse(text)
  if (fields?.['format'] !== format) throw damaged(path, 'it is not the version file of a DFS root')
  const { version, datanodes } = fields
  if (typeof version === 'number' && version !== rootVersion) {
    throw new DfsError(
      'DFS_UNKNOWN_VERSION',
      `${root} is of format version ${version}; this program knows version ${rootVersion}: use a newer one`,
    )
  }
  const parsed = Array.isArray(datanodes) ? datanodes.flatMap((entry: unknown) => parseDatanode(entry) ?? []) : []
  if (parsed.length === 0 || parsed.length > limits.datanodesMax || text !== encode({ datanodes: parsed })) {
    throw damaged(path, 'it fails its checksum')
  }
  return { datanodes: parsed }
}

export async function writeVersionFile(disk: Disk, root: string, version: RootVersion): Promise<void> {
  const path = rootNames.version(root)
  try {
    await disk.remove(temporary(path))
    const file = await disk.open(temporary(path), 'create')
    try {
      await file.write(Buffer.from(encode(version)), 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(temporary(path), path)
    await disk.syncDirectory(root)
  } catch (error) {
    throw ioError(`writing ${path}`, error)
  }
}

function encode({ datanodes }: RootVersion): string {
  const body = { format, version: rootVersion, datanodes: datanodes.map(({ id, rack }) => ({ id, rack })) }
  return `${JSON.stringify({ ...body, checksum: checksum(Buffer.from(JSON.stringify(body))) })}\n`
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A datanode's id is part of OS paths, so only what we would have written ourselves is taken. */
function parseDatanode(entry: unknown): { id: DatanodeId; rack: string } | undefined {
  if (typeof entry !== 'object' || entry === null || !('id' in entry) || !('rack' in entry)) return undefined
  const { id, rack } = entry
  if (typeof id !== 'string' || typeof rack !== 'string' || !/^dn\d{1,4}$/.test(id)) return undefined
  return { id: datanodeId(id), rack }
}

function damaged(path: string, what: string): DfsError {
  return new DfsError('DFS_CORRUPT_METADATA', `${path} is damaged: ${what}`)
}
