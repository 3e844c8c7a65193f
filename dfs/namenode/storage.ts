import { join } from 'node:path'
import { ByteReader } from '../base/bytes.ts'
import type { Disk } from '../base/disk.ts'
import { DfsError } from '../base/errors.ts'
import { ioError } from '../base/io-error.ts'
import { imageName, journalName, parseMetadataName, temporary, temporarySuffix } from '../base/names.ts'
import {
  decodeFrame,
  decodeHeader,
  encodeFrame,
  encodeHeader,
  formatVersion,
  type HeaderResult,
  headerBytes,
  isTorn,
} from './frame.ts'
import type { Section } from './image.ts'
import { ImageLoader } from './image-loader.ts'
import { Journal } from './journal.ts'
import { Namespace } from './namespace.ts'
import { decodeRecord } from './records.ts'

/**
 * What lies in the namenode's directory: images (the state up to a transaction) and journal segments (the transactions
 * behind it). The two newest images are kept and every segment behind the older one, so that one damaged image costs nothing.
 */
const metadataBytesMax = 4_000_000_000

export interface Recovered {
  readonly state: Namespace
  readonly journal: Journal
  /** What a person should know: a torn record dropped, a damaged image passed over. */
  readonly notes: readonly string[]
  /** The newest image could not be used; a checkpoint now puts that right. */
  readonly checkpointNeeded: boolean
}

/**
 * Rebuilds the state of a directory; an empty one gives an empty namespace. `unfinished`: the root was never made to its
 * end, so a first segment that was only begun is begun again.
 */
export async function recoverNamespace(disk: Disk, directory: string, unfinished = false): Promise<Recovered> {
  const { images, segments } = await inventory(disk, directory)
  if (unfinished && images.length === 0 && segments.length === 1 && segments[0] === 1) {
    const path = join(directory, journalName(1))
    if ((await readMetadata(disk, path)).length < headerBytes) {
      await disk.remove(path)
      segments.pop()
    }
  }
  const notes: string[] = []
  const start = await newestUsableImage(disk, directory, images, segments, notes)
  if (segments.length === 0 && images.length === 0) {
    return { state: start.state, journal: await Journal.create(disk, directory, 0), notes, checkpointNeeded: false }
  }
  const replayed = await replay(disk, directory, { images, segments }, start, notes)
  const journal = await Journal.resume(disk, directory, replayed.segment, replayed.lastTxid)
  journal.recordsSinceRoll = replayed.lastTxid - start.txid
  journal.bytesSinceRoll = replayed.bytes
  start.state.takeDead()
  return { state: start.state, journal, notes, checkpointNeeded: start.passedOver > 0 }
}

interface Inventory {
  /** Transaction numbers, newest first. */
  readonly images: number[]
  /** First transactions, oldest first. */
  readonly segments: number[]
}

async function inventory(disk: Disk, directory: string): Promise<Inventory> {
  const images: number[] = []
  const segments: number[] = []
  for (const name of await disk.list(directory)) {
    const parsed = parseMetadataName(name)
    if (parsed?.kind === 'image') images.push(parsed.txid)
    else if (parsed?.kind === 'journal') segments.push(parsed.txid)
    else if (name.endsWith(temporarySuffix)) await disk.remove(join(directory, name))
  }
  return { images: images.sort((a, b) => b - a), segments: segments.sort((a, b) => a - b) }
}

interface Start {
  readonly state: Namespace
  readonly txid: number
  readonly passedOver: number
}

async function newestUsableImage(
  disk: Disk,
  directory: string,
  images: readonly number[],
  segments: readonly number[],
  notes: string[],
): Promise<Start> {
  let damage: DfsError | undefined
  for (const [passedOver, txid] of images.entries()) {
    try {
      return { state: await readImage(disk, directory, txid), txid, passedOver }
    } catch (error) {
      if (!(error instanceof DfsError) || error.code !== 'DFS_CORRUPT_METADATA') throw error
      damage ??= error
      notes.push(`${error.message}; an older image and a longer journal were used instead`)
    }
  }
  if (damage !== undefined && segments[0] !== 1) throw damage
  return { state: new Namespace(), txid: 0, passedOver: images.length }
}

