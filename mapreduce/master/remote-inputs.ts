import { createWriteStream } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import pLimit from 'p-limit'
import { DfsError, type FileStatus, type FileSystem } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { diskError, type OutputDisk } from '../output/disk.ts'
import { type Expansion, isGzip } from './input-expansion.ts'
import { expandTree } from './inputs-dfs.ts'
import type { InputPath, OpenRemote } from './job-options.ts'
import { ownerTag } from './owner.ts'
import { openPlace } from './remote-place.ts'
import { Scratch, sweepScratch } from './scratch.ts'

/** Files fetched at once: enough to hide the waiting for small ones. */
const FETCHED_AT_ONCE = 8

export interface FetchOptions {
  readonly openRemote: OpenRemote | undefined
  readonly scratchBase: string
  readonly disk: OutputDisk
  readonly signal: AbortSignal | undefined
  /** Told now and then how far it is. */
  readonly tell?: (done: { readonly bytes: number; readonly bytesTotal: number; readonly file: string }) => void
}

export interface FetchedInputs {
  /** As given, but that those elsewhere are local now. */
  readonly inputs: readonly InputPath[]
  readonly files: number
  readonly bytes: number
  remove(): Promise<void>
}

interface Fetch {
  readonly fileSystem: FileSystem
  readonly status: FileStatus
  readonly name: string
  readonly to: string
  /** Takes the file as it was fetched. */
  readonly take: (length: number) => void
}

/**
 * Fetches the inputs that lie elsewhere into a temporary directory: tasks read by position, from several threads, and some
 * bytes more than once, which is what a disk is for. Nothing is fetched twice, and what a broken connection leaves off is
 * asked for from there. MR_NO_INPUT where there is nothing, MR_NO_SPACE before a byte is fetched where the disk is too small.
 */
export async function fetchInputs(given: readonly InputPath[], options: FetchOptions): Promise<FetchedInputs> {
  const { scratchBase, disk, openRemote, signal } = options
  await sweepScratch(scratchBase, disk)
  const scratch = await Scratch.create(ownerTag(), scratchBase, disk)
  const fetches: Fetch[] = []
  try {
    const inputs: InputPath[] = []
    for (const input of given) {
      signal?.throwIfAborted()
      inputs.push(input.kind === 'webhdfs' ? await expandRemote(input, openRemote, scratch.directory, fetches) : input)
    }
    const bytes = fetches.reduce((sum, { status }) => sum + status.length, 0)
    await checkSpace(scratchBase, bytes)
    await fetchAll(fetches, bytes, options)
    return { inputs, files: fetches.length, bytes, remove: () => scratch.remove() }
  } catch (error) {
    await scratch.remove()
    throw error
  }
}

async function expandRemote(
  input: InputPath & { kind: 'webhdfs' },
  openRemote: OpenRemote | undefined,
  directory: string,
  fetches: Fetch[],
): Promise<InputPath> {
  const { fileSystem, origin, inside } = await openPlace(input.path, openRemote)
  const { files, directories } = await expandTree(fileSystem, inside, origin)
  const expansion: Expansion = { found: [], directories: directories.map((found) => origin + found) }
  for (const status of files) {
    const name = origin + status.path
    const to = path.join(directory, `input-${fetches.length}`)
    const version = `${status.fileId} ${status.modificationTime}`
    const take = (length: number): void => {
      const file = { kind: 'local', path: to, name, length, gzip: isGzip(name), version } as const
      expansion.found.push({ path: name, file })
    }
    fetches.push({ fileSystem, status, name, to, take })
  }
  return { kind: 'fetched', path: input.path, expansion, ...(input.name === undefined ? {} : { name: input.name }) }
}

async function fetchAll(fetches: readonly Fetch[], bytesTotal: number, { signal, tell }: FetchOptions): Promise<void> {
  const limit = pLimit(FETCHED_AT_ONCE)
  const stop = new AbortController()
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  let bytes = 0
  const one = async (fetch: Fetch): Promise<void> => {
    stopped.throwIfAborted()
    const length = await fetchFile(fetch, stopped, (more) => {
      bytes += more
      tell?.({ bytes, bytesTotal, file: fetch.name })
    })
    fetch.take(length)
  }
  // All end before a failure is told, so that nobody writes into what is removed.
  const ends = await Promise.allSettled(
    fetches.map((fetch) =>
      limit(() => one(fetch)).catch((error: unknown) => {
        stop.abort(error)
        throw error
      }),
    ),
  )
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function fetchFile(fetch: Fetch, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<number> {
  const { fileSystem, status, to } = fetch
  const reader = await fileSystem.open(status.path)
  try {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of reader.stream()) {
        onBytes(piece.length)
        yield piece
      }
    }
    // One piece at a time: the next is not asked for before this one is written.
    await pipeline(pieces, createWriteStream(to, { mode: 0o600, flags: 'wx', highWaterMark: 1 }), { signal })
    return reader.length
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof DfsError)) throw diskError(error, `fetching ${fetch.name} to`, to)
    throw new MrError('MR_IO', `The input ${fetch.name} could not be fetched: ${error.message}`, { cause: error })
  } finally {
    await reader.close()
  }
}

async function checkSpace(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await fs.statfs(directory)
  const free = bavail * bsize
  if (bytes <= free) return
  throw new MrError(
    'MR_NO_SPACE',
    `The input elsewhere has ${bytes} bytes, which are fetched first, and ${directory} has ${free} left. Free some space there, or set QUERN_TMP to a directory on a larger disk.`,
  )
}
