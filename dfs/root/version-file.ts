import { checksum } from '../base/checksum.ts'
import { limits } from '../base/config.ts'
import type { Disk } from '../base/disk.ts'
import { DfsError } from '../base/errors.ts'
import { type DatanodeId, datanodeId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { rootNames } from '../base/names.ts'
import { writeWhole } from './whole-file.ts'

/**
 * The file that makes a directory a root: one line of JSON,
 *
 *   {"format":"quern-dfs","version":2,"cluster":…,"datanodes":[{"id":"dn1","rack":"rack-1"},…],"checksum":<CRC-32 of the line without this>}
 *
 * A datanode elsewhere than in the root has its "directory", one that is to be emptied its "state". Version 1 had no cluster;
 * one is given to it when it is read. It is written last when a root is made, so a root without it was never finished.
 */
export interface RootVersion {
  /** Names this DFS among all, so that a datanode's directory is never taken for another's. */
  readonly cluster: string
  readonly datanodes: readonly RootDatanode[]
}

export interface RootDatanode {
  readonly id: DatanodeId
  readonly rack: string
  /** Absolute; undefined for the one in the root. */
  readonly directory?: string
  readonly state?: 'decommissioning' | 'decommissioned'
}

const format = 'quern-dfs'
export const rootVersion = 2

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
  const { version, datanodes, cluster } = fields
  if (typeof version === 'number' && version !== rootVersion && version !== 1) {
    throw new DfsError(
      'DFS_UNKNOWN_VERSION',
      `${root} is of format version ${version}; this program knows version ${rootVersion}: use a newer one`,
    )
  }
  const parsed = Array.isArray(datanodes) ? datanodes.flatMap((entry: unknown) => parseDatanode(entry) ?? []) : []
  const found = { cluster: typeof cluster === 'string' ? cluster : crypto.randomUUID(), datanodes: parsed }
  const expected = version === 1 ? encodeVersion1(found) : encode(found)
  if (parsed.length === 0 || parsed.length > limits.datanodesMax || text !== expected) {
    throw damaged(path, 'it fails its checksum')
  }
  return found
}

export function writeVersionFile(disk: Disk, root: string, version: RootVersion): Promise<void> {
  return writeWhole(disk, rootNames.version(root), encode(version))
}

function encode({ cluster, datanodes }: RootVersion): string {
  return checked({ format, version: rootVersion, cluster, datanodes: datanodes.map(fieldsOf) })
}

const encodeVersion1 = ({ datanodes }: RootVersion): string =>
  checked({ format, version: 1, datanodes: datanodes.map(({ id, rack }) => ({ id, rack })) })

const checked = (body: object): string =>
  `${JSON.stringify({ ...body, checksum: checksum(Buffer.from(JSON.stringify(body))) })}\n`

const fieldsOf = ({ id, rack, directory, state }: RootDatanode): RootDatanode => ({
  id,
  rack,
  ...(directory === undefined ? {} : { directory }),
  ...(state === undefined ? {} : { state }),
})

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
function parseDatanode(entry: unknown): RootDatanode | undefined {
  if (typeof entry !== 'object' || entry === null || !('id' in entry) || !('rack' in entry)) return undefined
  const { id, rack } = entry
  if (typeof id !== 'string' || typeof rack !== 'string' || !/^dn\d{1,4}$/.test(id)) return undefined
  const node = { id: datanodeId(id), rack }
  const directory = 'directory' in entry && typeof entry.directory === 'string' ? { directory: entry.directory } : {}
  const state = 'state' in entry ? entry.state : undefined
  return state === 'decommissioning' || state === 'decommissioned'
    ? { ...node, ...directory, state }
    : { ...node, ...directory }
}

function damaged(path: string, what: string): DfsError {
  return new DfsError('DFS_CORRUPT_METADATA', `${path} is damaged: ${what}`)
}