async function readImage(disk: Disk, directory: string, txid: number): Promise<Namespace> {
  const path = join(directory, imageName(txid))
  const file = await readMetadata(disk, path)
  const header = decodeHeader('image', file)
  checkVersion(path, header)
  if (!header.ok || header.firstTxid !== txid) throw damaged(path, 0, 'its header is damaged')
  const loader = new ImageLoader()
  for (let offset = headerBytes; ; ) {
    const frame = decodeFrame(file, offset)
    if (frame === undefined || frame.firstTxid !== txid) throw damaged(path, offset, 'a section fails its checksum')
    try {
      if (frame.records === 0) {
        if (frame.end !== file.length) throw damaged(path, frame.end, 'there are bytes behind the end')
        return loader.finish()
      }
      loader.add(frame)
    } catch (error) {
      throw error instanceof DfsError ? error : damaged(path, offset, String(error), error)
    }
    offset = frame.end
  }
}

interface Replayed {
  readonly segment: { readonly first: number; readonly size: number }
  readonly lastTxid: number
  readonly bytes: number
}

async function replay(
  disk: Disk,
  directory: string,
  { images, segments }: Inventory,
  start: Start,
  notes: string[],
): Promise<Replayed> {
  const from = start.txid + 1
  const newest = images[0] ?? 0
  // A checkpoint begins the next segment before it writes its image, so the two are never without each other.
  if (newest > 0 && !segments.includes(newest + 1)) {
    throw gap(join(directory, journalName(newest + 1)), newest + 1, undefined)
  }
  // A segment is needed unless the one behind it begins at or before the first transaction that is missing.
  const needed = segments.filter((_, i) => (segments[i + 1] ?? Number.POSITIVE_INFINITY) > from)
  let next = needed[0] ?? from
  if (next > from) throw gap(join(directory, journalName(next)), from, next)
  let bytes = 0
  let open: Replayed['segment'] | undefined
  for (const [i, first] of needed.entries()) {
    const path = join(directory, journalName(first))
    if (first !== next) throw gap(path, next, first)
    const last = i === needed.length - 1
    const file = await readMetadata(disk, path)
    const header = decodeHeader('journal', file)
    checkVersion(path, header)
    if (!header.ok && header.why === 'short' && last && open !== undefined && newest !== first - 1) {
      // The process ended while it made the segment; nothing in it was ever acknowledged.
      await disk.remove(path)
      notes.push(`${path} was never begun; it has been removed`)
      break
    }
    if (!header.ok || header.firstTxid !== first) throw damaged(path, 0, 'its header is damaged')
    const read = replaySegment(start.state, path, file, first, from)
    if (read.end < file.length) {
      if (!last || !isTorn(file, read.end)) throw damaged(path, read.end, 'a record fails its checksum')
      await cut(disk, path, read.end)
      notes.push(`${path}: ${file.length - read.end} bytes of an unfinished last record were dropped at ${read.end}`)
    }
    next = read.next
    bytes += read.end
    open = { first, size: read.end }
  }
  if (open === undefined || next < from) throw gap(join(directory, journalName(from)), from, undefined)
  return { segment: open, lastTxid: next - 1, bytes }
}

