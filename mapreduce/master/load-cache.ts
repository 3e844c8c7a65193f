import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { MrError } from '../base/errors.ts'
import { errorCode } from '../base/system-error.ts'

/**
 * Bundled job modules on disk, per user, so that the second run of a job starts without the bundler.
 *
 *   <sha256 of the bundle>.mjs   the bundle, written under another name and renamed: whole or absent
 *   <sha256 of the entry>.json   CacheRecord: which inputs, in which state, gave which bundle
 *
 * The directory is executed from, so it must be the user's own and closed to others (0700), and so must its parent.
 */

/** Bumped when what is bundled, or the record's shape, changes. */
const RECORD_VERSION = 1
/** A bundle may be in use by a job that runs for days. */
const KEEP_DAYS = 30
const KEEP_ENTRIES = 400
/** A file that was written this shortly before the bundle may change again without its times showing it. */
const RACY_MS = 100

/** State of one input. An absent file (`size` -1) counts: a new `tsconfig.json` changes the bundle too. */
interface InputState {
  readonly path: string
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly size: number
  readonly sha256: string
}

interface CacheRecord {
  readonly version: typeof RECORD_VERSION
  readonly bundledAtMs: number
  readonly bundle: string
  readonly inputs: readonly InputState[]
}

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export function defaultCacheDirectory(): string {
  return path.join(os.tmpdir(), `quern-${process.getuid?.() ?? os.userInfo().username}`, 'jobs')
}

function makeDirectory(directory: string, options: fs.MakeDirectoryOptions): void {
  try {
    fs.mkdirSync(directory, options)
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && options.recursive !== true) return
    const reason = error instanceof Error ? error.message : String(error)
    throw new MrError(
      'MR_IO',
      `Cannot make the directory for bundled jobs: ${reason}. Set TMPDIR to a directory you may write to.`,
      { cause: error },
    )
  }
}

function ensurePrivate(directory: string): void {
  makeDirectory(directory, { mode: 0o700 })
  const stat = fs.lstatSync(directory)
  const uid = process.getuid?.()
  if (!stat.isDirectory() || (uid !== undefined && stat.uid !== uid)) {
    throw new MrError(
      'MR_IO',
      `${directory}, where bundled jobs are kept, is not a directory of your own (${stat.isDirectory() ? `owner ${stat.uid}, you are ${uid}` : 'it is something else'}). Code would be run from it, so it is not used: remove it, or set TMPDIR to a directory of your own.`,
    )
  }
  if (uid !== undefined && (stat.mode & 0o077) !== 0) fs.chmodSync(directory, 0o700)
}

function inputState(file: string, contents = true): InputState {
  let stat: fs.Stats
  try {
    stat = fs.statSync(file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') {
      return { path: file, mtimeMs: 0, ctimeMs: 0, size: -1, sha256: '' }
    }
    throw error
  }
  const hash = contents && stat.isFile() ? sha256(fs.readFileSync(file)) : ''
  return { path: file, mtimeMs: stat.mtimeMs, ctimeMs: stat.ctimeMs, size: stat.size, sha256: hash }
}

function unchanged(recorded: InputState, bundledAtMs: number): boolean {
  const now = inputState(recorded.path, false)
  if (now.size !== recorded.size || now.mtimeMs !== recorded.mtimeMs || now.ctimeMs !== recorded.ctimeMs) return false
  if (recorded.size < 0 || recorded.ctimeMs < bundledAtMs - RACY_MS) return true
  return inputState(recorded.path).sha256 === recorded.sha256
}

function isInputState(value: unknown): value is InputState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'path' in value &&
    typeof value.path === 'string' &&
    'mtimeMs' in value &&
    typeof value.mtimeMs === 'number' &&
    'ctimeMs' in value &&
    typeof value.ctimeMs === 'number' &&
    'size' in value &&
    typeof value.size === 'number' &&
    'sha256' in value &&
    typeof value.sha256 === 'string'
  )
}

