import { type DfsConfig, resolveConfig, settingNames } from '../base/config.ts'
import type { Disk } from '../base/disk.ts'
import { DfsError } from '../base/errors.ts'
import { ioError } from '../base/io-error.ts'
import { rootNames } from '../base/names.ts'
import { writeWhole } from './whole-file.ts'

/**
 * What a root is set to in place of the defaults, in the file <root>/settings: one line of JSON,
 *
 *   {"format":"quern-settings","version":1,"settings":{"leaseMillis":5000,…}}
 *
 * Whoever opens the root goes by it. It may be changed by hand, so it has no checksum; names and values are checked each
 * time it is read. How many datanodes and racks there are is no setting of a root that is there: VERSION says it.
 */
export type RootSettings = Partial<DfsConfig>

const format = 'quern-settings'
const settingsVersion = 1
const fileBytesMax = 64 * 1024

/** None where there is no such file. DFS_CORRUPT_METADATA where it is not what it should be. */
export async function readSettings(disk: Disk, root: string): Promise<RootSettings> {
  const path = rootNames.settings(root)
  let text: string
  try {
    if (!(await disk.exists(path))) return {}
    text = (await disk.readFile(path, fileBytesMax)).toString('utf8')
  } catch (error) {
    throw ioError(`reading ${path}`, error)
  }
  const { version, settings } = parse(path, text)
  if (version !== settingsVersion) {
    throw new DfsError(
      'DFS_UNKNOWN_VERSION',
      `${path} is of version ${String(version)}; this program knows version ${settingsVersion}: use a newer one`,
    )
  }
  const found: Record<string, number> = {}
  for (const [name, value] of Object.entries(settings)) {
    if (!settingNames.includes(name) || typeof value !== 'number') throw damaged(path, `${name} is no setting`)
    found[name] = value
  }
  try {
    resolveConfig(found)
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : String(error), error)
  }
  return found
}

export function writeSettings(disk: Disk, root: string, settings: RootSettings): Promise<void> {
  const text = `${JSON.stringify({ format, version: settingsVersion, settings })}
`
  return writeWhole(disk, rootNames.settings(root), text)
}

function parse(path: string, text: string): { version: unknown; settings: object } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damaged(path, 'it is no JSON', error)
  }
  const fields: { format?: unknown; version?: unknown; settings?: unknown } =
    typeof value === 'object' && value !== null ? value : {}
  const { version, settings } = fields
  if (fields.format !== format || typeof settings !== 'object' || settings === null) {
    throw damaged(path, 'it is no file of settings')
  }
  return { version, settings }
}

function damaged(path: string, what: string, cause?: unknown): DfsError {
  return new DfsError(
    'DFS_CORRUPT_METADATA',
    `${path} can not be used: ${what}; mend it, or remove it to have the defaults`,
    {
      cause,
    },
  )
}
