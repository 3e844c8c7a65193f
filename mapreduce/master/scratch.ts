import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { MrError } from '../base/errors.ts'
import { diskError, errorCode, type OutputDisk } from '../output/disk.ts'
import type { OutputRecord } from '../output/local-committer.ts'
import { settleOutput } from '../output/recover.ts'
import { forgetOld, type Kept, keepFinished } from './kept-maps.ts'
import { ownerIsDead } from './owner.ts'

/**
 * A job's temporary files:
 *
 *   <QUERN_TMP or the system's>/quern-<uid>/     mode 0700, for all jobs of one user
 *     <tag>/                                     one job; the tag says whose it is
 *       output.json                              the OutputRecord of local output, before anything is made there
 *       map-12.1.run                             run file of map 12, attempt 1
 *       map-12.1.skipped                         records it set aside, see output/skipped-records.ts
 *       resume, map-12.1.finished                for --resume, see kept-maps.ts
 *       map-12.1.*, reduce-3.2.*                 whatever else that attempt makes (spills, merges)
 *       part-r-00003.2                           output of an attempt that goes to the DFS
 *
 * Every file of an attempt begins with `<kind>-<task>.<attempt>.`, which is how the master clears up after one.
 */
export class Scratch {
  readonly directory: string
  readonly #disk: OutputDisk

  private constructor(directory: string, disk: OutputDisk) {
    this.directory = directory
    this.#disk = disk
  }

  static async create(tag: string, base: string, disk: OutputDisk): Promise<Scratch> {
    await ensureBase(base)
    const directory = path.join(base, tag)
    try {
      await fs.mkdir(directory, { mode: 0o700 })
    } catch (error) {
      throw diskError(error, 'making the directory', directory)
    }
    return new Scratch(directory, disk)
  }

  /** Before the output's temporaries are made, so that they can be found whatever happens. */
  async record(record: OutputRecord): Promise<void> {
    const file = path.join(this.directory, recordName)
    await this.#disk.writeDurable(`${file}.new`, JSON.stringify(record))
    try {
      await this.#disk.rename(`${file}.new`, file)
    } catch (error) {
      throw diskError(error, 'writing', file)
    }
  }

  runFile(map: number, attempt: number): string {
    return path.join(this.directory, `${attemptPrefix('map', map, attempt)}run`)
  }

  skippedFile(map: number, attempt: number): string {
    return path.join(this.directory, `${attemptPrefix('map', map, attempt)}skipped`)
  }

  /** Removes every file of one attempt. */
  async discard(kind: 'map' | 'reduce', task: number, attempt: number): Promise<void> {
    const prefix = attemptPrefix(kind, task, attempt)
    for (const entry of await fs.readdir(this.directory)) {
      if (entry.startsWith(prefix)) await fs.rm(path.join(this.directory, entry), { recursive: true, force: true })
    }
  }

  async remove(): Promise<void> {
    await this.#disk.remove(this.directory)
  }

  /** As `remove`, but finished maps are kept for a later run of the job; undefined when there were none. */
  async keep(): Promise<Kept | undefined> {
    const kept = await keepFinished(this.directory, path.dirname(this.directory), this.#disk)
    if (kept === undefined) await this.remove()
    return kept
  }
}

const recordName = 'output.json'

function attemptPrefix(kind: 'map' | 'reduce', task: number, attempt: number): string {
  return `${kind}-${task}.${attempt}.`
}

export function scratchBase(env: NodeJS.ProcessEnv = process.env): string {
  const asked = env['QUERN_TMP']
  const parent = asked === undefined || asked === '' ? os.tmpdir() : asked
  return path.resolve(parent, `quern-${process.getuid?.() ?? os.userInfo().username}`)
}

/** In a directory everyone may write to, the name could have been taken by someone else to read what a job spills. */
async function ensureBase(base: string): Promise<void> {
  try {
    await fs.mkdir(base, { recursive: true, mode: 0o700 })
    const stat = await fs.lstat(base)
    const mine = process.getuid === undefined || stat.uid === process.getuid()
    if (stat.isDirectory() && mine && (stat.mode & 0o077) === 0) return
    if (stat.isDirectory() && mine) {
      await fs.chmod(base, 0o700)
      return
    }
  } catch (error) {
    throw diskError(error, 'making the directory for temporary files', base)
  }
  throw new MrError(
    'MR_IO',
    `The directory for temporary files, ${base}, belongs to someone else. Set QUERN_TMP to a directory of your own.`,
  )
}

/** Clears up after processes that are gone: their scratch, and the output they were making. Returns how many it met. */
export async function sweepScratch(base: string, disk: OutputDisk): Promise<number> {
  let swept = 0
  for (const tag of await entriesOf(base)) {
    await forgetOld(base, tag, Date.now(), disk)
    if (!ownerIsDead(tag)) continue
    const directory = path.join(base, tag)
    const text = await disk.readText(path.join(directory, recordName))
    const record = text === undefined ? undefined : parseRecord(text, tag)
    if (record !== undefined) await settleOutput(disk, record)
    // The record goes last: a sweep that is itself killed is done again.
    if ((await keepFinished(directory, base, disk)) === undefined) await disk.remove(directory)
    swept++
  }
  return swept
}

async function entriesOf(base: string): Promise<string[]> {
  try {
    return await fs.readdir(base)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw diskError(error, 'listing', base)
  }
}

/** Undefined for text that is no record of this owner: nothing is touched on its word. */
function parseRecord(text: string, tag: string): OutputRecord | undefined {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (typeof found !== 'object' || found === null || !('output' in found) || !('madeParents' in found)) return undefined
  const { output, madeParents } = found
  if (typeof output !== 'string' || !path.isAbsolute(output) || !Array.isArray(madeParents)) return undefined
  const parents = madeParents.filter((parent) => typeof parent === 'string' && path.isAbsolute(parent))
  return { output, tag, madeParents: parents }
}