/** Applies the records from transaction `from` on; stops at the first frame that does not fit its checksum. */
function replaySegment(
  state: Namespace,
  path: string,
  file: Buffer,
  first: number,
  from: number,
): { next: number; end: number } {
  let next = first
  let end = headerBytes
  for (let frame = decodeFrame(file, end); frame !== undefined; frame = decodeFrame(file, end)) {
    if (frame.firstTxid !== next) throw gap(path, next, frame.firstTxid, end)
    try {
      const input = new ByteReader(frame.payload)
      for (let i = 0; i < frame.records; i++) {
        const record = decodeRecord(input)
        if (next >= from) state.apply(record)
        next++
      }
      if (!input.done) throw new Error('it holds more than its records')
    } catch (error) {
      throw damaged(path, end, `transaction ${next} can not be applied: ${String(error)}`, error)
    }
    end = frame.end
  }
  return { next, end }
}

async function cut(disk: Disk, path: string, length: number): Promise<void> {
  const file = await disk.open(path, 'append')
  try {
    await file.truncate(length)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Writes the image of transaction `txid`; it counts once it has its name. */
export async function writeImage(
  disk: Disk,
  directory: string,
  txid: number,
  sections: readonly Section[],
): Promise<void> {
  const path = join(directory, imageName(txid))
  try {
    if (await disk.exists(path)) return
    const file = await disk.open(temporary(path), 'create')
    try {
      let position = 0
      const header = encodeHeader('image', txid)
      await file.write(header, position)
      position += header.length
      for (const section of sections) {
        const frame = encodeFrame(txid, section.records, section.payload)
        await file.write(frame, position)
        position += frame.length
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(temporary(path), path)
    await disk.syncDirectory(directory)
  } catch (error) {
    await removeQuietly(disk, temporary(path))
    throw ioError(`writing the image ${path}`, error)
  }
}

/** What is left if this fails is removed when the root is opened next; the first error is the one to tell. */
async function removeQuietly(disk: Disk, path: string): Promise<boolean> {
  return disk.remove(path).catch(() => false)
}

/** Removes images beyond the newest `keep` and the segments that none of those needs. */
export async function prune(disk: Disk, directory: string, keep: number): Promise<void> {
  try {
    const { images, segments } = await inventory(disk, directory)
    for (const txid of images.slice(keep)) await disk.remove(join(directory, imageName(txid)))
    const oldest = images.length < keep ? 0 : (images[keep - 1] ?? 0)
    for (const [i, first] of segments.entries()) {
      const next = segments[i + 1]
      if (next !== undefined && next <= oldest + 1) await disk.remove(join(directory, journalName(first)))
    }
  } catch (error) {
    throw ioError(`removing what the image in ${directory} makes superfluous`, error)
  }
}

async function readMetadata(disk: Disk, path: string): Promise<Buffer> {
  try {
    return await disk.readFile(path, metadataBytesMax)
  } catch (error) {
    throw ioError(`reading ${path}`, error)
  }
}

function checkVersion(path: string, header: HeaderResult): void {
  if (header.ok || header.why !== 'version') return
  throw new DfsError(
    'DFS_UNKNOWN_VERSION',
    `${path} is of format version ${header.version}; this program knows version ${formatVersion}: use a newer one`,
  )
}

/** Names the file and the offset behind which nothing can be read, for whoever decides to go on without it. */
export class DamagedMetadata extends DfsError {
  readonly file: string
  readonly offset: number

  constructor(message: string, place: { file: string; offset: number }, cause?: unknown) {
    super('DFS_CORRUPT_METADATA', message, { cause })
    this.file = place.file
    this.offset = place.offset
  }
}

const wayOn = 'docs/dfs.md, "When the namespace is damaged", says how to go on'

function damaged(file: string, offset: number, what: string, cause?: unknown): DamagedMetadata {
  return new DamagedMetadata(`${file} is damaged at offset ${offset}: ${what}; ${wayOn}`, { file, offset }, cause)
}

function gap(file: string, expected: number, found: number | undefined, offset = 0): DamagedMetadata {
  const where = offset === 0 ? file : `${file} at offset ${offset}`
  return new DamagedMetadata(
    `gap in transactions: ${expected} was expected, ${found === undefined ? 'nothing' : found} was found in ${where}; ${wayOn}`,
    { file, offset },
  )
}
