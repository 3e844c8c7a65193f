import type { Disk } from '../base/disk.ts'
import { DfsError } from '../base/errors.ts'
import { ioError } from '../base/io-error.ts'
import { rootNames } from '../base/names.ts'
import type { Address } from '../base/net.ts'
import { isAlive } from '../base/process-identity.ts'
import { writeWhole } from './whole-file.ts'

/**
 * Where the namenode of a root listens, in <root>/run/namenode: one line of JSON,
 *
 *   {"process":identity,"cluster":…,"epoch":…,"rpc":{"host":…,"port":…},"http":{"host":…,"port":…}}
 *
 * It counts while the process it names lives. The secret beside it is what processes of this DFS know each other by; only the
 * owner of the root can read it.
 */
export interface NamenodeRun {
  /** Identity of its process. */
  readonly process: string
  readonly cluster: string
  readonly epoch: number
  readonly rpc: Address
  readonly http?: Address
}

const runFileBytesMax = 64 * 1024

/** Undefined where no namenode runs. */
export async function readNamenodeRun(disk: Disk, root: string): Promise<NamenodeRun | undefined> {
  const path = rootNames.namenodeRun(root)
  let text: string
  try {
    if (!(await disk.exists(path))) return undefined
    text = (await disk.readFile(path, runFileBytesMax)).toString('utf8')
  } catch (error) {
    throw ioError(`reading ${path}`, error)
  }
  const run = parseRun(text)
  // Another way of saying so than in a file would be needed where a namenode of another machine is to be found.
  return run !== undefined && isAlive(run.process) ? run : undefined
}

export async function writeNamenodeRun(disk: Disk, root: string, run: NamenodeRun): Promise<void> {
  await writeInRun(disk, root, rootNames.namenodeRun(root), `${JSON.stringify(run)}\n`)
}

export async function removeNamenodeRun(disk: Disk, root: string): Promise<void> {
  await disk.remove(rootNames.namenodeRun(root))
}

/** The secret of the root; made where there is none. */
export async function readOrMakeSecret(disk: Disk, root: string): Promise<string> {
  const known = await readSecret(disk, root)
  if (known !== undefined) return known
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')
  await writeInRun(disk, root, rootNames.secret(root), `${secret}\n`, 0o600)
  return secret
}

export async function readSecret(disk: Disk, root: string): Promise<string | undefined> {
  const path = rootNames.secret(root)
  try {
    if (!(await disk.exists(path))) return undefined
    const secret = (await disk.readFile(path, runFileBytesMax)).toString('latin1').trim()
    if (/^[0-9a-f]{64}$/.test(secret)) return secret
  } catch (error) {
    throw ioError(`reading ${path}`, error)
  }
  throw new DfsError('DFS_CORRUPT_METADATA', `${path} is damaged; stop the DFS and remove it, and a new one is made`)
}

async function writeInRun(disk: Disk, root: string, path: string, text: string, mode?: number): Promise<void> {
  try {
    await disk.makeDirectory(rootNames.run(root))
  } catch (error) {
    throw ioError(`making ${rootNames.run(root)}`, error)
  }
  await writeWhole(disk, path, text, mode)
}

function parseRun(text: string): NamenodeRun | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields: { process?: unknown; cluster?: unknown; epoch?: unknown; rpc?: unknown; http?: unknown } = value
  const rpc = parseAddress(fields.rpc)
  const http = parseAddress(fields.http)
  const { process, cluster, epoch } = fields
  if (typeof process !== 'string' || typeof cluster !== 'string' || typeof epoch !== 'number') return undefined
  if (rpc === undefined) return undefined
  return { process, cluster, epoch, rpc, ...(http === undefined ? {} : { http }) }
}

function parseAddress(value: unknown): Address | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { host, port }: { host?: unknown; port?: unknown } = value
  return typeof host === 'string' && typeof port === 'number' ? { host, port } : undefined
}