function isCacheRecord(value: unknown): value is CacheRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === RECORD_VERSION &&
    'bundledAtMs' in value &&
    typeof value.bundledAtMs === 'number' &&
    'bundle' in value &&
    typeof value.bundle === 'string' &&
    /^[0-9a-f]{64}$/.test(value.bundle) &&
    'inputs' in value &&
    Array.isArray(value.inputs) &&
    value.inputs.every(isInputState)
  )
}

export class BundleCache {
  readonly #directory: string

  /** Throws MR_IO when the directory is not the user's own. */
  constructor(directory: string) {
    makeDirectory(path.dirname(path.dirname(directory)), { recursive: true })
    ensurePrivate(path.dirname(directory))
    ensurePrivate(directory)
    this.#directory = directory
  }

  #recordFile(key: string): string {
    return path.join(this.#directory, `${sha256(key)}.json`)
  }

  bundleFile(hash: string): string {
    return path.join(this.#directory, `${hash}.mjs`)
  }

  /** The bundle made for `key`, when its inputs are as they were and its bytes are whole. */
  find(key: string): string | undefined {
    try {
      const record: unknown = JSON.parse(fs.readFileSync(this.#recordFile(key), 'utf8'))
      if (!isCacheRecord(record) || !record.inputs.every((input) => unchanged(input, record.bundledAtMs)))
        return undefined
      const file = this.bundleFile(record.bundle)
      if (sha256(fs.readFileSync(file)) !== record.bundle) return undefined
      const now = new Date()
      for (const used of [file, this.#recordFile(key)]) fs.utimesSync(used, now, now)
      return file
    } catch {
      // Absent, swept by another process or unreadable: all mean "bundle again", which says what is wrong if anything is.
      return undefined
    }
  }

  /** Stores a bundle under the hash of its bytes and remembers what it was made from; returns its path. */
  store(key: string, bundle: Uint8Array, inputs: readonly string[], bundledAtMs: number): string {
    const hash = sha256(bundle)
    const file = this.bundleFile(hash)
    this.#write(file, bundle)
    const record: CacheRecord = {
      version: RECORD_VERSION,
      bundledAtMs,
      bundle: hash,
      inputs: inputs.map((input) => inputState(input)),
    }
    // An input edited while the bundler ran must not pass for the one it read.
    if (record.inputs.every((input) => input.ctimeMs < bundledAtMs)) {
      this.#write(this.#recordFile(key), JSON.stringify(record))
    }
    this.#sweep(bundledAtMs)
    return file
  }

  #write(file: string, bytes: Uint8Array | string): void {
    const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
    try {
      fs.writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx' })
      fs.renameSync(temporary, file)
    } catch (error) {
      fs.rmSync(temporary, { force: true })
      const reason = error instanceof Error ? error.message : String(error)
      const code = errorCode(error) === 'ENOSPC' ? 'MR_NO_SPACE' : 'MR_IO'
      throw new MrError(
        code,
        `Cannot keep the bundled job in ${this.#directory}: ${reason}. Free space there, or set TMPDIR.`,
        { cause: error },
      )
    }
  }

  #sweep(nowMs: number): void {
    const entries: { file: string; usedMs: number }[] = []
    for (const name of fs.readdirSync(this.#directory)) {
      const file = path.join(this.#directory, name)
      const stat = fs.statSync(file, { throwIfNoEntry: false })
      if (stat !== undefined) entries.push({ file, usedMs: stat.mtimeMs })
    }
    entries.sort((a, b) => b.usedMs - a.usedMs)
    for (const [rank, { file, usedMs }] of entries.entries()) {
      const ageDays = (nowMs - usedMs) / 86_400_000
      if (ageDays > KEEP_DAYS || (rank >= KEEP_ENTRIES && ageDays > 1)) fs.rmSync(file, { force: true })
    }
  }
}
